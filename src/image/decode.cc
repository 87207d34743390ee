#include <fmt/format.h>

#include <climits>
#include <cstring>
#include <new>
#include <string_view>

#include "base/file.h"
#include "fcn/error.h"
#include "image/codec.h"
#include "image/first_bytes.h"

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
    {"JPEG", 0, kJpegSignature, DecodeJpeg},
    {"PNG", 0, kPngSignature, DecodePng},
    {"TIFF", 0, "II*\0"sv, DecodeTiff},
    {"TIFF", 0, "MM\0*"sv, DecodeTiff},
    {"BigTIFF", 0, "II+\0"sv, DecodeTiff},
    {"BigTIFF", 0, "MM\0+"sv, DecodeTiff},
    {"WebP", 8, "WEBP"sv, DecodeWebp},
    {"GIF", 0, "GIF87a"sv, DecodeGif},
    {"GIF", 0, "GIF89a"sv, DecodeGif},
    {"BMP", 0, "BM"sv, DecodeBmp},
    {"AVIF", 4, "ftypavi"sv, DecodeHeif},  // avif, avis
    {"HEIC", 4, "ftyphei"sv, DecodeHeif},  // heic, heix, heim, heis
    {"HEIC", 4, "ftyphev"sv, DecodeHeif},  // hevc, hevx: sequences
    {"HEIF", 4, "ftypmif1"sv, DecodeHeif},
    {"HEIF", 4, "ftypmif2"sv, DecodeHeif},
    {"HEIF", 4, "ftypmsf1"sv, DecodeHeif},
    {"a video (MP4, QuickTime or the like)", 4, "ftyp"sv, nullptr},
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

constexpr const char* kReadFormats = "JPEG, PNG, TIFF, WebP, BMP, GIF, HEIC and AVIF";

void CheckOptions(const ReadImageOptions& options) {
  const auto check = [](bool ok, const std::string& what, const char* hint) {
    if (!ok) throw Error(ErrorCode::kUsage, what, hint);
  };
  check(options.max_pixels > 0, fmt::format("a limit of {} pixels lets no picture pass", options.max_pixels),
        "--max-pixels is at least 1.");
  check(options.page > 0, fmt::format("there is no page {}", options.page), "Pages are counted from 1 (--page).");
  check(options.sample_max >= 0 && options.sample_max <= 65535,
        fmt::format("{} cannot be the largest sample of 16 bits", options.sample_max),
        "--sample-max is 1 to 65535: 4095 for 12 bits.");
  const std::vector<int>& bands = options.bands;
  check(bands.empty() || bands.size() == 1 || bands.size() == 3, fmt::format("{} bands make no picture", bands.size()),
        "--bands are those of red, green and blue (--bands 3,2,1), or one that is grey.");
  for (const int band : bands)
    check(band > 0, fmt::format("there is no band {}", band), "Bands are counted from 1 (--bands).");
}

std::string SizeText(int64_t width, int64_t height) {
  return fmt::format("{}x{} pixels ({:.0f} MB as RGB)", width, height,
                     3e-6 * static_cast<double>(width) * static_cast<double>(height));
}

}  // namespace

void CheckPixels(const Source& source, int64_t width, int64_t height) {
  if (width < 1 || height < 1)
    throw Error(ErrorCode::kInput, fmt::format("{} has no pixels: its header says {}x{}", source.name, width, height));
  if (width > INT_MAX || height > INT_MAX || width > source.options.max_pixels / height)
    throw Error(ErrorCode::kMemory,
                fmt::format("{} has {}, more than the limit of {} pixels", source.name, SizeText(width, height),
                            source.options.max_pixels),
                "Make it smaller or cut it up first, or raise the limit with --max-pixels if you trust the file.");
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

void ChoosePage(const Source& source, int64_t pages) {
  const int page = source.options.page;
  if (page > pages)
    throw Error(
        ErrorCode::kInput,
        fmt::format("{} has {} {}, and page {} is asked for", source.name, pages, pages == 1 ? "page" : "pages", page),
        pages == 1 ? "Leave --page out." : fmt::format("Choose one of 1 to {} with --page.", pages));
  if (pages > 1 && page == 1)  // others were asked for
    source.Note("pages", fmt::format("{} has {} pages, page {} is read", source.name, pages, page),
                "--page chooses another.");
}

void ChooseFirstFrame(const Source& source, bool has_more) {
  if (!has_more) return ChoosePage(source, 1);
  if (source.options.page != 1)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} has several frames, of which fcn reads the first, not frame {}", source.name,
                            source.options.page),
                "Leave --page out, or save the frame as a PNG.");
  source.Note("pages", fmt::format("{} has several frames, the first is read", source.name),
              "Save another frame as a PNG to read that.");
}

void ThrowCorrupt(const Source& source, const char* format, const std::string& detail) {
  throw Error(ErrorCode::kInput, fmt::format("{} is a truncated or corrupt {}: {}", source.name, format, detail),
              "Fetch the file again from where it came; an image editor may be able to save what is left of it.");
}

void ThrowUnsupported(const Source& source, const char* format, const std::string& detail, const std::string& hint) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} is a {} with {}, which fcn does not read", source.name, format, detail), hint);
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
                  std::vector<ImageNote>* notes) {
  CheckOptions(options);
  const Source source{{bytes, size}, name, options, notes};
  if (size == 0) throw Error(ErrorCode::kInput, fmt::format("{} is empty (0 bytes)", name));
  const Format* format = Sniff(source.bytes);
  if (format == nullptr)
    throw Error(ErrorCode::kInput,
                fmt::format("{} is not an image that fcn knows, or is truncated ({} bytes)", name, size),
                fmt::format("fcn reads {}.", kReadFormats));
  if (format->decode == nullptr)
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is {} file", name, format->name),
                fmt::format("fcn reads {}: convert it to one of these.", kReadFormats));
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
