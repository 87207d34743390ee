#include <fmt/format.h>

#include <climits>
#include <cstring>
#include <new>
#include <string_view>

#include "base/file.h"
#include "fcn/error.h"
#include "image/codec.h"

namespace fcn {
namespace {

using std::string_view_literals::operator""sv;

/// How a format shows at its first bytes: `magic` at `offset`, and who decodes it; nullptr for formats we only know by
/// name.
struct Format {
  const char* name;
  size_t offset;
  std::string_view magic;
  Image (*decode)(const Source&);
};

constexpr Format kFormats[] = {
    {"JPEG", 0, "\xff\xd8\xff"sv, DecodeJpeg},
    {"PNG", 0, "\x89PNG\r\n\x1a\n"sv, DecodePng},
    {"TIFF", 0, "II*\0"sv, DecodeTiff},
    {"TIFF", 0, "MM\0*"sv, DecodeTiff},
    {"BigTIFF", 0, "II+\0"sv, DecodeTiff},
    {"BigTIFF", 0, "MM\0+"sv, DecodeTiff},
    {"WebP", 8, "WEBP"sv, DecodeWebp},
    {"a GIF", 0, "GIF8"sv, nullptr},
    {"a BMP", 0, "BM"sv, nullptr},
    {"an AVIF", 4, "ftypavif"sv, nullptr},
    {"a HEIF", 4, "ftyp"sv, nullptr},
    {"a JPEG 2000", 0, "\0\0\0\x0cjP  "sv, nullptr},
    {"a JPEG XL", 0, "\0\0\0\x0cJXL "sv, nullptr},
    {"a JPEG XL", 0, "\xff\x0a"sv, nullptr},
    {"a Photoshop", 0, "8BPS"sv, nullptr},
    {"a PDF", 0, "%PDF"sv, nullptr},
};

const Format* Sniff(std::span<const uint8_t> bytes) {
  for (const Format& format : kFormats)
    if (bytes.size() >= format.offset + format.magic.size() &&
        std::memcmp(bytes.data() + format.offset, format.magic.data(), format.magic.size()) == 0)
      return &format;
  return nullptr;
}

std::string SizeText(int64_t width, int64_t height) {
  return fmt::format("{}x{} pixels ({:.0f} MB as RGB)", width, height,
                     3e-6 * static_cast<double>(width) * static_cast<double>(height));
}

}  // namespace

void CheckPixels(const Source& source, int64_t width, int64_t height) {
  if (width < 1 || height < 1)
    throw Error(ErrorCode::kInput, fmt::format("{} has no pixels: its header says {}x{}", source.name, width, height));
  if (width > INT_MAX || height > INT_MAX || width > source.max_pixels / height)
    throw Error(ErrorCode::kMemory,
                fmt::format("{} has {}, more than the limit of {} pixels", source.name, SizeText(width, height),
                            source.max_pixels),
                "Make it smaller or cut it up first, or raise the limit if you trust the file.");
  const auto size = static_cast<int64_t>(source.bytes.size());
  if (width * height > kSmallPixels && width * height / kMaxPixelsPerByte > size)
    throw Error(ErrorCode::kMemory,
                fmt::format("{} claims {} in a file of {} bytes: more than {} pixels a byte is no photograph",
                            source.name, SizeText(width, height), size, kMaxPixelsPerByte),
                "This looks like a decompression bomb. If the file is honest, save it as an ordinary PNG or JPEG.");
}

void CheckLeastSize(const Source& source, int64_t width, int64_t height, int64_t needed, const char* why) {
  if (needed <= static_cast<int64_t>(source.bytes.size())) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} claims {} in a file of {} bytes, but that takes at least {} bytes: {}", source.name,
                          SizeText(width, height), source.bytes.size(), needed, why),
              "The file is truncated, or a decompression bomb: fetch it again from where it came.");
}

void ThrowCorrupt(const Source& source, const char* format, const std::string& detail) {
  throw Error(ErrorCode::kInput, fmt::format("{} is a truncated or corrupt {}: {}", source.name, format, detail),
              "Fetch the file again from where it came; an image editor may be able to save what is left of it.");
}

void ThrowUnsupported(const Source& source, const char* format, const std::string& detail) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} is a {} with {}, which fcn does not read", source.name, format, detail),
              "Save it as an 8-bit RGB PNG or JPEG.");
}

void ThrowNoMemory(const Source& source) {
  throw Error(ErrorCode::kMemory,
              fmt::format("this machine has no memory left to decode {} ({} bytes)", source.name, source.bytes.size()),
              "Make it smaller or cut it up first.");
}

Image AllocateImage(const Source& source, int64_t width, int64_t height) {
  CheckPixels(source, width, height);
  Image image{static_cast<int>(width), static_cast<int>(height), {}};
  image.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  return image;
}

Image DecodeImage(const uint8_t* bytes, size_t size, const std::string& name, const ReadImageOptions& options,
                  std::vector<ImageNote>*) {
  const Source source{{bytes, size}, name, options.max_pixels};
  if (size == 0) throw Error(ErrorCode::kInput, fmt::format("{} is empty (0 bytes)", name));
  const Format* format = Sniff(source.bytes);
  if (format == nullptr)
    throw Error(ErrorCode::kInput,
                fmt::format("{} is not an image that fcn knows, or is truncated ({} bytes)", name, size),
                "fcn reads JPEG, PNG, TIFF and WebP.");
  if (format->decode == nullptr)
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is {} file", name, format->name),
                "fcn reads JPEG, PNG, TIFF and WebP: convert it to one of these.");
  try {
    return format->decode(source);
  } catch (const std::bad_alloc&) {
    ThrowNoMemory(source);
  }
}

Image ReadImage(const std::string& path, const ReadImageOptions& options, std::vector<ImageNote>* notes) {
  const std::vector<uint8_t> bytes = ReadFile(path);
  return DecodeImage(bytes.data(), bytes.size(), path, options, notes);
}

}  // namespace fcn
