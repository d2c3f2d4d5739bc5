// Luminance of decoded video frames, without making RGB pictures of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rempart::hashing {

// Planes of 8 bits, the two chroma planes at half the size both ways; BT.601. Both sides are even.
struct Yuv420 {
  const std::uint8_t *y, *u, *v;
  std::ptrdiff_t y_stride, u_stride, v_stride;
  int rows, columns;
  bool full_range;
};

// Rows first .. first + 2 * pairs of the float luminance that the vPDQ reference computes from swscale's RGB; `first` is
// even. Every rounding of both steps is kept, so the values are the same.
using YuvLuminance = void (*)(const Yuv420& picture, int first, int pairs, float* luminance);

YuvLuminance yuv_luminance(std::string_view instruction_set);

}  // namespace rempart::hashing
