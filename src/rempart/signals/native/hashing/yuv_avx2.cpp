#if defined(__x86_64__)

// Whatever the standard library inlines must run everywhere, so its headers come before the switch.
#include <algorithm>
#include <cstdint>

#include "yuv.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC target("avx2")
#endif

#include "yuv_impl.hpp"

namespace rempart::hashing {
extern const YuvLuminance kYuvLuminanceAvx2;
const YuvLuminance kYuvLuminanceAvx2 = yuv_luminance_rows;
}  // namespace rempart::hashing

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
