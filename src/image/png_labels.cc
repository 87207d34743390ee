#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "image/png_reader.h"

namespace fcn {
namespace {

constexpr const char* kColourNames[] = {"grey", "", "RGB", "palette", "grey with alpha", "", "RGB with alpha"};

[[noreturn]] void ThrowNoLabels(const Source& source, const spng_ihdr& header, const char* wanted) {
  throw Error(ErrorCode::kInput,
              fmt::format("{} has {}-bit {} pixels in place of labels", source.name, header.bit_depth,
                          kColourNames[header.color_type]),
              fmt::format("Labels are read from {} PNGs.", wanted));
}

/// The samples of a one-channel PNG as stored, of 1, 2, 4 or 8 bits, one byte each.
std::vector<uint8_t> ReadSamples(const PngReader& reader) {
  const size_t width = reader.header().width, height = reader.header().height, depth = reader.header().bit_depth;
  const size_t stride = (width * depth + 7) / 8;
  std::vector<uint8_t> packed(stride * height);
  reader.Decode(packed, SPNG_FMT_PNG, 0);
  if (depth == 8) return packed;
  std::vector<uint8_t> samples(width * height);
  const unsigned mask = (1u << depth) - 1;
  for (size_t y = 0; y < height; y++)
    for (size_t x = 0; x < width; x++) {
      const size_t bit = x * depth;  // the leftmost pixel has the highest bits
      samples[y * width + x] = static_cast<uint8_t>((packed[y * stride + bit / 8] >> (8 - depth - bit % 8)) & mask);
    }
  return samples;
}

void CheckSignature(const Source& source) {
  constexpr uint8_t kPng[] = {0x89, 'P', 'N', 'G'};
  if (source.bytes.size() < 4 || !std::equal(std::begin(kPng), std::end(kPng), source.bytes.begin()))
    throw Error(ErrorCode::kInput, fmt::format("{} is not a PNG ({} bytes)", source.name, source.bytes.size()),
                "Labels are read from PNG files: formats with losses, such as JPEG, change them.");
}

IndexedImage DecodeIndexed(const Source& source) {
  CheckSignature(source);
  const PngReader reader(source);
  const spng_ihdr& header = reader.header();
  const bool indexed = header.color_type == SPNG_COLOR_TYPE_INDEXED;
  if (!indexed && (header.color_type != SPNG_COLOR_TYPE_GRAYSCALE || header.bit_depth > 8))
    ThrowNoLabels(source, header, "palette and 8-bit grey");
  IndexedImage image{static_cast<int>(header.width), static_cast<int>(header.height), ReadSamples(reader), {}};
  spng_plte palette = {};
  if (indexed && spng_get_plte(reader.codec(), &palette) == SPNG_OK)
    for (uint32_t i = 0; i < palette.n_entries; i++)
      image.palette.push_back({palette.entries[i].red, palette.entries[i].green, palette.entries[i].blue});
  return image;
}

Grey16Image DecodeGrey16(const Source& source) {
  CheckSignature(source);
  const PngReader reader(source);
  const spng_ihdr& header = reader.header();
  if (header.color_type != SPNG_COLOR_TYPE_GRAYSCALE) ThrowNoLabels(source, header, "grey");
  Grey16Image image{static_cast<int>(header.width), static_cast<int>(header.height), {}};
  if (header.bit_depth <= 8) {
    const std::vector<uint8_t> samples = ReadSamples(reader);
    image.values.assign(samples.begin(), samples.end());
  } else {
    image.values.resize(size_t{header.width} * header.height);
    reader.Decode({reinterpret_cast<uint8_t*>(image.values.data()), image.values.size() * 2}, SPNG_FMT_PNG, 0);
  }
  return image;
}

}  // namespace

IndexedImage DecodeIndexedPng(std::span<const uint8_t> bytes, const std::string& name,
                              const ReadImageOptions& options) {
  const Source source{bytes, name, options};
  try {
    return DecodeIndexed(source);
  } catch (const std::bad_alloc&) {
    ThrowNoMemory(source);
  }
}

Grey16Image DecodeGrey16Png(std::span<const uint8_t> bytes, const std::string& name, const ReadImageOptions& options) {
  const Source source{bytes, name, options};
  try {
    return DecodeGrey16(source);
  } catch (const std::bad_alloc&) {
    ThrowNoMemory(source);
  }
}

IndexedImage ReadIndexedPng(const std::string& path, const ReadImageOptions& options) {
  return DecodeIndexedPng(ReadFile(path), path, options);
}

Grey16Image ReadGrey16Png(const std::string& path, const ReadImageOptions& options) {
  return DecodeGrey16Png(ReadFile(path), path, options);
}

}  // namespace fcn
