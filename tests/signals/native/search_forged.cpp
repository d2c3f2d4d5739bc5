// Tables that lie: each search ends, in an answer or in `Corrupt`, and nothing outside the tables is read.
// Compiled with -fsanitize=address,undefined by test_search_core.py; every table has exactly the layout's size.
#include <cstdio>
#include <cstdlib>
#include <random>
#include <span>

#include "search_tables.hpp"

namespace {

using Random = std::mt19937_64;

template <class Element>
void lie(std::vector<Element>& table, Random& random) {
  if (table.empty()) return;
  const std::span bytes(reinterpret_cast<std::uint8_t*>(table.data()), table.size() * sizeof(Element));
  switch (random() % 5) {
    case 0:
      break;
    case 1:
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
      break;
    case 2:
      for (auto& byte : bytes) byte = random() % 2 ? 0xFF : 0;
      break;
    case 3:
      for (int i = 0; i < 300; ++i) bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1u << random() % 8);
      break;
    default: {
      const auto value = static_cast<Element>(random());
      const std::size_t first = random() % table.size();
      for (std::size_t i = first; i < std::min(table.size(), first + 5000); ++i) table[i] = value;
    }
  }
}

// True of an answer's form; the distances told are those of the codes.
bool sound(const rempart::Result& result, const Owned& owned, const std::vector<std::uint8_t>& queries, unsigned radius) {
  for (std::size_t query = 0; query + 1 < result.offsets.size(); ++query) {
    for (auto hit = result.offsets[query]; hit < result.offsets[query + 1]; ++hit) {
      const auto position = static_cast<std::size_t>(result.positions[static_cast<std::size_t>(hit)]);
      if (position >= owned.codes.size() / rempart::kCodeBytes) return false;
      unsigned bits = 0;
      for (unsigned i = 0; i < rempart::kCodeBytes; ++i) {
        const unsigned both = queries[query * rempart::kCodeBytes + i] ^ owned.codes[position * rempart::kCodeBytes + i];
        bits += static_cast<unsigned>(std::popcount(both));
      }
      if (bits != result.distances[static_cast<std::size_t>(hit)] || bits > radius) return false;
    }
  }
  return result.offsets.back() == static_cast<std::int64_t>(result.positions.size());
}

}  // namespace

int main(int, char** arguments) {
  const int rounds = std::atoi(arguments[1]);
  int answers = 0, refusals = 0;
  for (int round = 0; round < rounds; ++round) {
    Random random(static_cast<std::uint64_t>(round));
    const std::uint32_t counts[] = {1, 31, 32, 33, 700, 5000, 66'000};
    Owned owned(counts[random() % std::size(counts)], random, 1);
    const std::vector<std::uint8_t> queries = near(owned.codes, 12, random);
    lie(owned.offsets, random);
    lie(owned.sketches, random);
    lie(owned.lows, random);
    lie(owned.highs, random);
    for (const unsigned radius : {0u, 31u, 63u}) {
      const rempart::Request request{queries.data(), 12, radius, 1 + static_cast<unsigned>(random() % 2)};
      for (const auto run : {rempart::search, rempart::join}) {
        try {
          if (!sound(run(owned.tables(), request), owned, queries, radius)) return std::printf("round %d\n", round), 1;
          ++answers;
        } catch (const rempart::Corrupt&) {
          ++refusals;
        }
      }
    }
  }
  std::printf("%s: %d answers, %d refusals\n", rempart::kernels().name, answers, refusals);
  return answers == 0 || refusals == 0;
}
