// Eight floats: AVX2 and FMA.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace rempart::hashing {
namespace {

struct Lanes {
  static constexpr int kCount = 8;
  using Vector = __m256;

  static Vector load(const float* from) { return _mm256_load_ps(from); }
  static Vector load_unaligned(const float* from) { return _mm256_loadu_ps(from); }
  static void store(float* to, Vector values) { _mm256_storeu_ps(to, values); }

  // The correctly rounded quotient by an integer below 2^20 whose rounded inverse is given (Markstein): the remainder
  // is exact, having few bits; what is left of the error is 2^-47 of the quotient, and no quotient of a float by such
  // an integer comes within 2^-46 of the middle between two floats.
  static Vector divide(Vector values, float divisor, float inverse) {
    const Vector y = _mm256_set1_ps(inverse);
    const Vector quotient = values * y;
    return _mm256_fmadd_ps(_mm256_fnmadd_ps(_mm256_set1_ps(divisor), quotient, values), y, quotient);
  }

  static Vector grey(const std::uint8_t* p) {
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }

  struct Channels {
    Vector red, green, blue;
  };
  static Channels channels(const std::uint8_t* p) {
    const __m256i bytes = quads(p);
    const auto channel = [&bytes](int c) {
      const auto at = [c](int pixel) { return static_cast<int>(0x80808000u + pixel * 3 + c); };
      return _mm256_cvtepi32_ps(_mm256_shuffle_epi8(
          bytes, _mm256_setr_epi32(at(0), at(1), at(2), at(3), at(0) + 4, at(1) + 4, at(2) + 4, at(3) + 4)));
    };
    return {channel(0), channel(1), channel(2)};
  }

  // 299 R + 587 G + 114 B, exactly.
  static Vector thousandths(const std::uint8_t* p) {
    const __m256i bytes = quads(p);
    const __m256i red_green = _mm256_shuffle_epi8(
        bytes, _mm256_setr_epi8(0, -1, 1, -1, 3, -1, 4, -1, 6, -1, 7, -1, 9, -1, 10, -1,  //
                                4, -1, 5, -1, 7, -1, 8, -1, 10, -1, 11, -1, 13, -1, 14, -1));
    const __m256i blue = _mm256_shuffle_epi8(
        bytes, _mm256_setr_epi8(2, -1, -1, -1, 5, -1, -1, -1, 8, -1, -1, -1, 11, -1, -1, -1,  //
                                6, -1, -1, -1, 9, -1, -1, -1, 12, -1, -1, -1, 15, -1, -1, -1));
    return _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_madd_epi16(red_green, _mm256_set1_epi32(587 << 16 | 299)),
                                               _mm256_madd_epi16(blue, _mm256_set1_epi32(114))));
  }

  static void transpose(Vector (&m)[8]) {
    Vector t[8];
    for (int i = 0; i < 8; i += 4) {
      const Vector a = _mm256_unpacklo_ps(m[i], m[i + 1]), b = _mm256_unpackhi_ps(m[i], m[i + 1]);
      const Vector c = _mm256_unpacklo_ps(m[i + 2], m[i + 3]), d = _mm256_unpackhi_ps(m[i + 2], m[i + 3]);
      t[i] = _mm256_shuffle_ps(a, c, 0x44);
      t[i + 1] = _mm256_shuffle_ps(a, c, 0xee);
      t[i + 2] = _mm256_shuffle_ps(b, d, 0x44);
      t[i + 3] = _mm256_shuffle_ps(b, d, 0xee);
    }
    for (int i = 0; i < 4; i++) {
      m[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
      m[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
  }
 private:
  // Pixels 0..3 are bytes 0..11 of the lower half, pixels 4..7 bytes 4..15 of the upper: nothing beyond them is read.
  static __m256i quads(const std::uint8_t* p) {
    return _mm256_setr_m128i(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                             _mm_loadu_si128(reinterpret_cast<const __m128i*>(p + 8)));
  }
};

}  // namespace
}  // namespace rempart::hashing
