// From buckets to hits: filter, full comparison, each hit once.
#pragma once

#include <vector>

#include "kernels.hpp"
#include "search.hpp"
#include "thresholds.hpp"

namespace rempart {

struct Scratch;

// Serves one thread and one chunk of queries, whose numbers are [first, first + thresholds.size()).
class Collector {
 public:
  Collector(const Tables& tables, const Request& request, std::uint32_t first, std::size_t queries);

  // Of the query's number in the request; to be set before its probes are read.
  Thresholds& thresholds(std::uint32_t query) { return thresholds_[query - first_]; }

  // Reads the first `count` probes; up to `fetchable` exist and may be fetched ahead.
  void read(const Probe* probes, std::size_t count, std::size_t fetchable);
  void scan(std::uint32_t query, std::uint32_t begin, std::uint32_t end);
  std::vector<Hit> finish();

 private:
  void compare();
  bool is_gone(std::uint32_t position) const;

  const Tables& tables_;
  const Request& request_;
  const Kernels& kernels_ = kernels();
  std::uint32_t first_;
  std::vector<Thresholds> thresholds_;
  Scratch& scratch_;
  std::size_t waiting_ = 0;
  std::vector<Hit> hits_;
};

}  // namespace rempart
