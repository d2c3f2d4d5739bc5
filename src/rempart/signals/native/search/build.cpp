#include "build.hpp"

#include <memory>
#include <vector>

#include "parallel.hpp"

namespace rempart {
namespace {

struct Item {
  std::uint16_t word;    // substring i: the bucket
  std::uint16_t sketch;  // substring i+1
  std::uint32_t position;
};

inline constexpr std::size_t kGroups = 256;  // buckets are gathered by their high byte first

// One table by two stable counting passes: into groups of buckets that fit the cache, then into buckets.
class TableBuilder {
 public:
  TableBuilder(const std::uint8_t* codes, Layout layout) : codes_(codes), layout_(layout) {
    items_ = std::make_unique_for_overwrite<Item[]>(layout.count);
  }

  void build(unsigned table, const Sections& sections) {
    std::uint32_t* offsets = sections.offsets + table * kOffsets;
    std::uint16_t* sketches = sections.sketches + table * layout_.stride();
    std::uint16_t* lows = sections.lows + table * layout_.stride();
    std::uint64_t* highs = sections.highs + table * layout_.high_words();
    count_words(table, offsets);
    gather(table, offsets);
    place(offsets, sketches, lows, highs);
  }

 private:
  std::uint16_t substring(std::uint32_t position, unsigned number) const {
    std::uint16_t word;
    std::memcpy(&word, codes_ + std::size_t{position} * kCodeBytes + number * sizeof word, sizeof word);
    return word;
  }

  void count_words(unsigned table, std::uint32_t* offsets) const {
    std::vector<std::uint32_t> counts(kBuckets);
    for (std::uint32_t position = 0; position < layout_.count; ++position) ++counts[substring(position, table)];
    offsets[0] = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) offsets[bucket + 1] = offsets[bucket] + counts[bucket];
  }

  void gather(unsigned table, const std::uint32_t* offsets) {
    std::array<std::uint32_t, kGroups> next;
    for (std::size_t group = 0; group < kGroups; ++group) next[group] = offsets[group * (kBuckets / kGroups)];
    for (std::uint32_t position = 0; position < layout_.count; ++position) {
      const std::uint16_t word = substring(position, table);
      items_[next[word >> 8]++] = {word, substring(position, next_substring(table)), position};
    }
  }

  void place(const std::uint32_t* offsets, std::uint16_t* sketches, std::uint16_t* lows, std::uint64_t* highs) {
    std::vector<std::uint32_t> next(offsets, offsets + kBuckets);
    const std::size_t last_block = layout_.last_block();
    for (std::uint32_t i = 0; i < layout_.count; ++i) {
      const Item& item = items_[i];
      const std::uint32_t slot = next[item.word]++;
      sketches[slot] = item.sketch;
      lows[slot] = static_cast<std::uint16_t>(item.position);
      if (last_block == 0) continue;
      const std::size_t bit = slot + item.word * last_block + (item.position >> 16);
      highs[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
  }

  const std::uint8_t* codes_;
  Layout layout_;
  std::unique_ptr<Item[]> items_;
};

}  // namespace

void build(const std::uint8_t* codes, Layout layout, const Sections& sections, unsigned threads) {
  const std::size_t workers = std::min(threads, kSubstrings);
  in_parallel(workers, threads, [&](std::size_t worker) {
    TableBuilder builder(codes, layout);
    for (std::size_t table = worker; table < kSubstrings; table += workers) {
      builder.build(static_cast<unsigned>(table), sections);
    }
  });
}

}  // namespace rempart
