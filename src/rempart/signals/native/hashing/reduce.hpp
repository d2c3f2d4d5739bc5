// The streaming reduction, written once for vectors of Lanes::kCount floats.
//
// Every value comes from the reference's additions, subtractions and divisions in its order; a vector only runs them
// for several rows (filters along rows) or several columns (filters along columns) at once. A value that is not there
// enters or leaves a sum as +0, which changes nothing: no sum here is ever -0. Of the last two filters only the kept
// outputs are divided.
#pragma once

#include "box.hpp"

namespace rempart::hashing {
namespace {

// A box filter along rows, kCount rows at once: vectors hold one column, a lane a row.
template <class Lanes>
class RowSums {
  static constexpr int kLanes = Lanes::kCount;
  using Vector = typename Lanes::Vector;

 public:
  explicit RowSums(int window) : window_(window), mask_(mask_for(window)), ring_((mask_ + 1) * kLanes) {}

  void start() {
    sum_ = Vector{};
    ring_.clear();
  }

  // Puts the sums of steps step .. step + kLanes - 1 in the place of the values that enter.
  [[gnu::always_inline]] void advance(Vector (&columns)[kLanes], std::size_t step) {
    Vector sum = sum_;
#pragma GCC unroll 16
    for (int k = 0; k < kLanes; k++) {
      const Vector leaving = Lanes::load(slot(step + k - window_));
      Lanes::store(slot(step + k), columns[k]);
      sum = (sum + columns[k]) - leaving;
      columns[k] = sum;
    }
    sum_ = sum;
  }

 private:
  static std::size_t mask_for(std::size_t window) {
    std::size_t size = kLanes;
    while (size < window) {
      size *= 2;
    }
    return size - 1;
  }
  float* slot(std::size_t step) { return ring_.data() + (step & mask_) * kLanes; }

  std::size_t window_, mask_;
  Floats ring_;
  Vector sum_{};
};

// The last filter along columns: rows of kSide values in, the kept rows out.
class KeptRows {
 public:
  explicit KeptRows(const Box& box) : box_(box), ring_(static_cast<std::size_t>(box.window) * kSide) {}

  void push(const float* entering) {
    float* leaving = ring_.data() + static_cast<std::size_t>(step_ % box_.window) * kSide;
    for (int j = 0; j < kSide; j++) {
      sums_[j] = (sums_[j] + entering[j]) - leaving[j];
      leaving[j] = entering[j];
    }
    const auto divisor = static_cast<float>(box_.values_within(step_));
    for (; output_ < kSide && box_.step_of_kept(output_) == step_; output_++) {
      for (int j = 0; j < kSide; j++) {
        kept_[output_][j] = sums_[j] / divisor;
      }
    }
    step_++;
  }

  int pushed() const { return step_; }
  const Reduced& kept() const { return kept_; }

 private:
  Box box_;
  Floats ring_;
  int step_ = 0, output_ = 0;
  float sums_[kSide] = {};
  Reduced kept_ = {};
};

template <class Lanes, Pixels kPixels>
[[gnu::always_inline]] inline typename Lanes::Vector luminance(const std::uint8_t* pixels) {
  if constexpr (kPixels == Pixels::kGrey) {
    return Lanes::grey(pixels);
  } else if constexpr (kPixels == Pixels::kRgb) {
    return Lanes::divide(Lanes::thousandths(pixels), 1000.0f, 1.0f / 1000.0f);
  } else if constexpr (kPixels == Pixels::kRgbSingle) {
    const auto [red, green, blue] = Lanes::channels(pixels);
    return (red * 0.299f + green * 0.587f) + blue * 0.114f;
  } else {
    return Lanes::load_unaligned(reinterpret_cast<const float*>(pixels));
  }
}

template <class Lanes, Pixels kPixels>
class StreamReducer final : public Reducer {
  static constexpr int kLanes = Lanes::kCount;
  static constexpr int kBytes = bytes_per_pixel(kPixels);
  using Vector = typename Lanes::Vector;

 public:
  StreamReducer(int rows, int columns)
      : across_(columns),
        down_(rows),
        first_sums_(across_.window),
        second_sums_(across_.window),
        divisors_(padded_steps()),
        inverses_(padded_steps()),
        margin_(round_up(across_.lead)),
        row_length_(margin_ + padded_steps()),
        ring_rows_(round_up(down_.window) + kLanes),
        ring_(static_cast<std::size_t>(ring_rows_) * row_length_),
        no_row_(row_length_),
        column_sums_(padded_steps()),
        pending_(static_cast<std::size_t>(kLanes) * columns * kBytes),
        last_(down_) {
    for (int step = 0; step < padded_steps(); step++) {
      divisors_.data()[step] = static_cast<float>(across_.values_within(step));
      inverses_.data()[step] = 1.0f / divisors_.data()[step];
    }
  }

  void feed(const Rows& rows) override {
    const std::ptrdiff_t packed = pending_.size() / kLanes;
    const std::uint8_t* row = rows.first;
    for (int left = rows.count; left > 0;) {
      const int taken = std::min(left, kLanes - pending_rows_);
      if (taken == kLanes) {
        filter(row, rows.stride);
      } else {
        for (int k = 0; k < taken; k++) {
          std::memcpy(&pending_[(pending_rows_ + k) * packed], row + k * rows.stride, packed);
        }
        pending_rows_ += taken;
        if (pending_rows_ == kLanes) {
          filter(pending_.data(), packed);
          pending_rows_ = 0;
        }
      }
      row += taken * rows.stride;
      left -= taken;
    }
  }

