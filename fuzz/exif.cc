#include "image/orientation.h"
#include "target.h"

/// Any bytes as EXIF data: one of the eight orientations.
FUZZ_TARGET(exif) {
  const int orientation = fcn::ExifOrientation({data, size});
  fcn::fuzz::Require(orientation >= 1 && orientation <= 8, "an orientation is one of eight");
  return 0;
}
