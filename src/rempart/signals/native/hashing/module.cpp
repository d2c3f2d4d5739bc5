// Python's view: `Pdq`, a picture fed in bands of rows, and `pdq_folded`, the fast mode.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "pdq.hpp"
#include "yuv.hpp"

namespace nb = nanobind;

namespace rempart::hashing {
namespace {

using Plane = nb::ndarray<std::uint8_t, nb::ro, nb::ndim<2>, nb::device::cpu>;

// uint8 [rows, columns] or [rows, columns, 3], or float32 [rows, columns]
using Band = nb::ndarray<nb::ro, nb::device::cpu>;

constexpr int kMostSide = 1 << 26;  // so that a window stays below 2^20, see Lanes::divide

Pixels pixels_named(const std::string& name) {
  constexpr std::pair<const char*, Pixels> kNames[] = {{"grey", Pixels::kGrey},
                                                       {"rgb", Pixels::kRgb},
                                                       {"rgb_single", Pixels::kRgbSingle},
                                                       {"luminance", Pixels::kLuminance}};
  for (const auto& [known, pixels] : kNames) {
    if (name == known) {
      return pixels;
    }
  }
  throw std::invalid_argument("pixels are grey, rgb, rgb_single or luminance");
}

const Kernels& kernels_named(const std::string& name) {
  for (const Kernels* kernels : available_kernels()) {
    if (kernels->name == name) {
      return *kernels;
    }
  }
  throw std::invalid_argument("this processor has no such instructions");
}

Rows rows_of(const Band& band, Pixels pixels, int columns) {
  const bool coloured = bytes_per_pixel(pixels) == 3;
  const bool fits = band.ndim() == (coloured ? 3 : 2) && (!coloured || band.shape(2) == 3) &&
                    band.shape(0) <= kMostSide && band.shape(1) == static_cast<std::size_t>(columns) &&
                    band.dtype() == (pixels == Pixels::kLuminance ? nb::dtype<float>() : nb::dtype<std::uint8_t>());
  if (!fits) {
    throw std::invalid_argument("the band does not fit the picture");
  }
  if (band.size() > 0 && (band.stride(1) != (coloured ? 3 : 1) || (coloured && band.stride(2) != 1))) {
    throw std::invalid_argument("each row must lie in one piece");
  }
  return {static_cast<const std::uint8_t*>(band.data()),
          static_cast<std::ptrdiff_t>(band.stride(0) * band.itemsize()), static_cast<int>(band.shape(0))};
}

nb::bytes bytes_of(const Code& code) { return nb::bytes(code.data(), code.size()); }

class Pdq {
 public:
  Pdq(int height, int width, const std::string& pixels, const std::string& simd)
      : kernels_(kernels_named(simd)), pixels_(pixels_named(pixels)), height_(height), width_(width) {
    if (std::min(height, width) < 1 || std::max(height, width) > kMostSide) {
      throw std::invalid_argument("a picture has rows and columns");
    }
    if (std::min(height, width) >= kLeastSide) {
      reducer_ = kernels_.reducer(pixels_, height, width);
    }
  }

  void feed(const Band& band) {
    const Rows rows = rows_of(band, pixels_, width_);
    if (rows.count > height_ - fed_) {
      throw std::invalid_argument("the band does not fit the picture");
    }
    nb::gil_scoped_release others_run;
    take(rows);
  }

  // The whole picture, of luminances.
  void feed_yuv420(const Plane& y, const Plane& u, const Plane& v, bool full_range) {
    const Yuv420 picture = yuv420_of(y, u, v, full_range);
    nb::gil_scoped_release others_run;
    const YuvLuminance luminance = yuv_luminance(kernels_.name);
    std::vector<float> band(static_cast<std::size_t>(kBandRows) * width_);
    for (int first = 0; first < height_; first += kBandRows) {
      const int rows = std::min(kBandRows, height_ - first);
      luminance(picture, first, rows / 2, band.data());
      take({reinterpret_cast<const std::uint8_t*>(band.data()), static_cast<std::ptrdiff_t>(width_ * sizeof(float)), rows});
    }
  }

  std::pair<nb::bytes, int> finish() {
    Frequencies frequencies;
    const int quality = transform(is_reduced_size(), frequencies);
    return {bytes_of(reducer_ ? code_of(frequencies) : Code{}), quality};
  }

