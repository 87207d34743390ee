#include "decode_image.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Either byte order, classic or BigTIFF.
  const bool big_endian = size > 0 && data[0] == 'M';
  return fcn::FuzzDecodeImage(data, size, 0, big_endian ? "MM" : "II");
}
