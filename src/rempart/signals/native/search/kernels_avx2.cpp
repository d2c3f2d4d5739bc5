#if defined(__x86_64__)
#include <immintrin.h>

#include "resolve.hpp"

#define REMPART_AVX2 __attribute__((target("avx2,bmi,popcnt")))

namespace rempart {
namespace {

REMPART_AVX2 inline __m256i byte_popcount(__m256i value) {
  const __m256i counts = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                          0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i nibble = _mm256_set1_epi8(15);
  const __m256i low = _mm256_shuffle_epi8(counts, _mm256_and_si256(value, nibble));
  const __m256i high = _mm256_shuffle_epi8(counts, _mm256_and_si256(_mm256_srli_epi16(value, 4), nibble));
  return _mm256_add_epi8(low, high);
}

// One bit for each of 16 sketches within the limit.
REMPART_AVX2 inline std::uint32_t near_sketches(const std::uint16_t* sketches, __m256i target, __m256i limit) {
  const __m256i loaded = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(sketches));
  const __m256i bits = _mm256_maddubs_epi16(byte_popcount(_mm256_xor_si256(loaded, target)), _mm256_set1_epi8(1));
  const __m256i far = _mm256_cmpgt_epi16(bits, limit);
  const __m128i packed = _mm_packs_epi16(_mm256_castsi256_si128(far), _mm256_extracti128_si256(far, 1));
  return ~static_cast<std::uint32_t>(_mm_movemask_epi8(packed)) & 0xFFFF;
}

REMPART_AVX2 Filtered filter(const Tables& tables, const Probe* probes, std::size_t count, std::size_t fetchable,
                             Survivor* out, std::size_t room) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Probe& probe = probes[i];
    if (found + probe.length > room) return {i, found};
    if (i + kProbesAhead < fetchable) fetch_sketches(tables, probes[i + kProbesAhead]);
    const std::uint16_t* sketches = tables.sketches + probe.table * tables.layout.stride() + probe.start;
    const __m256i target = _mm256_set1_epi16(static_cast<short>(probe.target));
    const __m256i limit = _mm256_set1_epi16(probe.limit);
    for (std::uint32_t k = 0; k < probe.length; k += 16) {
      std::uint32_t near = near_sketches(sketches + k, target, limit);
      if (near == 0) [[likely]] continue;
      if (probe.length - k < 16) near &= (1u << (probe.length - k)) - 1;
      found = keep_near(probe, k, near, out, found);
    }
  }
  return {count, found};
}

REMPART_AVX2 bool resolve(const Tables& tables, const Survivor* survivors, std::size_t count,
                          const std::uint8_t* queries, Candidate* out) {
  return resolve_all(tables, survivors, count, queries, out);
}

// Distances of eight codes, saturated at 255, as the bytes of a word.
REMPART_AVX2 inline std::uint64_t distances_of_eight(const std::uint8_t* codes, __m256i query) {
  // Lane j gathers in byte i the bits in which word j of code i differs: at most 64.
  __m256i sums = _mm256_setzero_si256();
  for (int i = 7; i >= 0; --i) {
    const __m256i code = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(codes + i * kCodeBytes));
    const __m256i bits = _mm256_sad_epu8(byte_popcount(_mm256_xor_si256(code, query)), _mm256_setzero_si256());
    sums = _mm256_or_si256(_mm256_slli_epi64(sums, 8), bits);
  }
  const __m128i halves = _mm_adds_epu8(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
  return static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_adds_epu8(halves, _mm_unpackhi_epi64(halves, halves))));
}

REMPART_AVX2 std::size_t scan(const std::uint8_t* codes, std::uint32_t count, const std::uint8_t* query,
                              unsigned radius, Candidate* out) {
  const __m256i wanted = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(query));
  const __m128i limit = _mm_set1_epi8(static_cast<char>(radius));
  std::size_t found = 0;
  std::uint32_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const std::uint64_t distances = distances_of_eight(codes + std::size_t{i} * kCodeBytes, wanted);
    const __m128i eight = _mm_cvtsi64_si128(static_cast<long long>(distances));
    const __m128i within = _mm_cmpeq_epi8(_mm_min_epu8(eight, limit), eight);
    unsigned near = static_cast<unsigned>(_mm_movemask_epi8(within)) & 0xFF;
    for (; near != 0; near &= near - 1) {
      const unsigned k = static_cast<unsigned>(__builtin_ctz(near));
      out[found++] = {i + k, static_cast<std::uint32_t>(distances >> (8 * k) & 0xFF)};
    }
  }
  return scan_rest(codes, i, count, query, radius, out, found);
}

}  // namespace

const Kernels kAvx2Kernels{"avx2", filter, resolve, scan};

}  // namespace rempart
#endif
