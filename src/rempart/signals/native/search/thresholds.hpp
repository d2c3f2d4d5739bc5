// Which buckets a query must read so that no hit is missed.
//
// Substring i gets a threshold t(i) >= -1 with the sum of t(i)+1 equal to radius+1. If an entry is within the radius,
// the differences d(i) satisfy sum(d(i) - t(i) - 1) < 0, and by the cycle lemma some i starts a cycle whose partial
// sums are all negative: d(i) <= t(i), d(i) + d(i+1) <= t(i) + t(i+1) + 1, and so on (Qin and Xiao, "Pigeonring",
// VLDB 2018). So the entry is found by looking up the words within t(i) of substring i, and among those only the
// entries whose sketch, substring i+1, fits the second condition have to be compared in full.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "layout.hpp"

namespace rempart {

using Thresholds = std::array<std::int8_t, kSubstrings>;

// XOR masks of `weight` <= kMaxThreshold bits: the words at that distance of a word.
std::span<const std::uint16_t> masks_of_weight(unsigned weight);
// All masks of up to kMaxThreshold bits, ascending by weight.
std::span<const std::uint16_t> all_masks();
// Bits of all_masks()[number].
unsigned weight_of_mask(unsigned number);

// As even as can be: the best for buckets of about equal size.
Thresholds even_thresholds(unsigned radius);

// Greatest distance of a sketch in table `table` of an entry whose substring differs in `weight` bits; may be < 0.
inline int sketch_limit(const Thresholds& thresholds, unsigned table, unsigned weight) {
  return thresholds[table] + thresholds[next_substring(table)] + 1 - static_cast<int>(weight);
}

// Those by which a query reads a table: its sketch limit is >= 0.
std::span<const std::uint16_t> reachable_masks(const Thresholds& thresholds, unsigned table);

// True of exactly one table for each hit, among those that lead to it: by this each hit is reported once.
bool reports(const Thresholds& thresholds, const Code& query, const Code& entry, unsigned table);

// What the machine takes, in nanoseconds; only ratios matter, and only for speed.
struct Cost {
  static double probe(double entries);       // to look up and filter a bucket
  static double survivor() { return 12.0; }  // to compare an entry in full
  static double scan(double entries);        // to compare all entries in order
  // Expected share of sketches within `limit`.
  static double passing(int limit);
  // Expected, for `count` entries in equal buckets.
  static double search(const Thresholds& thresholds, std::uint32_t count);
};

// The cheapest for one query, by the true sizes of its buckets; `cost` is what they take.
struct Plan {
  Thresholds thresholds;
  double cost;
};
Plan cheapest_thresholds(const Tables& tables, const Code& query, unsigned radius);

}  // namespace rempart
