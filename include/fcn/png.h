#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "fcn/export.h"
#include "fcn/files.h"
#include "fcn/image.h"

/// PNG (ISO/IEC 15948) for labels, where every index counts, and for pictures that we write. Writers throw
/// Error(kUsage) for a size of no pixels; files appear whole or not at all, and they throw as AtomicFile does.
namespace fcn {

/// Labels with the colours to show them by.
struct FCN_API IndexedImage {
  int width = 0, height = 0;
  std::vector<uint8_t> indices;  ///< height × width, exactly as stored
  std::vector<Colour> palette;   ///< as stored; empty for a greyscale file
};

struct FCN_API Grey16Image {
  int width = 0, height = 0;
  std::vector<uint16_t> values;  ///< height × width
};

/// The stored indices of a palette PNG or the stored values of a greyscale PNG, of 1, 2, 4 or 8 bits, unscaled,
/// interlaced or not. Throws Error(kIo) where the file cannot be read; Error(kInput) where it is no PNG, is truncated
/// or corrupt, or has colours, alpha or 16 bits in place of labels; Error(kMemory) as ReadImage does.
FCN_API IndexedImage ReadIndexedPng(const std::string& path, const ReadImageOptions& options = {});
/// The same from memory; `name` is what messages call it.
FCN_API IndexedImage DecodeIndexedPng(std::span<const uint8_t> bytes, const std::string& name,
                                      const ReadImageOptions& options = {});

/// A greyscale PNG of 1 to 16 bits, unscaled: labels of more than 256 classes, or depths. Throws as ReadIndexedPng
/// does.
FCN_API Grey16Image ReadGrey16Png(const std::string& path, const ReadImageOptions& options = {});
FCN_API Grey16Image DecodeGrey16Png(std::span<const uint8_t> bytes, const std::string& name,
                                    const ReadImageOptions& options = {});

/// An 8-bit palette PNG of height × width labels. Throws Error(kInput) where the palette has no or more than 256
/// colours, or a label has none: the message names the label and where it is.
FCN_API std::vector<uint8_t> EncodeIndexedPng(const uint8_t* labels, int width, int height,
                                              std::span<const Colour> palette);
FCN_API void WriteIndexedPng(const std::filesystem::path& path, const uint8_t* labels, int width, int height,
                             std::span<const Colour> palette, IfExists if_exists = IfExists::kReplace);

/// Labels as a Segmenter gives them: an 8-bit palette PNG, or, with a palette of more than 256 colours, a 16-bit
/// greyscale one. Throws Error(kUsage) where there are not height × width labels, Error(kInput) as EncodeIndexedPng
/// does.
FCN_API std::vector<uint8_t> EncodeLabelPng(std::span<const uint16_t> labels, int width, int height,
                                            std::span<const Colour> palette);
FCN_API void WriteLabelPng(const std::filesystem::path& path, std::span<const uint16_t> labels, int width, int height,
                           std::span<const Colour> palette, IfExists if_exists = IfExists::kReplace);

/// A 16-bit greyscale PNG of height × width values: for more than 256 classes.
FCN_API std::vector<uint8_t> EncodeGrey16Png(const uint16_t* values, int width, int height);
FCN_API void WriteGrey16Png(const std::filesystem::path& path, const uint16_t* values, int width, int height,
                            IfExists if_exists = IfExists::kReplace);

/// An 8-bit RGB PNG. Throws Error(kUsage) where the bytes are not 3 · width · height.
FCN_API std::vector<uint8_t> EncodeRgbPng(const Image& image);
FCN_API void WriteRgbPng(const std::filesystem::path& path, const Image& image,
                         IfExists if_exists = IfExists::kReplace);

}  // namespace fcn
