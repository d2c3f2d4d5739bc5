#include <cstdlib>
#include <string_view>

#include "kernels.hpp"

namespace rempart {
namespace {

#if defined(__x86_64__)
bool runs_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt"); }

bool runs_avx512() {
  return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bitalg") &&
         __builtin_cpu_supports("avx512vpopcntdq");
}
#endif

const Kernels& choose() {
  const char* setting = std::getenv("REMPART_SIMD");
  const std::string_view wanted = setting == nullptr ? "" : setting;
  if (wanted == "portable") return kPortableKernels;
#if defined(__x86_64__)
  if (runs_avx512() && wanted != "avx2") return kAvx512Kernels;
  if (runs_avx2()) return kAvx2Kernels;
#endif
  return kPortableKernels;
}

}  // namespace

const Kernels& kernels() {
  static const Kernels& chosen = choose();
  return chosen;
}

}  // namespace rempart
