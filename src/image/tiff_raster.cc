// All bands of a TIFF, unscaled.
#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "image/tiff_blocks.h"
#include "image/tiff_file.h"

namespace fcn {
namespace {

/// The samples that are wanted, from 0.
std::vector<int> Wanted(const Source& source, const std::vector<int>& bands, int count) {
  std::vector<int> samples = bands;
  if (samples.empty()) {
    if (count > kMostPictureBands)
      ThrowUnsupported(source, "TIFF", fmt::format("{} bands, more than {}", count, kMostPictureBands),
                       "Choose some of them with --bands.");
    samples.resize(static_cast<size_t>(count));
    std::iota(samples.begin(), samples.end(), 0);
    return samples;
  }
  for (int& sample : samples) CheckBand(source, sample--, count);
  return samples;
}

[[noreturn]] void ThrowNotFinite(const Source& source, float value, int64_t x, int64_t y, int sample) {
  throw Error(ErrorCode::kInput,
              fmt::format("{} has {} in band {} at pixel ({}, {}): networks compute with numbers", source.name, value,
                          sample + 1, x, y),
              "Where it means that there is no value, write a number in its place, such as the mean.");
}

template <typename Sample>
std::vector<Sample> ReadSamples(const TiffFile& file, const TiffBlocks& blocks, const std::vector<int>& wanted) {
  const size_t bands = wanted.size();
  std::vector<Sample> samples(size_t{blocks.width} * blocks.height * bands);
  TiffBlockReader(file, blocks, wanted).Read([&](const TiffBlockReader::Part& part) {
    Sample* to = samples.data() + (size_t{part.y} * blocks.width + part.x) * bands;
    for (size_t band = 0; band < bands; band++) {
      const Sample* from = part.At<Sample>(wanted[band]);
      for (size_t i = 0; i < part.pixels; i++) {
        const Sample sample = to[i * bands + band] = from[i * part.step];
        if constexpr (std::is_floating_point_v<Sample>)
          if (!std::isfinite(sample))
            ThrowNotFinite(file.source(), sample, part.x + static_cast<int64_t>(i), part.y, wanted[band]);
      }
    }
  });
  return samples;
}

/// Colours that are no bands: palettes, and brightness with colour differences.
bool IsConverted(const TiffFile& file) {
  const uint16_t colour = file.Short(TIFFTAG_PHOTOMETRIC, "colour");
  return colour != PHOTOMETRIC_MINISWHITE && colour != PHOTOMETRIC_MINISBLACK && colour != PHOTOMETRIC_RGB &&
         colour != PHOTOMETRIC_SEPARATED;
}

}  // namespace

std::optional<Raster> ReadTiffBands(const TiffFile& file, const std::vector<int>& bands) {
  const Source& source = file.source();
  const TiffBlocks blocks(file);
  const uint16_t format = file.Short(TIFFTAG_SAMPLEFORMAT, "sample format");
  const bool is_float = format == SAMPLEFORMAT_IEEEFP,
             is_integer = format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID;
  if (!blocks.has_pixels() || blocks.count < 1 || IsConverted(file)) return std::nullopt;
  if (format == SAMPLEFORMAT_INT)
    ThrowUnsupported(source, "TIFF", fmt::format("signed samples of {} bits", blocks.bits),
                     "Save it as 32-bit floats, which keep them, or with unsigned samples of 8 or 16 bits.");
  if (!is_float && !is_integer) return std::nullopt;
  if (is_integer && blocks.bits < 8) return std::nullopt;
  if (is_float ? blocks.bits != 32 : blocks.bits > 16)
    ThrowUnsupported(source, "TIFF",
                     fmt::format("{} samples of {} bits", is_float ? "floating-point" : "integer", blocks.bits),
                     "Save it with samples of 8 or 16 bits, or as 32-bit floats.");
  const std::vector<int> wanted = Wanted(source, bands, blocks.count);
  const int64_t bytes = is_float ? 4 : blocks.bits > 8 ? 2 : 1;
  CheckRasterBytes(source, blocks.width, blocks.height, std::ssize(wanted), bytes);
  if (source.options.on_size) source.options.on_size(blocks.width, blocks.height);
  const auto raster = [&](auto samples) {
    return Raster(static_cast<int>(blocks.width), static_cast<int>(blocks.height), static_cast<int>(wanted.size()),
                  std::move(samples));
  };
  if (is_float) return raster(ReadSamples<float>(file, blocks, wanted));
  if (blocks.bits > 8) return raster(ReadSamples<uint16_t>(file, blocks, wanted));
  return raster(ReadSamples<uint8_t>(file, blocks, wanted));
}

}  // namespace fcn
