#include "box.hpp"
#include "lanes_portable.hpp"
//
#include "kernels_impl.hpp"

namespace rempart::hashing {
extern const Kernels kPortable;
const Kernels kPortable = table("portable");
}  // namespace rempart::hashing
