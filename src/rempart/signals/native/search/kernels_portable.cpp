#include <algorithm>

#include "resolve.hpp"

namespace rempart {
namespace {

Filtered filter(const Tables& tables, const Probe* probes, std::size_t count, std::size_t fetchable,
                Survivor* out, std::size_t room) {
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Probe& probe = probes[i];
    if (found + probe.length > room) return {i, found};
    if (i + kProbesAhead < fetchable) fetch_sketches(tables, probes[i + kProbesAhead]);
    const std::uint16_t* sketches = tables.sketches + probe.table * tables.layout.stride() + probe.start;
    for (std::uint32_t k = 0; k < probe.length; ++k) {
      out[found] = {probe.start + k, probe.query, probe.bucket, probe.table};
      found += std::popcount(static_cast<std::uint16_t>(sketches[k] ^ probe.target)) <= probe.limit;
    }
  }
  return {count, found};
}

bool resolve(const Tables& tables, const Survivor* survivors, std::size_t count, const std::uint8_t* queries,
             Candidate* out) {
  return resolve_all(tables, survivors, count, queries, out);
}

std::size_t scan(const std::uint8_t* codes, std::uint32_t count, const std::uint8_t* query, unsigned radius,
                 Candidate* out) {
  return scan_rest(codes, 0, count, query, radius, out, 0);
}

}  // namespace

const Kernels kPortableKernels{"portable", filter, resolve, scan};

}  // namespace rempart
