// Made-up tables for the harnesses of the search core: on the heap, each of exactly its size.
#pragma once

#include <cstring>
#include <random>
#include <vector>

#include "build.hpp"
#include "kernels.hpp"
#include "search.hpp"

struct Owned {
  std::vector<std::uint8_t> codes;
  std::vector<std::uint32_t> offsets;
  std::vector<std::uint16_t> sketches, lows;
  std::vector<std::uint64_t> highs;

  Owned(std::uint32_t count, std::mt19937_64& random, unsigned threads) : Owned(uniform(count, random), threads) {}

  Owned(std::vector<std::uint8_t> given, unsigned threads) : codes(std::move(given)) {
    const rempart::Layout layout = this->layout();
    offsets.resize(layout.offsets_size());
    sketches.resize(layout.sketches_size());
    lows.resize(layout.lows_size());
    highs.resize(layout.highs_size());
    rempart::build(codes.data(), layout, {offsets.data(), sketches.data(), lows.data(), highs.data()}, threads);
  }

  rempart::Layout layout() const { return {static_cast<std::uint32_t>(codes.size() / rempart::kCodeBytes)}; }

  rempart::Tables tables() const {
    return {codes.data(), offsets.data(), sketches.data(), lows.data(), highs.data(), layout(), true};
  }

  static std::vector<std::uint8_t> uniform(std::uint32_t count, std::mt19937_64& random) {
    std::vector<std::uint8_t> codes(std::size_t{count} * rempart::kCodeBytes);
    for (auto& byte : codes) byte = static_cast<std::uint8_t>(random());
    return codes;
  }
};

// Queries a few bits away from entries.
inline std::vector<std::uint8_t> near(const std::vector<std::uint8_t>& codes, std::size_t count, std::mt19937_64& random) {
  std::vector<std::uint8_t> queries(count * rempart::kCodeBytes);
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = random() % (codes.size() / rempart::kCodeBytes);
    std::uint8_t* query = queries.data() + i * rempart::kCodeBytes;
    std::memcpy(query, codes.data() + entry * rempart::kCodeBytes, rempart::kCodeBytes);
    for (std::size_t flips = random() % 30; flips > 0; --flips) {
      query[random() % rempart::kCodeBytes] ^= static_cast<std::uint8_t>(1u << random() % 8);
    }
  }
  return queries;
}
