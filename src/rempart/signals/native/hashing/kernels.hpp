// What the PDQ pipeline asks of an instruction set: kernels_*.cpp each fill one table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace rempart::hashing {

inline constexpr int kSide = 64;  // the reduced picture has kSide by kSide luminances
inline constexpr int kBand = 16;  // of its frequencies, kBand by kBand are kept

using Reduced = float[kSide][kSide];
using Frequencies = float[kBand][kBand];

// How a pixel lies in memory, and how its luminance is rounded.
enum class Pixels {
  kGrey,       // one byte
  kRgb,        // three bytes; the exact value to the nearest float, as the reference's Python package has it
  kRgbSingle,  // three bytes; in single precision, as the reference's C++ (and so vPDQ) has it
  kLuminance,  // a float, made elsewhere
};

constexpr int bytes_per_pixel(Pixels pixels) {
  return pixels == Pixels::kGrey ? 1 : pixels == Pixels::kLuminance ? 4 : 3;
}

struct Rows {
  const std::uint8_t* first;
  std::ptrdiff_t stride;  // in bytes
  int count;
};

// The reference's reduction (two box filters along rows and columns, twice, then decimation) over a stream of rows.
class Reducer {
 public:
  virtual ~Reducer() = default;
  virtual void feed(const Rows& rows) = 0;  // in all exactly as many rows as the picture has
  virtual void finish(Reduced& reduced) = 0;
};

// The same reduction along one axis as weighted sums: output i is made of values first[i], first[i] + 1, ...
struct Fold {
  int first[kSide];
  std::vector<float> weights[kSide];
};

struct Kernels {
  std::string_view name;
  std::unique_ptr<Reducer> (*reducer)(Pixels pixels, int rows, int columns);
  void (*unreduced)(Pixels pixels, const Rows& rows, float (*luminances)[kSide]);  // kSide columns
  void (*fold)(Pixels pixels, const Rows& rows, int columns, const Fold& down, const Fold& across, Reduced& reduced);
  void (*transform)(const Reduced& reduced, Frequencies& frequencies);
};

std::vector<const Kernels*> available_kernels();  // what this processor runs, the fastest last

}  // namespace rempart::hashing
