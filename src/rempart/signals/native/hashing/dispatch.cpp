#include "kernels.hpp"

namespace rempart::hashing {

extern const Kernels kPortable;
#if defined(__x86_64__)
extern const Kernels kAvx2, kAvx512;
#endif

std::vector<const Kernels*> available_kernels() {
  std::vector<const Kernels*> available{&kPortable};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    available.push_back(&kAvx2);
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq")) {
      available.push_back(&kAvx512);
    }
  }
#endif
  return available;
}

}  // namespace rempart::hashing
