// PDQ of a picture that arrives row by row; see the reference's paper (Davis and Rosen, 2019) for the algorithm.
#pragma once

#include <array>

#include "kernels.hpp"

namespace rempart::hashing {

using Code = std::array<std::uint8_t, 32>;  // as the reference's hex: bit 255 first
using Codes = std::array<Code, 8>;          // original, rotated 90, 180, 270, flipped x, y, +1, -1

inline constexpr int kLeastSide = 5;  // a smaller picture has the zero code and quality 0

int quality_of(const Reduced& reduced);  // 0..100, from the gradients
Code code_of(const Frequencies& frequencies);
Codes dihedral_codes_of(const Frequencies& frequencies);

// What the two filters do to an axis of `values`, as weights on values each `scale` of those wide.
Fold folded(int values, int scale);

const float (&dct_matrix())[kBand][kSide];

}  // namespace rempart::hashing
