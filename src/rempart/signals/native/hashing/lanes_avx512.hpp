// Sixteen floats: AVX-512 (F and BW).
#pragma once

#include <immintrin.h>

#include <cstdint>

// GCC 12 takes its own intrinsics' undefined values for mistakes.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

namespace rempart::hashing {
namespace {

struct Lanes {
  static constexpr int kCount = 16;
  using Vector = __m512;

  static Vector load(const float* from) { return _mm512_load_ps(from); }
  static Vector load_unaligned(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, Vector values) { _mm512_storeu_ps(to, values); }

  // As in lanes_avx2.hpp.
  static Vector divide(Vector values, float divisor, float inverse) {
    const Vector y = _mm512_set1_ps(inverse);
    const Vector quotient = values * y;
    return _mm512_fmadd_ps(_mm512_fnmadd_ps(_mm512_set1_ps(divisor), quotient, values), y, quotient);
  }

  static Vector grey(const std::uint8_t* p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }

  struct Channels {
    Vector red, green, blue;
  };
  static Channels channels(const std::uint8_t* p) {
    const __m512i bytes = quads(p);
    const auto channel = [&bytes](std::uint64_t c) {
      return _mm512_cvtepi32_ps(_mm512_shuffle_epi8(
          bytes, positions(0x80808003'80808000 + (c << 32 | c), 0x80808009'80808006 + (c << 32 | c))));
    };
    return {channel(0), channel(1), channel(2)};
  }

  // 299 R + 587 G + 114 B, exactly.
  static Vector thousandths(const std::uint8_t* p) {
    const __m512i bytes = quads(p);
    const __m512i red_green = _mm512_shuffle_epi8(bytes, positions(0x80048003'80018000, 0x800a8009'80078006));
    const __m512i blue = _mm512_shuffle_epi8(bytes, positions(0x80808005'80808002, 0x8080800b'80808008));
    return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_madd_epi16(red_green, _mm512_set1_epi32(587 << 16 | 299)),
                                               _mm512_madd_epi16(blue, _mm512_set1_epi32(114))));
  }

  static void transpose(Vector (&m)[16]) {
    Vector t[16];
    for (int i = 0; i < 16; i += 4) {
      const Vector a = _mm512_unpacklo_ps(m[i], m[i + 1]), b = _mm512_unpackhi_ps(m[i], m[i + 1]);
      const Vector c = _mm512_unpacklo_ps(m[i + 2], m[i + 3]), d = _mm512_unpackhi_ps(m[i + 2], m[i + 3]);
      t[i] = _mm512_shuffle_ps(a, c, 0x44);
      t[i + 1] = _mm512_shuffle_ps(a, c, 0xee);
      t[i + 2] = _mm512_shuffle_ps(b, d, 0x44);
      t[i + 3] = _mm512_shuffle_ps(b, d, 0xee);
    }
    for (int i = 0; i < 4; i++) {  // now a 4 by 4 transpose of the quarters
      const Vector a = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x44), b = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xee);
      const Vector c = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x44), d = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xee);
      m[i] = _mm512_shuffle_f32x4(a, c, 0x88);
      m[i + 4] = _mm512_shuffle_f32x4(a, c, 0xdd);
      m[i + 8] = _mm512_shuffle_f32x4(b, d, 0x88);
      m[i + 12] = _mm512_shuffle_f32x4(b, d, 0xdd);
    }
  }

 private:
  // Four pixels a quarter; those of the last are its bytes 4..15, so that nothing beyond them is read.
  static __m512i quads(const std::uint8_t* p) {
    const auto quarter = [p](int at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + at)); };
    __m512i bytes = _mm512_castsi128_si512(quarter(0));
    bytes = _mm512_inserti32x4(bytes, quarter(12), 1);
    bytes = _mm512_inserti32x4(bytes, quarter(24), 2);
    return _mm512_inserti32x4(bytes, quarter(32), 3);
  }

  // Where each quarter's bytes come from, for the first quarter as two halves; 0x80 and above give zero.
  static __m512i positions(std::uint64_t low, std::uint64_t high) {
    const auto a = static_cast<long long>(low), b = static_cast<long long>(high);
    constexpr long long kLater = 0x04040404'04040404;
    return _mm512_set_epi64(b + kLater, a + kLater, b, a, b, a, b, a);
  }
};

}  // namespace
}  // namespace rempart::hashing

#pragma GCC diagnostic pop
