#include "decode_image.h"

FUZZ_TARGET(image_gif) { return fcn::FuzzDecodeImage(data, size, 0, "GIF8"); }
