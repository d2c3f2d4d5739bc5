#if defined(__x86_64__)

// Whatever the standard library inlines must run everywhere, so its headers come before the switch.
#include <algorithm>
#include <cstring>
#include <immintrin.h>
#include <numeric>

#include "box.hpp"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq"))), apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512bw,avx512vl,avx512dq")
#endif

#include "lanes_avx512.hpp"
//
#include "kernels_impl.hpp"

namespace rempart::hashing {
extern const Kernels kAvx512;
const Kernels kAvx512 = table("avx512");
}  // namespace rempart::hashing

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
