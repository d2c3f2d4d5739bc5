// The probes of a query, in order of table and then of distance.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>

#include "collector.hpp"

namespace rempart {

// A vector whose new room is not initialised: probes are written faster than a vector takes them.
class ProbeList {
 public:
  const Probe* data() const { return probes_.get(); }
  std::size_t size() const { return size_; }

  // Where the next probes go, with room for `count`; `end` makes those written part of the list.
  Probe* room(std::size_t count) {
    if (size_ + count > capacity_) grow(size_ + count);
    return probes_.get() + size_;
  }
  void end(const Probe* past) { size_ = static_cast<std::size_t>(past - probes_.get()); }
  void push(const Probe& probe) {
    Probe* next = room(1);
    *next = probe;
    end(next + 1);
  }

  void cut(std::size_t size) { size_ = size; }
  void forget_first(std::size_t count) {
    std::copy(probes_.get() + count, probes_.get() + size_, probes_.get());
    size_ -= count;
  }

 private:
  void grow(std::size_t least) {
    capacity_ = std::max(least, 2 * capacity_);
    auto larger = std::make_unique_for_overwrite<Probe[]>(capacity_);
    std::copy(probes_.get(), probes_.get() + size_, larger.get());
    probes_ = std::move(larger);
  }

  std::size_t size_ = 0, capacity_ = 0;
  std::unique_ptr<Probe[]> probes_;
};

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
  std::size_t add(std::uint32_t query, unsigned table, const Thresholds& thresholds, ProbeList& probes) const;

  // Appends the probes of one bucket; returns how many entries they read.
  std::size_t add_bucket(Probe probe, ProbeList& probes) const;

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
