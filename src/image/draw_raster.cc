#include <algorithm>
#include <cmath>
#include <limits>
#include <variant>
#include <vector>

#include "fcn/drawing.h"

namespace fcn {
namespace {

template <typename Sample>
std::vector<uint8_t> Grey(const std::vector<Sample>& samples, size_t bands) {
  float least = std::numeric_limits<float>::infinity(), most = -least;
  for (size_t i = 0; i < samples.size(); i += bands) {
    const auto sample = static_cast<float>(samples[i]);
    if (std::isfinite(sample)) least = std::min(least, sample), most = std::max(most, sample);
  }
  const float range = most > least ? most - least : 1;
  std::vector<uint8_t> rgb;
  rgb.reserve(samples.size() / bands * 3);
  for (size_t i = 0; i < samples.size(); i += bands) {
    const float share = (static_cast<float>(samples[i]) - least) / range;
    const auto grey = static_cast<uint8_t>(std::isfinite(share) ? std::lround(255 * share) : 0);
    rgb.insert(rgb.end(), {grey, grey, grey});
  }
  return rgb;
}

}  // namespace

Image DrawRaster(const Raster& raster) {
  if (raster.is_colour()) return ToImage(raster);
  return {raster.width, raster.height,
          std::visit([&](const auto& samples) { return Grey(samples, static_cast<size_t>(raster.bands)); },
                     raster.samples)};
}

}  // namespace fcn
