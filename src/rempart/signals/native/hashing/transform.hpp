// The kept frequencies of the reduced picture: B = D A D^T with the first 16 rows (after the constant one) of the
// 64-point DCT-II. Each value is one sum over k in ascending order, as in the reference; vectors run along j.
#pragma once

#include "kernels.hpp"

namespace rempart::hashing {

const float (&dct_matrix())[kBand][kSide];  // D[i][k]

namespace {

void transform(const Reduced& reduced, Frequencies& frequencies) {
  const auto& matrix = dct_matrix();
  float transposed[kSide][kBand];
  for (int i = 0; i < kBand; i++) {
    for (int k = 0; k < kSide; k++) {
      transposed[k][i] = matrix[i][k];
    }
  }
  for (int i = 0; i < kBand; i++) {
    float half[kSide] = {};
    for (int k = 0; k < kSide; k++) {
      for (int j = 0; j < kSide; j++) {
        half[j] += matrix[i][k] * reduced[k][j];
      }
    }
    float whole[kBand] = {};
    for (int k = 0; k < kSide; k++) {
      for (int j = 0; j < kBand; j++) {
        whole[j] += half[k] * transposed[k][j];
      }
    }
    for (int j = 0; j < kBand; j++) {
      frequencies[i][j] = whole[j];
    }
  }
}

}  // namespace
}  // namespace rempart::hashing
