#include "decode_image.h"
#include "png_mutator.h"

FUZZ_TARGET(image_png) { return fcn::FuzzDecodeImage(data, size, 0, "\x89PNG"); }
