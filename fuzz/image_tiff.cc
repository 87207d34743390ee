#include "decode_image.h"

FUZZ_TARGET(image_tiff) {
  // Either byte order, classic or BigTIFF.
  const bool big_endian = size > 0 && data[0] == 'M';
  return fcn::FuzzDecodeImage(data, size, 0, big_endian ? "MM" : "II");
}
