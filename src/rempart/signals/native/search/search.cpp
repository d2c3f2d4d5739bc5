#include "search.hpp"

#include <algorithm>
#include <utility>

#include "parallel.hpp"
#include "probes.hpp"
#include "resolve.hpp"

namespace rempart {
namespace {

// Queries of one task.
constexpr std::uint32_t kSearchChunk = 512;
constexpr std::uint32_t kScanChunk = 64;
constexpr std::uint32_t kJoinChunk = 1 << 15;

// From so many queries and entries on, going through the tables once is faster than looking up each query.
constexpr std::uint32_t kJoinQueries = 2048;
constexpr std::uint32_t kJoinEntries = 500'000;

struct Chunk {
  std::uint32_t first, end;
};

template <class Run>
Result by_chunks(const Request& request, std::uint32_t length, const Run& run) {
  const std::size_t count = (std::size_t{request.count} + length - 1) / length;
  std::vector<std::vector<Hit>> hits(count);
  in_parallel(count, request.threads, [&](std::size_t i) {
    const auto first = static_cast<std::uint32_t>(i * length);
    hits[i] = run(Chunk{first, first + std::min(length, request.count - first)});
  });
  return in_order(request.count, hits);
}

std::vector<Hit> scan_chunk(const Tables& tables, const Request& request, Chunk chunk) {
  Collector collector(tables, request, chunk.first, 0);
  // A block of entries stays in the cache while all queries of the chunk go over it.
  for (std::uint32_t start = 0; start < tables.count(); start += kScanBlock) {
    const std::uint32_t end = start + std::min(kScanBlock, tables.count() - start);
    for (std::uint32_t query = chunk.first; query < chunk.end; ++query) collector.scan(query, start, end);
  }
  return collector.finish();
}

// Query by query. While one is read, the next one's probes are planned and its postings fetched, and the ranges of
// the buckets of the one after it are fetched; table by table, so that the memory is kept busy evenly.
class Stream {
 public:
  Stream(const Tables& tables, const Planner& planner, Collector& collector, Chunk chunk)
      : tables_(tables), planner_(planner), collector_(collector), chunk_(chunk) {}

  void run() {
    start();
    for (std::uint32_t query = chunk_.first; query < chunk_.end; ++query) {
      const std::array<std::size_t, kSubstrings + 1> ends = ends_;
      entries_ = 0;
      for (unsigned table = 0; table < kSubstrings; ++table) {
        if (query + 2 < chunk_.end) planner_.fetch(query + 2, table);
        if (query + 1 < chunk_.end) plan(query + 1, table);
        collector_.read(probes_.data() + ends[table], ends[table + 1] - ends[table], probes_.size() - ends[table]);
      }
      if (query + 1 < chunk_.end) settle(query + 1);
      if (ends_[0] > kKept) forget();
    }
  }

 private:
  static constexpr std::size_t kKept = 4096;

  void start() {
    for (std::uint32_t query = chunk_.first; query < std::min(chunk_.first + 2, chunk_.end); ++query) {
      for (unsigned table = 0; table < kSubstrings; ++table) planner_.fetch(query, table);
    }
    for (unsigned table = 0; table < kSubstrings; ++table) plan(chunk_.first, table);
    settle(chunk_.first);
    for (std::size_t i = 0; i < std::min(kProbesAhead, probes_.size()); ++i) fetch_sketches(tables_, probes_.data()[i]);
  }

  void plan(std::uint32_t query, unsigned table) {
    if (table == 0) ends_[0] = probes_.size();
    entries_ += planner_.add(query, table, planner_.even(), probes_);
    ends_[table + 1] = probes_.size();
  }

  void settle(std::uint32_t query) {
    Thresholds& thresholds = collector_.thresholds(query);
    thresholds = planner_.even();
    if (!planner_.is_hot(entries_)) return;
    probes_.cut(ends_[0]);
    ends_.fill(ends_[0]);
    if (!planner_.choose(query, thresholds)) return collector_.scan(query, 0, tables_.count());
    for (unsigned table = 0; table < kSubstrings; ++table) {
      planner_.add(query, table, thresholds, probes_);
      ends_[table + 1] = probes_.size();
    }
  }

  void forget() {
    const std::size_t gone = ends_[0];
    probes_.forget_first(gone);
    for (std::size_t& end : ends_) end -= gone;
  }

  const Tables& tables_;
  const Planner& planner_;
  Collector& collector_;
  Chunk chunk_;
  ProbeList probes_;  // of the query being read, then of the next
  std::array<std::size_t, kSubstrings + 1> ends_{};  // where each table's probes of the query planned last begin
  std::size_t entries_ = 0;    // which that query reads
};

// Bucket by bucket: the probes of all queries of a chunk in one table are sorted by bucket first.
class Joiner {
 public:
  Joiner(const Tables& tables, const Request& request, const Planner& planner, Collector& collector, Chunk chunk)
      : tables_(tables), request_(request), planner_(planner), collector_(collector), chunk_(chunk), ends_(kBuckets) {}

