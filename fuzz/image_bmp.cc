#include "decode_image.h"

FUZZ_TARGET(image_bmp) { return fcn::FuzzDecodeImage(data, size, 0, "BM"); }
