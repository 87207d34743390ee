#include "library/drawing_check.h"

#include <fmt/format.h>

#include "fcn/error.h"

namespace fcn {

void CheckDrawing(const Image& photo, size_t values, float alpha) {
  const bool has_size = photo.width > 0 && photo.height > 0;
  const size_t pixels = has_size ? static_cast<size_t>(photo.width) * static_cast<size_t>(photo.height) : 0;
  if (!has_size || photo.rgb.size() != pixels * 3 || values != pixels)
    throw Error(ErrorCode::kUsage,
                fmt::format("a picture of {}x{} pixels and {} bytes cannot have {} values drawn over it", photo.width,
                            photo.height, photo.rgb.size(), values),
                "An Image has 3 · width · height bytes; give one value for each pixel.");
  if (!(alpha >= 0 && alpha <= 1))
    throw Error(ErrorCode::kUsage, fmt::format("an alpha of {} is not from 0 to 1", alpha),
                "0 leaves the photograph, 1 hides it.");
}

}  // namespace fcn
