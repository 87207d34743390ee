#include "fcn/raster.h"

#include <fmt/format.h>

#include <utility>

#include "fcn/error.h"

namespace fcn {

Raster::Raster(int its_width, int its_height, int its_bands, decltype(samples) its_samples)
    : width(its_width), height(its_height), bands(its_bands), samples(std::move(its_samples)) {}

Raster::Raster(Image image) : Raster(image.width, image.height, 3, std::move(image.rgb)) {}

int64_t Raster::bytes() const {
  return std::visit([](const auto& its) { return static_cast<int64_t>(its.size() * sizeof(its[0])); }, samples);
}

const char* SampleTypeName(SampleType type) {
  switch (type) {
    case SampleType::kUint8:
      return "uint8";
    case SampleType::kUint16:
      return "uint16";
    case SampleType::kFloat32:
      return "float32";
  }
  return "";
}

Image ToImage(Raster raster) {
  if (!raster.is_colour())
    throw Error(
        ErrorCode::kInput,
        fmt::format("a picture of {} bands of {} is no picture in colour", raster.bands, SampleTypeName(raster.type())),
        "give three bands of 8 bits: red, green and blue");
  return {raster.width, raster.height, std::move(raster.Of<uint8_t>())};
}

}  // namespace fcn
