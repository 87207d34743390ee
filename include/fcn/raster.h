#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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

/// Reads all bands of a picture unscaled, upright whatever orientation the file has. Of a PNG: grey, grey with alpha,
/// RGB or RGB with alpha, of 8 or 16 bits; fewer bits are spread to 8, palettes become RGB. Of a TIFF: any bands of 8
/// to 16 bits (9 to 15 as 16-bit samples of the same value) or of 32-bit floats, all of them finite; palettes and the
/// like become RGB. Of a JPEG: grey as one band. Of others, and other JPEGs, what ReadImage makes of them, in three
/// bands of 8 bits. options.bands picks bands and says their order, any number of them; transparency is a band like
/// others. options.sample_max says nothing. Throws as ReadImage does.
FCN_API Raster ReadRaster(const std::string& path, const ReadImageOptions& options = {},
                          std::vector<ImageNote>* notes = nullptr);

/// The same from memory; `name` is what messages call it.
FCN_API Raster DecodeRaster(const uint8_t* bytes, size_t size, const std::string& name,
                            const ReadImageOptions& options = {}, std::vector<ImageNote>* notes = nullptr);

/// The picture in colour that it is; nothing is copied from a temporary. Throws Error(kInput) for other bands or types.
FCN_API Image ToImage(Raster raster);

}  // namespace fcn
