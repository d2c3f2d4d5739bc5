// One box filter along an axis, and which of its outputs the decimation keeps.
#pragma once

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>

#include "kernels.hpp"

namespace rempart::hashing {

// At step t value t enters a running sum, value t - window leaves it, and output t - lead is written: the sum over
// however many values are in it.
struct Box {
  int length, window, lead;

  explicit Box(int values) : length(values), window((values + 2 * kSide - 1) / (2 * kSide)), lead(window / 2) {}

  int steps() const { return length + lead; }
  int values_within(int step) const { return std::max(1, std::min({step + 1, window, length + window - 1 - step})); }
  int kept(int output) const { return static_cast<int>((output + 0.5) * length / kSide); }
  int step_of_kept(int output) const { return kept(output) + lead; }
};

// Zeroed floats, aligned for any vector.
class Floats {
 public:
  explicit Floats(std::size_t count)
      : bytes_(count * sizeof(float)), data_(static_cast<float*>(::operator new(bytes_, kAlignment))) {
    clear();
  }
  ~Floats() { ::operator delete(data_, kAlignment); }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;

  float* data() { return data_; }
  const float* data() const { return data_; }
  void clear() { std::memset(data_, 0, bytes_); }

 private:
  static constexpr std::align_val_t kAlignment{64};
  std::size_t bytes_;
  float* data_;
};

}  // namespace rempart::hashing
