// What a search returns.
#pragma once

#include <cstdint>
#include <vector>

namespace rempart {

struct Hit {
  std::uint32_t query;
  std::uint32_t position;
  std::uint32_t distance;
};

// Hits of query i are [offsets[i], offsets[i+1]), by distance, then position.
struct Result {
  std::vector<std::int64_t> offsets;
  std::vector<std::int64_t> positions;
  std::vector<std::uint8_t> distances;
};

// Of the hits of each chunk of queries, in any order within a chunk; chunks are in order of query.
Result in_order(std::uint32_t queries, std::vector<std::vector<Hit>>& chunks);

}  // namespace rempart
