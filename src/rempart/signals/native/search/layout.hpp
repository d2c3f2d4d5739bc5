// The tables of a segment, as they lie in memory and in its file (docs/index-format.md).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace rempart {

static_assert(std::endian::native == std::endian::little, "the index format is little-endian");

inline constexpr unsigned kCodeBytes = 32;
inline constexpr unsigned kSubstrings = 16;
inline constexpr unsigned kSubstringBits = 16;
inline constexpr std::size_t kBuckets = std::size_t{1} << kSubstringBits;
inline constexpr std::size_t kOffsets = kBuckets + 1;
inline constexpr unsigned kMaxRadius = 63;
inline constexpr unsigned kMaxThreshold = 3;
// Kernels load whole vectors: a table of sketches may be read this many elements past its end.
inline constexpr std::size_t kSketchPadding = 32;

using Code = std::array<std::uint16_t, kSubstrings>;  // substring i is bytes 2i and 2i+1

inline Code load_code(const std::uint8_t* bytes) {
  Code code;
  std::memcpy(code.data(), bytes, kCodeBytes);
  return code;
}

inline constexpr unsigned next_substring(unsigned table) { return (table + 1) % kSubstrings; }

// Sizes of the sections of a segment of `count` entries.
struct Layout {
  std::uint32_t count = 0;

  // Positions are split into 16 low bits and a block number; `last_block` is that of the last entry.
  std::uint32_t last_block() const { return count == 0 ? 0 : (count - 1) >> 16; }
  std::size_t stride() const { return (std::size_t{count} + 31) / 32 * 32; }
  std::size_t high_bits() const { return last_block() == 0 ? 0 : count + kBuckets * last_block(); }
  std::size_t high_words() const { return (high_bits() + 63) / 64; }

  std::size_t offsets_size() const { return kSubstrings * kOffsets; }
  std::size_t sketches_size() const { return kSubstrings * stride() + kSketchPadding; }
  std::size_t lows_size() const { return kSubstrings * stride(); }
  std::size_t highs_size() const { return kSubstrings * high_words(); }
};

// Table i lists the entries by substring i, and within a bucket by position. Slot s of table i holds the entry's
// sketch, which is its substring i+1, and its position: the low 16 bits in `lows`, the block number in `highs`,
// where a bucket b is the Elias-Fano code of its block numbers: bits [offset(b) + b*last_block, offset(b+1) +
// (b+1)*last_block), the k-th one of them standing k + block places after the first bit.
//
// Nothing read from here is trusted: it may be a mapped file that somebody else writes to.
struct Tables {
  const std::uint8_t* codes = nullptr;
  const std::uint32_t* offsets = nullptr;
  const std::uint16_t* sketches = nullptr;
  const std::uint16_t* lows = nullptr;
  const std::uint64_t* highs = nullptr;
  Layout layout;
  bool always_bucketed = false;  // for tests: buckets are read even where comparing everything is faster

  bool bucketed() const { return offsets != nullptr; }
  std::uint32_t count() const { return layout.count; }
  const std::uint8_t* code(std::size_t position) const { return codes + position * kCodeBytes; }
};

}  // namespace rempart
