// Several threads build, search and join over shared tables. Compiled with -fsanitize=thread by test_search_core.py.
#include <atomic>
#include <cstdio>
#include <random>
#include <thread>
#include <vector>

#include "search_tables.hpp"

namespace {

constexpr std::uint32_t kEntries = 4000, kQueries = 600;  // more than one task of each kind

bool same(const rempart::Result& one, const rempart::Result& other) {
  return one.offsets == other.offsets && one.positions == other.positions && one.distances == other.distances;
}

}  // namespace

int main() {
  std::mt19937_64 random(1);
  const Owned owned(kEntries, random, 3);
  const Owned again(owned.codes, 1);
  if (owned.offsets != again.offsets || owned.sketches != again.sketches || owned.lows != again.lows) {
    return std::puts("the tables depend on the number of threads"), 1;
  }
  const rempart::Tables tables = owned.tables();
  const std::vector<std::uint8_t> queries = near(owned.codes, kQueries, random);
  const std::vector<std::uint8_t> gone((kEntries + 7) / 8, 0x11);
  const auto request = [&](unsigned threads, unsigned radius) {
    return rempart::Request{queries.data(), kQueries, radius, threads, gone.data()};
  };
  const rempart::Result expected = rempart::scan(tables, request(1, 31));
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> callers;
    for (unsigned caller = 0; caller < 3; ++caller) {
      callers.emplace_back([&, caller] {
        wrong += !same(rempart::search(tables, request(1 + caller % 3, 31)), expected);
        wrong += !same(rempart::join(tables, request(3 - caller % 3, 31)), expected);
        wrong += !same(rempart::scan(tables, request(2, 31)), expected);
      });
    }
    callers.emplace_back([&] {
      const Owned another(owned.codes, 2);
      wrong += another.sketches != owned.sketches;
    });
  }
  std::printf("%s, %zu hits, %d wrong\n", rempart::kernels().name, expected.positions.size(), wrong.load());
  return wrong != 0 || expected.positions.empty();
}
