// The inner loops, once for each instruction set; which one runs is chosen at run time.
#pragma once

#include <cstddef>
#include <cstdint>

#include "layout.hpp"

namespace rempart {

// A stretch of one bucket to be read for one query.
struct Probe {
  std::uint32_t start;   // slot
  std::uint32_t query;
  std::uint16_t length;  // 1..kProbeLength
  std::uint16_t bucket;
  std::uint16_t target;  // the query's next substring, which the sketches are compared with
  std::uint8_t table;
  std::uint8_t limit;    // greatest distance of a sketch that may belong to a hit
};
inline constexpr std::uint32_t kProbeLength = 4096;

// An entry that passed the filter and is to be compared in full.
struct Survivor {
  std::uint32_t slot;
  std::uint32_t query;
  std::uint16_t bucket;
  std::uint16_t table;
};

struct Candidate {
  std::uint32_t position;
  std::uint32_t distance;
};
inline constexpr std::uint32_t kScanBlock = 4096;  // entries: 128 KiB stay in the second-level cache

// How far ahead the postings of a probe are fetched.
inline constexpr std::size_t kProbesAhead = 20;

struct Filtered {
  std::size_t probes;     // read completely
  std::size_t survivors;
};

struct Kernels {
  const char* name;

  // Reads probes[0..count) until the `room` in `out` might not hold the next; fetches up to probes[fetchable).
  Filtered (*filter)(const Tables&, const Probe* probes, std::size_t count, std::size_t fetchable, Survivor* out,
                     std::size_t room);

  // Position and distance of each survivor; false where the tables contradict themselves (distance is then 256).
  bool (*resolve)(const Tables&, const Survivor*, std::size_t count, const std::uint8_t* queries, Candidate* out);

  // Entries within the radius among `count` <= kScanBlock codes, in order; `out` holds kScanBlock.
  std::size_t (*scan)(const std::uint8_t* codes, std::uint32_t count, const std::uint8_t* query, unsigned radius,
                      Candidate* out);
};

extern const Kernels kPortableKernels;
#if defined(__x86_64__)
extern const Kernels kAvx2Kernels;
extern const Kernels kAvx512Kernels;
#endif

// The best that this processor runs, or the one named by the environment variable REMPART_SIMD
// ("portable", "avx2", "avx512") if it runs that one.
const Kernels& kernels();

}  // namespace rempart
