#include "library/picture_size.h"

#include <fmt/format.h>

#include "fcn/error.h"

namespace fcn {

PictureSize SizeOf(const Network& network, int64_t width, int64_t height, int64_t pictures) {
  constexpr int64_t kMost = int64_t{1} << 30, kMostPictures = 4096;
  for (const int64_t side : {width, height})
    if (side < 0 || side > kMost)
      throw Error(ErrorCode::kUsage, fmt::format("a picture cannot be {}x{} pixels", width, height),
                  "Sides have at least one pixel; 0 is the network's usual one.");
  if (pictures < 1 || pictures > kMostPictures)
    throw Error(ErrorCode::kUsage, fmt::format("{} pictures at once", pictures),
                fmt::format("Ask for 1 to {}.", kMostPictures));
  const int64_t crop = network.inputs()[0].preprocessing.crop, usual = crop > 0 ? crop : 500;
  return {width > 0 ? width : usual, height > 0 ? height : usual};
}

}  // namespace fcn
