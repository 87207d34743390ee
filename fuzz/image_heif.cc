#include "decode_image.h"

FUZZ_TARGET(image_heif) { return fcn::FuzzDecodeImage(data, size, 4, "ftyp"); }
