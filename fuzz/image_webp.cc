#include "decode_image.h"

FUZZ_TARGET(image_webp) { return fcn::FuzzDecodeImage(data, size, 8, "WEBP"); }
