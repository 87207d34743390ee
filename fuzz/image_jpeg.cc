#include "decode_image.h"

FUZZ_TARGET(image_jpeg) { return fcn::FuzzDecodeImage(data, size, 0, "\xff\xd8\xff"); }
