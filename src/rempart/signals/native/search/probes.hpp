// The probes of a query, in order of table and then of distance.
#pragma once

#include <cstddef>
#include <vector>

#include "collector.hpp"

namespace rempart {

class Planner {
 public:
  Planner(const Tables& tables, const Request& request);

  // False where comparing with every entry is expected to be faster than any tables, for queries of no special kind.
  bool tables_win() const { return tables_win_; }

  // Right for queries of no special kind.
  const Thresholds& even() const { return even_; }

  // Whether a query that reads so many entries by even thresholds deserves thresholds of its own.
  bool is_hot(std::size_t entries) const;

  // The cheapest thresholds for the query; none where comparing with every entry is faster than any tables.
  bool choose(std::uint32_t query, Thresholds& thresholds) const;

  // How many entries the query reads.
  std::size_t entries(std::uint32_t query, const Thresholds& thresholds) const;

  // Brings the ranges of the query's nearest buckets in the table into the cache.
  void fetch(std::uint32_t query, unsigned table) const;

  // Appends the query's probes in the table, by distance; returns how many entries they read.
  std::size_t add(std::uint32_t query, unsigned table, const Thresholds& thresholds, std::vector<Probe>& probes) const;

  // Appends the probes of one bucket; returns how many entries they read.
  std::size_t add(Probe probe, std::vector<Probe>& probes) const;

 private:
  Code code(std::uint32_t query) const { return load_code(request_.queries + std::size_t{query} * kCodeBytes); }

  const Tables& tables_;
  const Request& request_;
  Thresholds even_;
  bool tables_win_;
  double usual_entries_;  // read for a query of no special kind
};

// What goes into a probe before the range of its bucket is known.
inline Probe blank_probe(std::uint32_t query, const Code& code, unsigned table) {
  return {.query = query, .target = code[next_substring(table)], .table = static_cast<std::uint8_t>(table)};
}

}  // namespace rempart
