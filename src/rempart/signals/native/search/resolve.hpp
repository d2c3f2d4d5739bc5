// What all kernels have in common, foremost the way from a slot to a position and a distance. Included by each kernel
// file: always inlined, so that it is compiled for that file's instruction set and no general function is ever emitted
// for a processor that lacks it.
#pragma once

#include "kernels.hpp"

#define REMPART_INLINE static inline __attribute__((always_inline))

namespace rempart {

// Reads the block numbers of one bucket in ascending order of slot.
struct BlockCursor {
  const std::uint64_t* words = nullptr;
  std::uint64_t rest = 0;       // bits of the current word not yet passed
  std::size_t word = 0;
  std::size_t first_bit = 0;    // of the bucket
  std::size_t last_word = 0;
  std::uint32_t first_slot = 0;
  std::uint32_t passed = 0;     // ones before `rest`
};

inline constexpr std::uint32_t kNoBlock = ~std::uint32_t{0};

REMPART_INLINE std::size_t first_high_bit(const Layout& layout, std::uint32_t first_slot, std::uint16_t bucket) {
  return first_slot + std::size_t{bucket} * layout.last_block();
}

REMPART_INLINE void open_bucket(BlockCursor& cursor, const Tables& tables, const Survivor& survivor) {
  const std::uint32_t* offsets = tables.offsets + survivor.table * kOffsets + survivor.bucket;
  const std::uint32_t count = tables.count();
  const std::uint32_t start = offsets[0] < count ? offsets[0] : count;
  const std::uint32_t end = offsets[1] < count ? offsets[1] : count;
  const std::size_t bits = tables.layout.high_words() * 64;
  const std::size_t past = first_high_bit(tables.layout, end, survivor.bucket) + tables.layout.last_block();
  cursor.words = tables.highs + survivor.table * tables.layout.high_words();
  cursor.first_bit = first_high_bit(tables.layout, start, survivor.bucket);
  cursor.word = cursor.first_bit / 64;
  cursor.last_word = ((past < bits ? past : bits) - 1) / 64;
  cursor.rest = cursor.words[cursor.word] & (~std::uint64_t{0} << (cursor.first_bit % 64));
  cursor.first_slot = start;
  cursor.passed = 0;
}

// Slots must not descend between calls for one bucket. kNoBlock if the bucket's code ends before the slot.
REMPART_INLINE std::uint32_t block_of(BlockCursor& cursor, std::uint32_t slot) {
  const std::uint32_t rank = slot - cursor.first_slot;
  std::uint32_t ones = static_cast<std::uint32_t>(__builtin_popcountll(cursor.rest));
  while (cursor.passed + ones <= rank) {
    if (cursor.word >= cursor.last_word) return kNoBlock;
    cursor.passed += ones;
    cursor.rest = cursor.words[++cursor.word];
    ones = static_cast<std::uint32_t>(__builtin_popcountll(cursor.rest));
  }
  while (cursor.passed < rank) {
    cursor.rest &= cursor.rest - 1;
    ++cursor.passed;
  }
  const std::size_t bit = cursor.word * 64 + static_cast<unsigned>(__builtin_ctzll(cursor.rest));
  return static_cast<std::uint32_t>(bit - cursor.first_bit - rank);
}

REMPART_INLINE bool same_bucket(const Survivor& one, const Survivor& other) {
  return one.bucket == other.bucket && one.table == other.table && one.query == other.query && one.slot < other.slot;
}

REMPART_INLINE std::uint32_t code_distance(const std::uint8_t* one, const std::uint8_t* other) {
  std::uint64_t left[4], right[4];
  __builtin_memcpy(left, one, sizeof left);
  __builtin_memcpy(right, other, sizeof right);
  int bits = 0;
  for (int i = 0; i < 4; ++i) bits += __builtin_popcountll(left[i] ^ right[i]);
  return static_cast<std::uint32_t>(bits);
}

// Compares codes[i..count) one by one; returns how many `out` holds then.
REMPART_INLINE std::size_t scan_rest(const std::uint8_t* codes, std::uint32_t i, std::uint32_t count,
                                     const std::uint8_t* query, unsigned radius, Candidate* out, std::size_t found) {
  for (; i < count; ++i) {
    const std::uint32_t distance = code_distance(codes + std::size_t{i} * kCodeBytes, query);
    out[found] = {i, distance};
    found += distance <= radius;
  }
  return found;
}

// Appends the slots k + each set bit of `near`; returns how many `out` holds then.
REMPART_INLINE std::size_t keep_near(const Probe& probe, std::uint32_t k, std::uint32_t near, Survivor* out,
                                     std::size_t found) {
  for (; near != 0; near &= near - 1) {
    out[found++] = {probe.start + k + static_cast<unsigned>(__builtin_ctz(near)), probe.query, probe.bucket,
                    probe.table};
  }
  return found;
}

REMPART_INLINE void fetch_position(const Tables& tables, const Survivor& survivor) {
  const Layout& layout = tables.layout;
  __builtin_prefetch(tables.lows + survivor.table * layout.stride() + survivor.slot);
  if (layout.last_block() == 0) return;
  const std::size_t bit = first_high_bit(layout, survivor.slot, survivor.bucket);
  __builtin_prefetch(tables.highs + survivor.table * layout.high_words() + bit / 64);
}

// The body of Kernels::resolve.
REMPART_INLINE bool resolve_all(const Tables& tables, const Survivor* survivors, std::size_t count,
                                const std::uint8_t* queries, Candidate* out) {
  const Layout& layout = tables.layout;
  const bool split = layout.last_block() != 0;
  bool sound = true;
  BlockCursor cursor;
  for (std::size_t i = 0; i < count; ++i) fetch_position(tables, survivors[i]);
  for (std::size_t i = 0; i < count; ++i) {
    const Survivor& survivor = survivors[i];
    std::uint32_t block = 0;
    if (split) {
      if (i == 0 || !same_bucket(survivors[i - 1], survivor)) open_bucket(cursor, tables, survivor);
      block = block_of(cursor, survivor.slot);
    }
    const std::uint32_t low = tables.lows[survivor.table * layout.stride() + survivor.slot];
    const bool inside = block <= layout.last_block() && (block << 16 | low) < layout.count;
    out[i] = {inside ? block << 16 | low : 0, inside ? 0u : 256u};
    sound &= inside;
    __builtin_prefetch(tables.code(out[i].position));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (out[i].distance != 0) continue;
    const std::uint8_t* query = queries + std::size_t{survivors[i].query} * kCodeBytes;
    out[i].distance = code_distance(tables.code(out[i].position), query);
  }
  return sound;
}

REMPART_INLINE void fetch_sketches(const Tables& tables, const Probe& probe) {
  const std::uint16_t* first = tables.sketches + probe.table * tables.layout.stride() + probe.start;
  const std::uint16_t* last = first + probe.length - 1;
  const std::uint16_t* near = last - first < 4 * 32 ? last : first + 4 * 32;  // the processor itself fetches on
  for (const std::uint16_t* line = first; line < near; line += 32) __builtin_prefetch(line);
  __builtin_prefetch(last);
}

}  // namespace rempart
