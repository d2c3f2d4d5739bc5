#include "probes.hpp"

namespace rempart {
namespace {

double entries_read(const Thresholds& thresholds, std::uint32_t count) {
  std::size_t buckets = 0;
  for (unsigned table = 0; table < kSubstrings; ++table) {
    buckets += reachable_masks(thresholds, table).size();
  }
  return static_cast<double>(buckets) * count / static_cast<double>(kBuckets);
}

// A plan of its own costs as much as reading about this many entries.
constexpr double kPlanningEntries = 16384;

}  // namespace

Planner::Planner(const Tables& tables, const Request& request)
    : tables_(tables),
      request_(request),
      even_(even_thresholds(request.radius)),
      tables_win_(tables.always_bucketed || Cost::search(even_, tables.count()) < Cost::scan(tables.count())),
      usual_entries_(entries_read(even_, tables.count())) {}

bool Planner::is_hot(std::size_t entries) const {
  return static_cast<double>(entries) > 2 * usual_entries_ + kPlanningEntries;
}

bool Planner::choose(std::uint32_t query, Thresholds& thresholds) const {
  const Plan plan = cheapest_thresholds(tables_, code(query), request_.radius);
  thresholds = plan.thresholds;
  return tables_.always_bucketed || plan.cost < Cost::scan(tables_.count());
}

std::size_t Planner::entries(std::uint32_t query, const Thresholds& thresholds) const {
  const Code words = code(query);
  std::size_t sum = 0;
  for (unsigned table = 0; table < kSubstrings; ++table) {
    const std::uint32_t* offsets = tables_.offsets + table * kOffsets;
    for (const std::uint16_t mask : reachable_masks(thresholds, table)) {
      const auto bucket = static_cast<std::uint16_t>(words[table] ^ mask);
      sum += offsets[bucket + 1] - offsets[bucket];
    }
  }
  return sum;
}

void Planner::fetch(std::uint32_t query, unsigned table) const {
  constexpr unsigned kLineBits = 4;  // 16 offsets are a cache line
  const std::uint32_t* offsets = tables_.offsets + table * kOffsets;
  const std::uint16_t word = code(query)[table];
  __builtin_prefetch(offsets + word);
  for (unsigned bit = kLineBits; bit < kSubstringBits; ++bit) __builtin_prefetch(offsets + (word ^ 1u << bit));
}

std::size_t Planner::add_bucket(Probe probe, ProbeList& probes) const {
  const std::uint32_t* range = tables_.offsets + probe.table * kOffsets + probe.bucket;
  const std::uint32_t start = range[0], end = range[1];
  if (start > end || end > tables_.count()) throw Corrupt("the buckets of a table are not in order");
  for (probe.start = start; probe.start < end; probe.start += probe.length) {
    probe.length = static_cast<std::uint16_t>(std::min(end - probe.start, kProbeLength));
    probes.push(probe);
  }
  return end - start;
}

std::size_t Planner::add(std::uint32_t query, unsigned table, const Thresholds& thresholds, ProbeList& probes) const {
  const Code words = code(query);
  const std::uint32_t* offsets = tables_.offsets + table * kOffsets;
  const std::uint32_t count = tables_.count();
  std::size_t entries = 0;
  for (int weight = 0; weight <= thresholds[table]; ++weight) {
    const int limit = sketch_limit(thresholds, table, static_cast<unsigned>(weight));
    if (limit < 0) break;
    Probe probe = blank_probe(query, words, table);
    probe.limit = static_cast<std::uint8_t>(std::min<int>(limit, kSubstringBits));
    const std::span<const std::uint16_t> masks = masks_of_weight(static_cast<unsigned>(weight));
    Probe* next = probes.room(masks.size());
    for (std::size_t i = 0; i < masks.size(); ++i) {
      const auto bucket = static_cast<std::uint16_t>(words[table] ^ masks[i]);
      const std::uint32_t start = offsets[bucket], end = offsets[bucket + 1], length = end - start;
      if ((length > kProbeLength) | (start > end) | (end > count)) [[unlikely]] {
        probes.end(next);
        probe.bucket = bucket;
        entries += add_bucket(probe, probes);
        next = probes.room(masks.size() - i);
        continue;
      }
      *next = {start, query, static_cast<std::uint16_t>(length), bucket, probe.target, probe.table, probe.limit};
      next += length != 0;  // no branch, for in a short list none could foretell it
      entries += length;
    }
    probes.end(next);
  }
  return entries;
}

}  // namespace rempart
