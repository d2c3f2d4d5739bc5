// Exact search within a Hamming distance.
#pragma once

#include <stdexcept>

#include "hits.hpp"
#include "layout.hpp"

namespace rempart {

// The tables contradict themselves: a damaged or forged file.
struct Corrupt : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Request {
  const std::uint8_t* queries;
  std::uint32_t count;
  unsigned radius;                      // <= kMaxRadius
  unsigned threads;                     // >= 1
  const std::uint8_t* gone = nullptr;   // a bit for each position, little-endian; set where the entry was removed
};

// By whichever way is expected to be the fastest. Throws Corrupt; never reads outside the tables, whatever they hold.
Result search(const Tables& tables, const Request& request);

// The same result, bucket by bucket over many queries: each posting is read once for all of them.
Result join(const Tables& tables, const Request& request);

// The same result by comparing everything; needs `codes` alone.
Result scan(const Tables& tables, const Request& request);

}  // namespace rempart
