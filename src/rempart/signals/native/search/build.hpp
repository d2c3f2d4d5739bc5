// Making the tables of a segment.
#pragma once

#include "layout.hpp"

namespace rempart {

// Where `build` writes; sizes are those of the layout, and every byte is written or was zero before.
struct Sections {
  std::uint32_t* offsets;
  std::uint16_t* sketches;
  std::uint16_t* lows;
  std::uint64_t* highs;
};

// Working memory is 8 bytes an entry for each thread. The result does not depend on the number of threads.
void build(const std::uint8_t* codes, Layout layout, const Sections& sections, unsigned threads);

}  // namespace rempart
