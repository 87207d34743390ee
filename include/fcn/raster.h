#pragma once

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "fcn/export.h"
#include "fcn/image.h"

namespace fcn {

/// What a sample of a picture is stored as.
enum class SampleType : uint8_t { kUint8, kUint16, kFloat32 };

/// The most bands that a picture may have.
inline constexpr int kMostPictureBands = 64;

/// A picture of any bands as its file stores them: rows from the top, the bands of a pixel together, no gaps. Colour
/// of 8 bits, depth of 16, what a satellite measures as floats.
struct FCN_API Raster {
  int width = 0, height = 0;
  int bands = 0;  ///< 1 to kMostPictureBands
  /// height × width × bands samples, in the order of SampleType.
  std::variant<std::vector<uint8_t>, std::vector<uint16_t>, std::vector<float>> samples;

  Raster() = default;
  Raster(int its_width, int its_height, int its_bands, decltype(samples) its_samples);
  /// A picture in colour is one of three bands; nothing is copied.
  explicit Raster(Image image);

  SampleType type() const { return static_cast<SampleType>(samples.index()); }
  int64_t pixels() const { return int64_t{width} * height; }
  int64_t bytes() const;
  bool is_colour() const { return bands == 3 && type() == SampleType::kUint8; }
  /// Samples of this type. Throws std::bad_variant_access for another.
  template <typename T>
  const std::vector<T>& Of() const {
    return std::get<std::vector<T>>(samples);
  }
  template <typename T>
  std::vector<T>& Of() {
    return std::get<std::vector<T>>(samples);
  }

  bool operator==(const Raster&) const = default;
};

/// "uint8", "uint16", "float32".
FCN_API const char* SampleTypeName(SampleType type);

/// The picture in colour that it is; nothing is copied from a temporary. Throws Error(kInput) for other bands or types.
FCN_API Image ToImage(Raster raster);

}  // namespace fcn
