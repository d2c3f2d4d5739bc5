#include "hits.hpp"

#include <algorithm>
#include <tuple>

namespace rempart {

Result in_order(std::uint32_t queries, std::vector<std::vector<Hit>>& chunks) {
  Result result;
  result.offsets.assign(std::size_t{queries} + 1, 0);
  std::size_t total = 0;
  for (const auto& chunk : chunks) total += chunk.size();
  result.positions.reserve(total);
  result.distances.reserve(total);
  for (auto& chunk : chunks) {
    std::ranges::sort(chunk, {}, [](const Hit& hit) { return std::tuple(hit.query, hit.distance, hit.position); });
    for (const Hit& hit : chunk) {
      ++result.offsets[std::size_t{hit.query} + 1];
      result.positions.push_back(hit.position);
      result.distances.push_back(static_cast<std::uint8_t>(hit.distance));
    }
    chunk = {};
  }
  for (std::size_t i = 0; i < queries; ++i) result.offsets[i + 1] += result.offsets[i];
  return result;
}

}  // namespace rempart
