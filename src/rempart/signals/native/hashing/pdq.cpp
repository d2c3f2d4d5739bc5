#include "pdq.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "box.hpp"

namespace rempart::hashing {
namespace {

struct Matrix {
  float rows[kBand][kSide];

  Matrix() {
    const float scale = std::sqrt(2.0 / kSide);
    for (int i = 0; i < kBand; i++) {
      for (int k = 0; k < kSide; k++) {
        rows[i][k] = static_cast<float>(scale * std::cos(std::numbers::pi / 2.0 / kSide * (i + 1) * (2 * k + 1)));
      }
    }
  }
};

int whole_percent(float difference) { return std::abs(static_cast<int>(difference * 100 / 255)); }

// Turning a picture turns its frequencies: transposed or not, with the sign changed where `negated(i, j)`.
template <bool Transposed, class Negated>
Code turned(const Frequencies& original, Negated negated) {
  Frequencies frequencies;
  for (int i = 0; i < kBand; i++) {
    for (int j = 0; j < kBand; j++) {
      const float value = negated(i, j) ? -original[i][j] : original[i][j];
      (Transposed ? frequencies[j][i] : frequencies[i][j]) = value;
    }
  }
  return code_of(frequencies);
}

}  // namespace

const float (&dct_matrix())[kBand][kSide] {
  static const Matrix matrix;
  return matrix.rows;
}

int quality_of(const Reduced& reduced) {
  int gradients = 0;
  for (int i = 0; i < kSide; i++) {
    for (int j = 0; j < kSide; j++) {
      gradients += i + 1 < kSide ? whole_percent(reduced[i][j] - reduced[i + 1][j]) : 0;
      gradients += j + 1 < kSide ? whole_percent(reduced[i][j] - reduced[i][j + 1]) : 0;
    }
  }
  return std::min(100, gradients / 90);
}

Code code_of(const Frequencies& frequencies) {
  const float* values = &frequencies[0][0];
  float ordered[kBand * kBand];
  std::copy(values, values + kBand * kBand, ordered);
  float* const median = ordered + kBand * kBand / 2 - 1;
  std::nth_element(ordered, median, std::end(ordered));
  Code code{};
  for (int bit = 0; bit < kBand * kBand; bit++) {
    code[31 - bit / 8] |= static_cast<std::uint8_t>((values[bit] > *median) << bit % 8);
  }
  return code;
}

Codes dihedral_codes_of(const Frequencies& frequencies) {
  const auto even_column = [](int, int j) { return j % 2 == 0; };
  const auto even_row = [](int i, int) { return i % 2 == 0; };
  const auto odd_sum = [](int i, int j) { return (i + j) % 2 == 1; };
  const auto never = [](int, int) { return false; };
  return {code_of(frequencies),
          turned<true>(frequencies, even_column),
          turned<false>(frequencies, odd_sum),
          turned<true>(frequencies, even_row),
          turned<false>(frequencies, even_row),
          turned<false>(frequencies, even_column),
          turned<true>(frequencies, never),
          turned<true>(frequencies, odd_sum)};
}

Fold folded(int values, int scale) {
  const Box box(values);
  const auto first_of = [&](int output) { return std::max(0, output + box.lead + 1 - box.window); };
  const auto end_of = [&](int output) { return std::min(values, output + box.lead + 1); };
  Fold fold;
  for (int i = 0; i < kSide; i++) {
    const int kept = box.kept(i);
    const int first = first_of(first_of(kept)) / scale;
    const int end = (end_of(end_of(kept) - 1) + scale - 1) / scale;
    fold.first[i] = first;
    fold.weights[i].assign(end - first, 0.0f);
    for (int middle = first_of(kept); middle < end_of(kept); middle++) {
      const float weight = 1.0f / ((end_of(kept) - first_of(kept)) * (end_of(middle) - first_of(middle)));
      for (int value = first_of(middle); value < end_of(middle); value++) {
        fold.weights[i][value / scale - first] += weight;
      }
    }
  }
  return fold;
}

}  // namespace rempart::hashing