  void finish(Reduced& reduced) override {
    if (pending_rows_ > 0) {
      filter(pending_.data(), pending_.size() / kLanes);
    }
    while (step_ < down_.steps()) {
      second_filters();
    }
    while (last_.pushed() < down_.steps()) {
      last_.push(no_row_.data());
    }
    std::memcpy(reduced, last_.kept(), sizeof(Reduced));
  }

 private:
  static int round_up(int number) { return (number + kLanes - 1) / kLanes * kLanes; }
  int padded_steps() const { return round_up(across_.steps()); }
  float* ring_row(int row) { return ring_.data() + static_cast<std::size_t>(row % ring_rows_) * row_length_ + margin_; }
  Vector mean(Vector sum, int step) const { return Lanes::divide(sum, divisors_.data()[step], inverses_.data()[step]); }

  void filter(const std::uint8_t* first, std::ptrdiff_t stride) {
    first_filter(first, stride);
    second_filters();
  }

  // Along kLanes rows of pixels, into the ring; what lies beside a row's own columns is left zero on the right.
  void first_filter(const std::uint8_t* first, std::ptrdiff_t stride) {
    float* outputs[kLanes];
    for (int k = 0; k < kLanes; k++) {
      outputs[k] = ring_row(step_ + k) - across_.lead;
    }
    first_sums_.start();
    for (int step = 0; step < across_.steps(); step += kLanes) {
      Vector tile[kLanes];
      load_luminance(first, stride, step, tile);
      Lanes::transpose(tile);
      first_sums_.advance(tile, step);
#pragma GCC unroll 16
      for (int k = 0; k < kLanes; k++) {
        tile[k] = mean(tile[k], step + k);
      }
      Lanes::transpose(tile);
#pragma GCC unroll 16
      for (int k = 0; k < kLanes; k++) {
        Lanes::store(outputs[k] + step, tile[k]);
      }
    }
    for (int k = 0; k < kLanes; k++) {
      std::fill(ring_row(step_ + k) + across_.length, ring_row(step_ + k) + padded_steps(), 0.0f);
    }
  }

  [[gnu::always_inline]] void load_luminance(const std::uint8_t* first, std::ptrdiff_t stride, int column,
                                             Vector (&tile)[kLanes]) {
    const int present = across_.length - column;
#pragma GCC unroll 16
    for (int k = 0; k < kLanes; k++) {
      const std::uint8_t* pixels = first + k * stride + static_cast<std::ptrdiff_t>(column) * kBytes;
      std::uint8_t padded[kLanes * kBytes];
      if (present < kLanes) {
        std::memset(padded, 0, sizeof(padded));
        std::memcpy(padded, pixels, std::max(0, present) * kBytes);
        pixels = padded;
      }
      tile[k] = luminance<Lanes, kPixels>(pixels);
    }
  }

  // Along columns for the next kLanes rows, and while those are at hand along rows again, for the kept columns.
  void second_filters() {
    const float *entering[kLanes], *leaving[kLanes];
    float divisor[kLanes], inverse[kLanes];
    for (int k = 0; k < kLanes; k++) {
      const int row = step_ + k;
      entering[k] = row < down_.length ? ring_row(row) : no_row_.data() + margin_;
      leaving[k] = row >= down_.window ? ring_row(row - down_.window) : no_row_.data() + margin_;
      divisor[k] = static_cast<float>(down_.values_within(row));
      inverse[k] = 1.0f / divisor[k];
    }
    alignas(64) float kept[kSide][kLanes];
    int output = 0;
    second_sums_.start();
    for (int step = 0; step < across_.steps(); step += kLanes) {
      Vector tile[kLanes];
      Vector sum = Lanes::load(column_sums_.data() + step);
#pragma GCC unroll 16
      for (int k = 0; k < kLanes; k++) {
        sum = (sum + Lanes::load_unaligned(entering[k] + step)) - Lanes::load_unaligned(leaving[k] + step);
        tile[k] = Lanes::divide(sum, divisor[k], inverse[k]);
      }
      Lanes::store(column_sums_.data() + step, sum);
      Lanes::transpose(tile);
      second_sums_.advance(tile, step);
      for (; output < kSide && across_.step_of_kept(output) < step + kLanes; output++) {
        const int at = across_.step_of_kept(output);
        Lanes::store(kept[output], mean(tile[at - step], at));
      }
    }
    push_kept(kept);
    step_ += kLanes;
  }

  void push_kept(const float (&kept)[kSide][kLanes]) {
    for (int k = 0; k < kLanes; k++) {
      const int row = step_ + k - down_.lead;
      if (row >= 0 && row < down_.length) {
        float values[kSide];
        for (int j = 0; j < kSide; j++) {
          values[j] = kept[j][k];
        }
        last_.push(values);
      }
    }
  }

  Box across_, down_;
  RowSums<Lanes> first_sums_, second_sums_;
  Floats divisors_, inverses_;  // of step t along rows
  int margin_, row_length_, ring_rows_;
  Floats ring_, no_row_;  // rows after the first filter; each starts `margin_` floats in
  Floats column_sums_;
  std::vector<std::uint8_t> pending_;  // rows that do not fill a group yet
  int pending_rows_ = 0;
  int step_ = 0;  // of the filter along columns; row step_ is the next to be read
  KeptRows last_;
};

}  // namespace
}  // namespace rempart::hashing
