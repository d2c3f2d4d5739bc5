// The table of kernels for the `Lanes` that the including file has chosen.
#pragma once

#include "reduce.hpp"
#include "transform.hpp"

namespace rempart::hashing {
namespace {

template <Pixels kPixels>
struct Of {
  static std::unique_ptr<Reducer> reducer(int rows, int columns) {
    return std::make_unique<StreamReducer<Lanes, kPixels>>(rows, columns);
  }

  static void unreduced(const Rows& rows, float (*luminances)[kSide]) {
    for (int i = 0; i < rows.count; i++) {
      for (int column = 0; column < kSide; column += Lanes::kCount) {
        Lanes::store(&luminances[i][column], luminance<Lanes, kPixels>(rows.first + i * rows.stride + column * kBytes));
      }
    }
  }

  // sums[c] = the weighted sum of column c over the rows of one output.
  static void weigh(const Rows& rows, int columns, int first, const std::vector<float>& weights, float* sums) {
    const std::uint8_t* top = rows.first + first * rows.stride;
    int column = 0;
    for (; column + Lanes::kCount <= columns; column += Lanes::kCount) {
      typename Lanes::Vector sum{};
      for (std::size_t i = 0; i < weights.size(); i++) {
        const std::uint8_t* row = top + static_cast<std::ptrdiff_t>(i) * rows.stride;
        sum += luminance<Lanes, kPixels>(row + column * kBytes) * weights[i];
      }
      Lanes::store(sums + column, sum);
    }
    if (column < columns) {
      typename Lanes::Vector sum{};
      for (std::size_t i = 0; i < weights.size(); i++) {
        const std::uint8_t* row = top + static_cast<std::ptrdiff_t>(i) * rows.stride;
        std::uint8_t padded[Lanes::kCount * kBytes] = {};
        std::memcpy(padded, row + column * kBytes, (columns - column) * kBytes);
        sum += luminance<Lanes, kPixels>(padded) * weights[i];
      }
      Lanes::store(sums + column, sum);
    }
  }

  static constexpr int kBytes = bytes_per_pixel(kPixels);
};

template <class Result>
Result for_pixels(Pixels pixels, auto&& use) {
  switch (pixels) {
    case Pixels::kGrey:
      return use(Of<Pixels::kGrey>{});
    case Pixels::kRgb:
      return use(Of<Pixels::kRgb>{});
    case Pixels::kRgbSingle:
      return use(Of<Pixels::kRgbSingle>{});
    case Pixels::kLuminance:
      break;
  }
  return use(Of<Pixels::kLuminance>{});
}

std::unique_ptr<Reducer> reducer(Pixels pixels, int rows, int columns) {
  return for_pixels<std::unique_ptr<Reducer>>(pixels, [&](auto of) { return of.reducer(rows, columns); });
}

void unreduced(Pixels pixels, const Rows& rows, float (*luminances)[kSide]) {
  for_pixels<void>(pixels, [&](auto of) { of.unreduced(rows, luminances); });
}

// The weights of each output along rows, filled up with zeros to whole vectors.
class PaddedWeights {
 public:
  explicit PaddedWeights(const Fold& fold) {
    for (const auto& weights : fold.weights) {
      length_ = std::max(length_, weights.size());
    }
    length_ = (length_ + Lanes::kCount - 1) / Lanes::kCount * Lanes::kCount;
    padded_.resize(length_ * kSide);
    for (int j = 0; j < kSide; j++) {
      std::copy(fold.weights[j].begin(), fold.weights[j].end(), &padded_[j * length_]);
    }
  }

  std::size_t length() const { return length_; }

  float sum_of(int output, const float* values) const {
    typename Lanes::Vector products{};
    for (std::size_t c = 0; c < length_; c += Lanes::kCount) {
      products += Lanes::load_unaligned(&padded_[output * length_ + c]) * Lanes::load_unaligned(values + c);
    }
    alignas(64) float lanes[Lanes::kCount];
    Lanes::store(lanes, products);
    return std::accumulate(std::begin(lanes), std::end(lanes), 0.0f);
  }

 private:
  std::size_t length_ = 0;
  std::vector<float> padded_;
};

void fold(Pixels pixels, const Rows& rows, int columns, const Fold& down, const Fold& across, Reduced& reduced) {
  const PaddedWeights weights(across);
  Floats sums(columns + Lanes::kCount + weights.length());
  for (int i = 0; i < kSide; i++) {
    for_pixels<void>(pixels,
                     [&](auto of) { of.weigh(rows, columns, down.first[i], down.weights[i], sums.data()); });
    for (int j = 0; j < kSide; j++) {
      reduced[i][j] = weights.sum_of(j, sums.data() + across.first[j]);
    }
  }
}

}  // namespace

constexpr Kernels table(std::string_view name) { return {name, reducer, unreduced, fold, transform}; }

}  // namespace rempart::hashing
