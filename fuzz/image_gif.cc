#include "decode_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return fcn::FuzzDecodeImage(data, size, 0, "GIF8");
}