  void run() {
    std::vector<std::uint32_t> queries;
    for (std::uint32_t query = chunk_.first; query < chunk_.end; ++query) {
      Thresholds& thresholds = collector_.thresholds(query);
      thresholds = planner_.even();
      if (!planner_.is_hot(planner_.entries(query, thresholds)) || planner_.choose(query, thresholds)) {
        queries.push_back(query);
      } else {
        collector_.scan(query, 0, tables_.count());
      }
    }
    for (unsigned table = 0; table < kSubstrings; ++table) {
      sort_by_bucket(queries, table);
      read(table);
    }
  }

 private:
  static constexpr unsigned kMaskBits = 10;  // an order names a query of the chunk and one of all masks
  static_assert(kJoinChunk <= 1u << (32 - kMaskBits));
  static constexpr std::size_t kTogether = 2048;

  Code code(std::uint32_t query) const { return load_code(request_.queries + std::size_t{query} * kCodeBytes); }

  // Calls visit(bucket, mask number) for each bucket of the query in the table.
  template <class Visit>
  void each_bucket(std::uint32_t query, unsigned table, const Visit& visit) {
    const Thresholds& thresholds = collector_.thresholds(query);
    const std::span<const std::uint16_t> masks = reachable_masks(thresholds, table);
    const std::uint16_t word = code(query)[table];
    for (std::size_t i = 0; i < masks.size(); ++i) visit(static_cast<std::uint16_t>(word ^ masks[i]), i);
  }

  void sort_by_bucket(const std::vector<std::uint32_t>& queries, unsigned table) {
    std::ranges::fill(ends_, 0);
    for (const std::uint32_t query : queries) {
      each_bucket(query, table, [&](std::uint16_t bucket, std::size_t) { ++ends_[bucket]; });
    }
    std::uint32_t sum = 0;
    for (std::uint32_t& end : ends_) sum += std::exchange(end, sum);
    orders_.resize(sum);
    for (const std::uint32_t query : queries) {
      each_bucket(query, table, [&](std::uint16_t bucket, std::size_t mask) {
        orders_[ends_[bucket]++] = (query - chunk_.first) << kMaskBits | static_cast<std::uint32_t>(mask);
      });
    }
  }

  void read(unsigned table) {
    std::size_t order = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      for (; order < ends_[bucket]; ++order) add(table, static_cast<std::uint16_t>(bucket), orders_[order]);
    }
    flush();
  }

  void add(unsigned table, std::uint16_t bucket, std::uint32_t order) {
    const std::uint32_t query = chunk_.first + (order >> kMaskBits);
    const unsigned weight = weight_of_mask(order & ((1u << kMaskBits) - 1));
    Probe probe = blank_probe(query, code(query), table);
    probe.bucket = bucket;
    probe.limit = static_cast<std::uint8_t>(
        std::min<int>(sketch_limit(collector_.thresholds(query), table, weight), kSubstringBits));
    planner_.add_bucket(probe, probes_);
    if (probes_.size() >= kTogether) flush();
  }

  void flush() {
    collector_.read(probes_.data(), probes_.size(), probes_.size());
    probes_.cut(0);
  }

  const Tables& tables_;
  const Request& request_;
  const Planner& planner_;
  Collector& collector_;
  Chunk chunk_;
  std::vector<std::uint32_t> ends_;    // of each bucket's orders
  std::vector<std::uint32_t> orders_;
  ProbeList probes_;
};

}  // namespace

Result scan(const Tables& tables, const Request& request) {
  return by_chunks(request, kScanChunk, [&](Chunk chunk) { return scan_chunk(tables, request, chunk); });
}

Result search(const Tables& tables, const Request& request) {
  if (request.count >= kJoinQueries && tables.count() >= kJoinEntries) return join(tables, request);
  if (!tables.bucketed()) return scan(tables, request);
  const Planner planner(tables, request);
  if (!planner.tables_win()) return scan(tables, request);
  return by_chunks(request, kSearchChunk, [&](Chunk chunk) {
    Collector collector(tables, request, chunk.first, chunk.end - chunk.first);
    Stream(tables, planner, collector, chunk).run();
    return collector.finish();
  });
}

Result join(const Tables& tables, const Request& request) {
  if (!tables.bucketed()) return scan(tables, request);
  const Planner planner(tables, request);
  if (!planner.tables_win()) return scan(tables, request);
  const std::uint32_t share = (request.count + request.threads - 1) / request.threads;
  return by_chunks(request, std::clamp(share, std::uint32_t{1}, kJoinChunk), [&](Chunk chunk) {
    Collector collector(tables, request, chunk.first, chunk.end - chunk.first);
    Joiner(tables, request, planner, collector, chunk).run();
    return collector.finish();
  });
}

}  // namespace rempart