  std::pair<std::vector<nb::bytes>, int> finish_dihedral() {
    Frequencies frequencies;
    const int quality = transform(false, frequencies);
    std::vector<nb::bytes> codes;
    for (const Code& code : reducer_ ? dihedral_codes_of(frequencies) : Codes{}) {
      codes.push_back(bytes_of(code));
    }
    return {codes, quality};
  }

 private:
  static constexpr int kBandRows = 16;

  void take(const Rows& rows) {
    if (is_reduced_size()) {
      kernels_.unreduced(pixels_, rows, whole_ + fed_);
    }
    if (reducer_) {
      reducer_->feed(rows);
    }
    fed_ += rows.count;
  }

  Yuv420 yuv420_of(const Plane& y, const Plane& u, const Plane& v, bool full_range) const {
    const auto lies = [](const Plane& plane, int rows, int columns) {
      return plane.shape(0) == static_cast<std::size_t>(rows) && plane.shape(1) == static_cast<std::size_t>(columns) &&
             plane.stride(1) == 1;
    };
    if (pixels_ != Pixels::kLuminance || fed_ != 0 || height_ % 2 != 0 || width_ % 2 != 0 || !lies(y, height_, width_) ||
        !lies(u, height_ / 2, width_ / 2) || !lies(v, height_ / 2, width_ / 2)) {
      throw std::invalid_argument("the planes do not fit the picture");
    }
    return {y.data(), u.data(), v.data(), y.stride(0), u.stride(0), v.stride(0), height_, width_, full_range};
  }

  // The reference fingerprints a picture of this size as it is, but filters it for the dihedral codes.
  bool is_reduced_size() const { return height_ == kSide && width_ == kSide; }

  int transform(bool as_it_is, Frequencies& frequencies) {
    if (fed_ != height_ || finished_) {
      throw std::invalid_argument("a picture is finished once, when all its rows are fed");
    }
    finished_ = true;
    if (!reducer_) {
      return 0;
    }
    nb::gil_scoped_release others_run;
    if (!as_it_is) {
      reducer_->finish(whole_);
    }
    kernels_.transform(whole_, frequencies);
    return quality_of(whole_);
  }

  const Kernels& kernels_;
  Pixels pixels_;
  int height_, width_, fed_ = 0;
  bool finished_ = false;
  std::unique_ptr<Reducer> reducer_;
  Reduced whole_ = {};
};

std::pair<nb::bytes, int> pdq_folded(const Band& band, int height, int width, int scale, const std::string& simd) {
  const Kernels& kernels = kernels_named(simd);
  const auto scaled = [scale](int side) { return (side - 1) / scale + 1; };
  if (scale < 1 || std::min(height, width) < kLeastSide || std::max(height, width) > kMostSide) {
    throw std::invalid_argument("a picture has rows and columns");
  }
  const Pixels pixels = band.ndim() == 3 ? Pixels::kRgb : Pixels::kGrey;
  const Rows rows = rows_of(band, pixels, scaled(width));
  if (rows.count != scaled(height)) {
    throw std::invalid_argument("the pixels are not the picture scaled down");
  }
  Frequencies frequencies;
  Reduced reduced;
  {
    nb::gil_scoped_release others_run;
    kernels.fold(pixels, rows, scaled(width), folded(height, scale), folded(width, scale), reduced);
    kernels.transform(reduced, frequencies);
  }
  return {bytes_of(code_of(frequencies)), quality_of(reduced)};
}

std::vector<std::string> instruction_sets() {
  std::vector<std::string> names;
  for (const Kernels* kernels : available_kernels()) {
    names.emplace_back(kernels->name);
  }
  return names;
}

}  // namespace
}  // namespace rempart::hashing

NB_MODULE(_hashing, module) {
  using namespace nb::literals;
  using namespace rempart::hashing;
  module.doc() = "The C++ core of hashing; see rempart.signals.fingerprint.pdq_pixels.";
  module.def("instruction_sets", &instruction_sets);
  module.def("pdq_folded", &pdq_folded, "pixels"_a, "height"_a, "width"_a, "scale"_a, "simd"_a);
  nb::class_<Pdq>(module, "Pdq")
      .def(nb::init<int, int, const std::string&, const std::string&>(), "height"_a, "width"_a, "pixels"_a, "simd"_a)
      .def("feed", &Pdq::feed, "pixels"_a)
      .def("feed_yuv420", &Pdq::feed_yuv420, "y"_a, "u"_a, "v"_a, "full_range"_a)
      .def("finish", &Pdq::finish)
      .def("finish_dihedral", &Pdq::finish_dihedral);
}
