// Written for the compiler to turn into vectors; compiled once for each instruction set.
#pragma once

#include <algorithm>
#include <cstdint>

#include "yuv.hpp"

namespace rempart::hashing {
namespace {

// swscale's 16-bit constants for BT.601 (yuv2rgb.c): luma gain and offset, then the chroma gains, scaled by 2^13.
struct YuvGains {
  std::int16_t luma, offset, red_v, green_u, green_v, blue_u;
};
constexpr YuvGains kLimited{9539, 128, 13075, -3209, -6660, 16525};
constexpr YuvGains kFull{8192, 0, 11485, -2819, -5850, 14516};

constexpr int kSpan = 128;  // pixels of two rows that share their chroma, done together

std::int16_t high_product(std::int16_t value, std::int16_t gain) {
  return static_cast<std::int16_t>((static_cast<std::int32_t>(value) * gain) >> 16);
}

float channel(std::int16_t luma, std::int16_t chroma) {
  const auto value = static_cast<std::int16_t>(luma + chroma);
  return static_cast<float>(std::min<std::int16_t>(std::max<std::int16_t>(value, 0), 255));
}

struct Chroma {
  alignas(64) std::int16_t red[kSpan], green[kSpan], blue[kSpan];

  void fill(const std::uint8_t* u, const std::uint8_t* v, int pixels, const YuvGains& gains) {
    alignas(64) std::int16_t reds[kSpan / 2], greens[kSpan / 2], blues[kSpan / 2];
    for (int i = 0; i < pixels / 2; i++) {
      const auto from_u = static_cast<std::int16_t>((u[i] << 3) - 1024);
      const auto from_v = static_cast<std::int16_t>((v[i] << 3) - 1024);
      reds[i] = high_product(from_v, gains.red_v);
      greens[i] = static_cast<std::int16_t>(high_product(from_u, gains.green_u) + high_product(from_v, gains.green_v));
      blues[i] = high_product(from_u, gains.blue_u);
    }
    for (int i = 0; i < pixels / 2; i++) {
      red[2 * i] = red[2 * i + 1] = reds[i];
      green[2 * i] = green[2 * i + 1] = greens[i];
      blue[2 * i] = blue[2 * i + 1] = blues[i];
    }
  }
};

void luminance_row(const std::uint8_t* y, const Chroma& chroma, int pixels, const YuvGains& gains, float* luminance) {
  for (int i = 0; i < pixels; i++) {
    const std::int16_t luma = high_product(static_cast<std::int16_t>((y[i] << 3) - gains.offset), gains.luma);
    const float red = channel(luma, chroma.red[i]);
    const float green = channel(luma, chroma.green[i]);
    const float blue = channel(luma, chroma.blue[i]);
    luminance[i] = 0.299f * red + 0.587f * green + 0.114f * blue;
  }
}

void yuv_luminance_rows(const Yuv420& picture, int first, int pairs, float* luminance) {
  const YuvGains& gains = picture.full_range ? kFull : kLimited;
  Chroma chroma;
  for (int pair = 0; pair < pairs; pair++) {
    const int row = first + 2 * pair;
    const std::uint8_t* y = picture.y + row * picture.y_stride;
    const std::uint8_t* u = picture.u + row / 2 * picture.u_stride;
    const std::uint8_t* v = picture.v + row / 2 * picture.v_stride;
    float* out = luminance + static_cast<std::ptrdiff_t>(2 * pair) * picture.columns;
    for (int column = 0; column < picture.columns; column += kSpan) {
      const int pixels = std::min(kSpan, picture.columns - column);
      chroma.fill(u + column / 2, v + column / 2, pixels, gains);
      luminance_row(y + column, chroma, pixels, gains, out + column);
      luminance_row(y + picture.y_stride + column, chroma, pixels, gains, out + picture.columns + column);
    }
  }
}

}  // namespace
}  // namespace rempart::hashing
