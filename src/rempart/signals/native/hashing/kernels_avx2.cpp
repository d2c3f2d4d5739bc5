#if defined(__x86_64__)

// Whatever the standard library inlines must run everywhere, so its headers come before the switch.
#include <algorithm>
#include <cstring>
#include <immintrin.h>
#include <numeric>

#include "box.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif

#include "lanes_avx2.hpp"
//
#include "kernels_impl.hpp"

namespace rempart::hashing {
extern const Kernels kAvx2;
const Kernels kAvx2 = table("avx2");
}  // namespace rempart::hashing

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
