#include "yuv_impl.hpp"

namespace rempart::hashing {

#if defined(__x86_64__)
extern const YuvLuminance kYuvLuminanceAvx2;
#endif

YuvLuminance yuv_luminance(std::string_view instruction_set) {
#if defined(__x86_64__)
  if (instruction_set != "portable") {
    return kYuvLuminanceAvx2;
  }
#endif
  (void)instruction_set;
  return yuv_luminance_rows;
}

}  // namespace rempart::hashing
