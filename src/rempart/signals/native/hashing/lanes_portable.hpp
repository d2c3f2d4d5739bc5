// Four floats: SSE2, NEON and whatever else the compiler knows.
#pragma once

#include <cstdint>
#include <cstring>

namespace rempart::hashing {
namespace {

struct Lanes {
  static constexpr int kCount = 4;
  typedef float Vector __attribute__((vector_size(16)));

  static Vector load(const float* from) {
    Vector values;
    std::memcpy(&values, from, sizeof(values));
    return values;
  }
  static Vector load_unaligned(const float* from) { return load(from); }
  static void store(float* to, Vector values) { std::memcpy(to, &values, sizeof(values)); }
  static Vector divide(Vector values, float divisor, float) { return values / divisor; }

  static Vector grey(const std::uint8_t* p) {
    return Vector{float(p[0]), float(p[1]), float(p[2]), float(p[3])};
  }

  struct Channels {
    Vector red, green, blue;
  };
  static Channels channels(const std::uint8_t* p) { return {every_third(p), every_third(p + 1), every_third(p + 2)}; }

  // 299 R + 587 G + 114 B, exactly.
  static Vector thousandths(const std::uint8_t* p) {
    const auto [red, green, blue] = channels(p);
    return red * 299.0f + green * 587.0f + blue * 114.0f;
  }

  static void transpose(Vector (&m)[4]) {
    const Vector a = __builtin_shufflevector(m[0], m[1], 0, 4, 1, 5), b = __builtin_shufflevector(m[0], m[1], 2, 6, 3, 7);
    const Vector c = __builtin_shufflevector(m[2], m[3], 0, 4, 1, 5), d = __builtin_shufflevector(m[2], m[3], 2, 6, 3, 7);
    m[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    m[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    m[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    m[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
  }

 private:
  static Vector every_third(const std::uint8_t* p) {
    return Vector{float(p[0]), float(p[3]), float(p[6]), float(p[9])};
  }
};

}  // namespace
}  // namespace rempart::hashing
