#include "thresholds.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace rempart {
namespace {

constexpr std::array<unsigned, kMaxThreshold + 1> kBallSizes{1, 16, 120, 560};
constexpr unsigned kAllMasks = 1 + 16 + 120 + 560;
constexpr std::array<unsigned, kMaxThreshold + 2> kFirstMask{0, 1, 17, 137, kAllMasks};

consteval std::array<std::uint16_t, kAllMasks> make_masks() {
  std::array<std::uint16_t, kAllMasks> masks{};
  auto next = kFirstMask;
  for (unsigned word = 0; word < kBuckets; ++word) {
    unsigned weight = 0;
    for (unsigned rest = word; rest != 0; rest &= rest - 1) ++weight;
    if (weight <= kMaxThreshold) masks[next[weight]++] = static_cast<std::uint16_t>(word);
  }
  return masks;
}
constexpr auto kMasks = make_masks();

consteval std::array<double, kSubstringBits + 1> make_passing() {
  std::array<double, kSubstringBits + 1> share{};
  double ways = 1, sum = 0;
  for (unsigned weight = 0; weight <= kSubstringBits; ++weight) {
    sum += ways;
    share[weight] = sum / static_cast<double>(kBuckets);
    ways = ways * (kSubstringBits - weight) / (weight + 1);
  }
  return share;
}
constexpr auto kPassing = make_passing();

// Without the instruction, which this file is not compiled for, the compiler's own way is a call for each word.
constexpr unsigned ones(unsigned word) {
  word -= word >> 1 & 0x5555;
  word = (word & 0x3333) + (word >> 2 & 0x3333);
  word = (word + (word >> 4)) & 0x0F0F;
  return (word + (word >> 8)) & 0x1F;
}

// Cost of reading table `table` to each threshold from -1 to `most`.
std::array<double, kMaxThreshold + 2> table_costs(const Tables& tables, const Code& query, unsigned table, int most) {
  const std::uint32_t* offsets = tables.offsets + table * kOffsets;
  std::array<double, kMaxThreshold + 2> costs{};
  for (int threshold = 0; threshold <= most; ++threshold) {
    double cost = costs[static_cast<std::size_t>(threshold)];
    for (const std::uint16_t mask : masks_of_weight(static_cast<unsigned>(threshold))) {
      const std::size_t bucket = static_cast<std::size_t>(query[table] ^ mask);
      const std::uint32_t start = offsets[bucket], end = offsets[bucket + 1];
      const double entries = end > start ? end - start : 0;
      // Neighbours of equal threshold are assumed; the tables are sound whatever is chosen.
      const int limit = 2 * threshold + 1 - threshold;
      cost += Cost::probe(entries) + entries * Cost::passing(limit) * Cost::survivor();
    }
    costs[static_cast<std::size_t>(threshold) + 1] = cost;
  }
  return costs;
}

// Spends radius+1 units over the tables, t+1 units on each.
Plan spend(const Tables& tables, const Code& query, unsigned radius, int most) {
  constexpr double kNever = std::numeric_limits<double>::infinity();
  const std::size_t units = radius + 1;
  std::vector<double> best(units + 1, kNever);
  best[0] = 0;
  std::vector<std::array<std::int8_t, kSubstrings>> chosen(units + 1);
  for (unsigned table = 0; table < kSubstrings; ++table) {
    const auto costs = table_costs(tables, query, table, most);
    for (std::size_t total = units + 1; total-- > 0;) {
      double lowest = kNever;
      std::size_t spent = 0;
      for (std::size_t here = 0; here <= std::min<std::size_t>(total, static_cast<std::size_t>(most) + 1); ++here) {
        const double cost = best[total - here] + costs[here];
        if (cost < lowest) lowest = cost, spent = here;
      }
      best[total] = lowest;
      if (lowest == kNever) continue;
      chosen[total] = chosen[total - spent];  // smaller totals still hold the previous table's choice
      chosen[total][table] = static_cast<std::int8_t>(static_cast<int>(spent) - 1);
    }
  }
  return {chosen[units], best[units]};
}

}  // namespace

std::span<const std::uint16_t> masks_of_weight(unsigned weight) {
  return std::span(kMasks).subspan(kFirstMask[weight], kBallSizes[weight]);
}

std::span<const std::uint16_t> all_masks() { return kMasks; }

unsigned weight_of_mask(unsigned number) {
  return (number >= kFirstMask[1]) + (number >= kFirstMask[2]) + (number >= kFirstMask[3]);
}

Thresholds even_thresholds(unsigned radius) {
  Thresholds thresholds;
  const unsigned units = radius + 1;
  // Spread evenly, so that a generous substring is followed by a strict one.
  for (unsigned i = 0; i < kSubstrings; ++i) {
    thresholds[i] = static_cast<std::int8_t>((i + 1) * units / kSubstrings - i * units / kSubstrings - 1);
  }
  return thresholds;
}

std::span<const std::uint16_t> reachable_masks(const Thresholds& thresholds, unsigned table) {
  const int most = std::min<int>(thresholds[table], sketch_limit(thresholds, table, 0));
  return all_masks().first(kFirstMask[static_cast<std::size_t>(most + 1)]);
}

bool reports(const Thresholds& thresholds, const Code& query, const Code& entry, unsigned table) {
  std::array<int, kSubstrings> excess;
  for (unsigned i = 0; i < kSubstrings; ++i) {
    excess[i] = static_cast<int>(ones(query[i] ^ entry[i])) - thresholds[i] - 1;
  }
  for (unsigned start = 0; start < kSubstrings; ++start) {
    int sum = 0;
    unsigned passed = 0;
    while (passed < kSubstrings && (sum += excess[(start + passed) % kSubstrings]) < 0) ++passed;
    if (passed == kSubstrings) return start == table;
  }
  return false;
}

double Cost::probe(double entries) { return 10.0 + 0.15 * entries; }

double Cost::scan(double entries) { return entries * (entries < 500'000 ? 0.5 : 1.5); }

double Cost::passing(int limit) {
  return limit < 0 ? 0 : kPassing[std::min<std::size_t>(static_cast<std::size_t>(limit), kSubstringBits)];
}

double Cost::search(const Thresholds& thresholds, std::uint32_t count) {
  const double entries = static_cast<double>(count) / static_cast<double>(kBuckets);
  double cost = 0;
  for (unsigned table = 0; table < kSubstrings; ++table) {
    for (int weight = 0; weight <= thresholds[table]; ++weight) {
      const double share = passing(sketch_limit(thresholds, table, static_cast<unsigned>(weight)));
      cost += kBallSizes[static_cast<std::size_t>(weight)] * (probe(entries) + entries * share * survivor());
    }
  }
  return cost;
}

Plan cheapest_thresholds(const Tables& tables, const Code& query, unsigned radius) {
  const Plan moderate = spend(tables, query, radius, 2);
  const double expected = Cost::search(even_thresholds(radius), tables.count());
  if (moderate.cost < 4 * expected) return moderate;
  return spend(tables, query, radius, static_cast<int>(kMaxThreshold));
}

}  // namespace rempart
