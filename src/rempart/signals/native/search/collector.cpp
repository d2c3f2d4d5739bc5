#include "collector.hpp"

#include <array>
#include <memory>

namespace rempart {
namespace {

constexpr std::size_t kRoom = 2 * kProbeLength;
// Survivors compared together: enough to overlap their cache misses, few enough to stay in the first-level cache.
constexpr std::size_t kTogether = 256;

}  // namespace

// Kept for the thread's next search: for one query, fetching such memory from the system takes as long as the search.
struct Scratch {
  std::array<Survivor, kRoom> survivors;
  std::array<Candidate, kRoom> candidates;
};

namespace {

Scratch& scratch_of_thread() {
  thread_local const auto scratch = std::make_unique_for_overwrite<Scratch>();
  return *scratch;
}

}  // namespace

Collector::Collector(const Tables& tables, const Request& request, std::uint32_t first, std::size_t queries)
    : tables_(tables),
      request_(request),
      first_(first),
      thresholds_(queries),
      scratch_(scratch_of_thread()) {}

void Collector::read(const Probe* probes, std::size_t count, std::size_t fetchable) {
  while (count > 0) {
    const Filtered done = kernels_.filter(tables_, probes, count, fetchable, scratch_.survivors.data() + waiting_,
                                          kRoom - waiting_);
    waiting_ += done.survivors;
    probes += done.probes;
    count -= done.probes;
    fetchable -= done.probes;
    if (count > 0 || waiting_ >= kTogether) compare();
  }
}

void Collector::compare() {
  for (std::size_t begin = 0; begin < waiting_; begin += kTogether) {
    const std::size_t count = std::min(kTogether, waiting_ - begin);
    const Survivor* survivors = scratch_.survivors.data() + begin;
    if (!kernels_.resolve(tables_, survivors, count, request_.queries, scratch_.candidates.data())) {
      throw Corrupt("a table names an entry that does not exist");
    }
    for (std::size_t i = 0; i < count; ++i) {
      const Candidate& candidate = scratch_.candidates[i];
      if (candidate.distance > request_.radius || is_gone(candidate.position)) continue;
      const std::uint32_t query = survivors[i].query;
      const Code wanted = load_code(request_.queries + std::size_t{query} * kCodeBytes);
      const Code entry = load_code(tables_.code(candidate.position));
      if (!reports(thresholds(query), wanted, entry, survivors[i].table)) continue;
      hits_.push_back({query, candidate.position, candidate.distance});
    }
  }
  waiting_ = 0;
}

void Collector::scan(std::uint32_t query, std::uint32_t begin, std::uint32_t end) {
  const std::uint8_t* wanted = request_.queries + std::size_t{query} * kCodeBytes;
  Candidate* found = scratch_.candidates.data();
  for (std::uint32_t start = begin; start < end; start += kScanBlock) {
    const std::uint32_t count = std::min(kScanBlock, end - start);
    const std::size_t near = kernels_.scan(tables_.code(start), count, wanted, request_.radius, found);
    for (std::size_t i = 0; i < near; ++i) {
      const std::uint32_t position = start + found[i].position;
      if (!is_gone(position)) hits_.push_back({query, position, found[i].distance});
    }
  }
}

bool Collector::is_gone(std::uint32_t position) const {
  return request_.gone != nullptr && (request_.gone[position / 8] >> (position % 8) & 1) != 0;
}

std::vector<Hit> Collector::finish() {
  compare();
  return std::move(hits_);
}

}  // namespace rempart
