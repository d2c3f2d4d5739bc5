#if defined(__x86_64__)
// GCC 12 takes the undefined registers inside its own intrinsics for mistakes of ours (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "resolve.hpp"

#define REMPART_AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bitalg,avx512vpopcntdq,bmi,bmi2,popcnt")))

namespace rempart {
namespace {

REMPART_AVX512 Filtered filter(const Tables& tables, const Probe* probes, std::size_t count, std::size_t fetchable,
                               Survivor* out, std::size_t room) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Probe& probe = probes[i];
    if (found + probe.length > room) return {i, found};
    if (i + kProbesAhead < fetchable) fetch_sketches(tables, probes[i + kProbesAhead]);
    const std::uint16_t* sketches = tables.sketches + probe.table * tables.layout.stride() + probe.start;
    const __m512i target = _mm512_set1_epi16(static_cast<short>(probe.target));
    const __m512i limit = _mm512_set1_epi16(probe.limit);
    for (std::uint32_t k = 0; k < probe.length; k += 32) {
      const __mmask32 inside = _bzhi_u32(~0u, probe.length - k < 32 ? probe.length - k : 32);
      const __m512i loaded = _mm512_maskz_loadu_epi16(inside, sketches + k);
      const __m512i bits = _mm512_popcnt_epi16(_mm512_xor_si512(loaded, target));
      const std::uint32_t near = _mm512_mask_cmple_epu16_mask(inside, bits, limit);
      found = keep_near(probe, k, near, out, found);
    }
  }
  return {count, found};
}

REMPART_AVX512 bool resolve(const Tables& tables, const Survivor* survivors, std::size_t count,
                            const std::uint8_t* queries, Candidate* out) {
  return resolve_all(tables, survivors, count, queries, out);
}

// Distances of sixteen codes, saturated at 255, in order.
REMPART_AVX512 inline __m128i distances_of_sixteen(const std::uint8_t* codes, __m512i query) {
  // Lane j gathers in byte i the bits in which word j of the pair of codes i differs: at most 64.
  __m512i sums = _mm512_setzero_si512();
  for (int i = 7; i >= 0; --i) {
    const __m512i pair = _mm512_loadu_si512(codes + i * 2 * kCodeBytes);
    sums = _mm512_or_si512(_mm512_slli_epi64(sums, 8), _mm512_popcnt_epi64(_mm512_xor_si512(pair, query)));
  }
  const __m512i halves = _mm512_adds_epu8(sums, _mm512_permutex_epi64(sums, 0b01'00'11'10));
  const __m512i whole = _mm512_adds_epu8(halves, _mm512_permutex_epi64(halves, 0b10'11'00'01));
  const __m128i even = _mm512_castsi512_si128(whole);
  const __m128i odd = _mm512_extracti32x4_epi32(whole, 2);
  return _mm_unpacklo_epi8(even, odd);
}

REMPART_AVX512 std::size_t scan(const std::uint8_t* codes, std::uint32_t count, const std::uint8_t* query,
                                unsigned radius, Candidate* out) {
  const __m256i code = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query));
  const __m512i wanted = _mm512_broadcast_i64x4(code);
  const __m128i limit = _mm_set1_epi8(static_cast<char>(radius));
  std::size_t found = 0;
  std::uint32_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m128i sixteen = distances_of_sixteen(codes + std::size_t{i} * kCodeBytes, wanted);
    unsigned near = _mm_cmple_epu8_mask(sixteen, limit);
    if (near == 0) [[likely]] continue;
    alignas(16) std::uint8_t distances[16];
    _mm_store_si128(reinterpret_cast<__m128i*>(distances), sixteen);
    for (; near != 0; near &= near - 1) {
      const unsigned k = static_cast<unsigned>(__builtin_ctz(near));
      out[found++] = {i + k, distances[k]};
    }
  }
  return scan_rest(codes, i, count, query, radius, out, found);
}

}  // namespace

const Kernels kAvx512Kernels{"avx512", filter, resolve, scan};

}  // namespace rempart
#endif
