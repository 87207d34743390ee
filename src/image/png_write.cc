#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "image/png_reader.h"

namespace fcn {
namespace {

constexpr int kRunLengths = 3;  // zlib's Z_RLE

void Check(int status) {
  if (status == SPNG_EMEM || status == SPNG_EZLIB_INIT) throw std::bad_alloc();  // zlib begins by asking for memory
  if (status == SPNG_OK) return;
  throw Error(ErrorCode::kInternal, fmt::format("libspng cannot encode a PNG: {}", spng_strerror(status)), kReportBug);
}

/// `pixels` as a PNG of `width` × `height`, already in the layout that bit depth and colour type mean.
std::vector<uint8_t> Encode(const void* pixels, size_t size, int width, int height, int depth, int colour_type,
                            std::span<const Colour> palette) {
  const SpngPointer codec(spng_ctx_new(SPNG_CTX_ENCODER));
  if (!codec) throw std::bad_alloc();
  Check(spng_set_option(codec.get(), SPNG_ENCODE_TO_BUFFER, 1));
  spng_ihdr header = {};
  header.width = static_cast<uint32_t>(width);
  header.height = static_cast<uint32_t>(height);
  header.bit_depth = static_cast<uint8_t>(depth);
  header.color_type = static_cast<uint8_t>(colour_type);
  Check(spng_set_ihdr(codec.get(), &header));
  if (!palette.empty()) {
    spng_plte entries = {};
    for (const Colour& colour : palette) entries.entries[entries.n_entries++] = {colour.r, colour.g, colour.b, 255};
    Check(spng_set_plte(codec.get(), &entries));
  }
  if (colour_type == SPNG_COLOR_TYPE_TRUECOLOR) {
    // Level 3 is several times as fast as the default on photographs, and the files are hardly larger.
    Check(spng_set_option(codec.get(), SPNG_IMG_COMPRESSION_LEVEL, 3));
  } else {
    // A row of labels is like the one above it but for the rims of regions: what differs is runs of zeros, for which
    // run lengths do. A quarter of the default's time, in files of the same size.
    Check(spng_set_option(codec.get(), SPNG_FILTER_CHOICE, SPNG_FILTER_CHOICE_UP));
    Check(spng_set_option(codec.get(), SPNG_IMG_COMPRESSION_STRATEGY, kRunLengths));
    Check(spng_set_option(codec.get(), SPNG_IMG_COMPRESSION_LEVEL, 1));
  }
  Check(spng_encode_image(codec.get(), pixels, size, SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE));
  size_t length = 0;
  int status = SPNG_OK;
  const std::unique_ptr<void, void (*)(void*)> buffer(spng_get_png_buffer(codec.get(), &length, &status), std::free);
  Check(status);
  const auto* bytes = static_cast<const uint8_t*>(buffer.get());
  return {bytes, bytes + length};
}

void CheckSize(int width, int height) {
  if (width < 1 || height < 1)
    throw Error(ErrorCode::kUsage, fmt::format("no PNG has {}x{} pixels", width, height), "Give at least one pixel.");
}

size_t Pixels(int width, int height) { return static_cast<size_t>(width) * static_cast<size_t>(height); }

template <typename Label>
void CheckLabels(std::span<const Label> labels, int width, std::span<const Colour> palette) {
  if (palette.empty() || palette.size() > 256)
    throw Error(ErrorCode::kInput, fmt::format("a palette of {} colours does not fit a PNG", palette.size()),
                "Give one of 1 to 256 colours; more classes are written as 16-bit grey.");
  for (size_t i = 0; i < labels.size(); i++)
    if (labels[i] >= palette.size())
      throw Error(ErrorCode::kInput,
                  fmt::format("label {} at x {}, y {} has no colour: the palette has {}", labels[i],
                              i % static_cast<size_t>(width), i / static_cast<size_t>(width), palette.size()),
                  "Give the palette a colour for each label.");
}

}  // namespace

std::vector<uint8_t> EncodeIndexedPng(const uint8_t* labels, int width, int height, std::span<const Colour> palette) {
  CheckSize(width, height);
  CheckLabels(std::span(labels, Pixels(width, height)), width, palette);
  return Encode(labels, Pixels(width, height), width, height, 8, SPNG_COLOR_TYPE_INDEXED, palette);
}

std::vector<uint8_t> EncodeLabelPng(std::span<const uint16_t> labels, int width, int height,
                                    std::span<const Colour> palette) {
  CheckSize(width, height);
  if (labels.size() != Pixels(width, height))
    throw Error(ErrorCode::kUsage,
                fmt::format("a picture of {}x{} pixels cannot have {} labels", width, height, labels.size()),
                "Give one label for each pixel.");
  if (palette.size() > 256) return EncodeGrey16Png(labels.data(), width, height);
  CheckLabels(labels, width, palette);
  const std::vector<uint8_t> indices(labels.begin(), labels.end());
  return Encode(indices.data(), indices.size(), width, height, 8, SPNG_COLOR_TYPE_INDEXED, palette);
}

std::vector<uint8_t> EncodeGrey16Png(const uint16_t* values, int width, int height) {
  CheckSize(width, height);
  return Encode(values, Pixels(width, height) * 2, width, height, 16, SPNG_COLOR_TYPE_GRAYSCALE, {});
}

std::vector<uint8_t> EncodeRgbPng(const Image& image) {
  CheckSize(image.width, image.height);
  if (image.rgb.size() != Pixels(image.width, image.height) * 3)
    throw Error(
        ErrorCode::kUsage,
        fmt::format("a picture of {}x{} pixels cannot have {} bytes", image.width, image.height, image.rgb.size()),
        "An Image has 3 · width · height bytes.");
  return Encode(image.rgb.data(), image.rgb.size(), image.width, image.height, 8, SPNG_COLOR_TYPE_TRUECOLOR, {});
}

void WriteIndexedPng(const std::filesystem::path& path, const uint8_t* labels, int width, int height,
                     std::span<const Colour> palette, IfExists if_exists) {
  WriteFile(path, EncodeIndexedPng(labels, width, height, palette), if_exists);
}

void WriteLabelPng(const std::filesystem::path& path, std::span<const uint16_t> labels, int width, int height,
                   std::span<const Colour> palette, IfExists if_exists) {
  WriteFile(path, EncodeLabelPng(labels, width, height, palette), if_exists);
}

void WriteGrey16Png(const std::filesystem::path& path, const uint16_t* values, int width, int height,
                    IfExists if_exists) {
  WriteFile(path, EncodeGrey16Png(values, width, height), if_exists);
}

void WriteRgbPng(const std::filesystem::path& path, const Image& image, IfExists if_exists) {
  WriteFile(path, EncodeRgbPng(image), if_exists);
}

}  // namespace fcn
