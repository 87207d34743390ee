#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <string_view>

#include "base/file.h"
#include "base/machine.h"
#include "base/remedies.h"
#include "fcn/error.h"
#include "image/codec.h"
#include "image/first_bytes.h"
#include "image/foreign_formats.h"
#include "image/picture_start.h"

namespace fcn {
namespace {

using std::string_view_literals::operator""sv;

/// How a format shows at its first bytes: `magic` at `offset`, and who decodes it.
struct Format {
  size_t offset;
  std::string_view magic;
  Image (*decode)(const Source&);
};

constexpr Format kFormats[] = {
    {0, kJpegSignature, DecodeJpeg}, {0, kPngSignature, DecodePng}, {0, "II*\0"sv, DecodeTiff},
    {0, "MM\0*"sv, DecodeTiff},      {0, "II+\0"sv, DecodeTiff},    {0, "MM\0+"sv, DecodeTiff},
    {8, "WEBP"sv, DecodeWebp},       {0, "GIF87a"sv, DecodeGif},    {0, "GIF89a"sv, DecodeGif},
    {0, "BM"sv, DecodeBmp},          {4, "ftypavi"sv, DecodeHeif},  // avif, avis
    {4, "ftyphei"sv, DecodeHeif},                                   // heic, heix, heim, heis
    {4, "ftyphev"sv, DecodeHeif},                                   // hevc, hevx: sequences
    {4, "ftypmif1"sv, DecodeHeif},   {4, "ftypmif2"sv, DecodeHeif}, {4, "ftypmsf1"sv, DecodeHeif},
};

constexpr const char* kReadFormats = "JPEG, PNG, TIFF, WebP, BMP, GIF, HEIC and AVIF";

/// The decoder of what begins so. Throws Error(kUnsupported) for formats that are known by name alone, Error(kInput)
/// for others.
const Format& Recognise(std::span<const uint8_t> bytes, const std::string& name) {
  const bool is_raw = bytes.size() > 11 && std::memcmp(bytes.data() + 8, "CR\x02", 3) == 0;  // and a TIFF
  if (!is_raw)
    for (const Format& format : kFormats)
      if (bytes.size() >= format.offset + format.magic.size() &&
          std::memcmp(bytes.data() + format.offset, format.magic.data(), format.magic.size()) == 0)
        return format;
  if (const ForeignFormat* foreign = FindForeignFormat(bytes))
    throw Error(ErrorCode::kUnsupported, fmt::format("{} is {} file", name, foreign->name),
                foreign->hint != nullptr ? foreign->hint
                                         : fmt::format("fcn reads {}: convert it to one of these.", kReadFormats));
  const std::string or_cut =
      bytes.size() < kPictureStart ? fmt::format(", or is truncated ({} bytes)", bytes.size()) : "";
  throw Error(ErrorCode::kInput, fmt::format("{} is not an image that fcn knows{}", name, or_cut),
              fmt::format("fcn reads {}.", kReadFormats));
}

void CheckOptions(const ReadImageOptions& options) {
  const auto check = [](bool ok, const std::string& what, const char* hint) {
    if (!ok) throw Error(ErrorCode::kUsage, what, hint);
  };
  check(options.max_pixels >= 0, fmt::format("a limit of {} pixels lets no picture pass", options.max_pixels),
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

/// Below this no sample of a photograph stays, but all of a mask of few classes, or of few bits in a file of more.
constexpr int kDark = 32;

/// Notes a picture that is nearly black, unless the user said what white is, or a decoder, which knows more, noted its
/// range. 255 counts for nothing: in masks it often means that there is no value.
void NoteDarkness(const Source& source, size_t notes_before, const Image& image) {
  if (source.notes == nullptr || source.options.sample_max > 0) return;
  for (size_t i = notes_before; i < source.notes->size(); i++)
    if ((*source.notes)[i].kind == "range") return;
  int largest = 0;
  bool has_no_data = false;
  for (const uint8_t sample : image.rgb) {
    if (sample >= kDark && sample < 255) return;
    if (sample == 255)
      has_no_data = true;
    else
      largest = std::max<int>(largest, sample);
  }
  if (largest == 0) return;
  int bits = 1;
  while (largest >= 1 << bits) ++bits;
  source.Note(
      "range",
      fmt::format("{} has samples of at most {} of 255{}: it is nearly black", source.name, largest,
                  has_no_data ? ", but for some of 255" : ""),
      fmt::format("Perhaps it is a mask and no picture. --sample-max {} if the samples have {} {}; --sample-max 255 if "
                  "the picture is that dark.",
                  (1 << bits) - 1, bits, bits == 1 ? "bit" : "bits"));
}

std::string SizeText(int64_t width, int64_t height) {
  return fmt::format("{}x{} pixels ({:.0f} MB as RGB)", width, height,
                     3e-6 * static_cast<double>(width) * static_cast<double>(height));
}

/// The pixels as RGB are the least that decoding takes. Small pictures are not worth the look.
void CheckAvailable(const Source& source, int64_t width, int64_t height) {
  constexpr int64_t kWorthALook = int64_t{1} << 24;
  if (width * height < kWorthALook) return;
  const MemoryBound bound = TightestMemoryBound();
  if (width * height <= bound.available / 3) return;
  throw Error(
      ErrorCode::kMemory,
      fmt::format("{} has {}; {:.0f} MB are available ({}: {:.0f} MB)", source.name, SizeText(width, height),
                  1e-6 * static_cast<double>(bound.available), bound.of, 1e-6 * static_cast<double>(bound.limit)),
      fmt::format("Make it smaller or cut it up first, or {}.", bound.remedy));
}

}  // namespace

void CheckPixels(const Source& source, int64_t width, int64_t height) {
  if (width < 1 || height < 1)
    throw Error(ErrorCode::kInput, fmt::format("{} has no pixels: its header says {}x{}", source.name, width, height),
                GetAgain("picture"));
  const auto size = static_cast<int64_t>(source.bytes.size());
  const int64_t most = MostPixels(source.options, size);
  if (width > INT_MAX || height > INT_MAX || width > most / height) {
    const bool is_bomb = source.options.max_pixels == 0 && most < kMostPixels;
    throw Error(ErrorCode::kMemory,
                is_bomb ? fmt::format("{} claims {} in a file of {} bytes; at most {} pixels are read from so few",
                                      source.name, SizeText(width, height), size, most)
                        : fmt::format("{} has {}, more than the limit of {} pixels", source.name,
                                      SizeText(width, height), most),
                is_bomb ? "This looks like a decompression bomb. If you trust the file, raise the limit with "
                          "--max-pixels."
                        : "Make it smaller or cut it up first, or raise the limit with --max-pixels if you trust the "
                          "file.");
  }
  CheckAvailable(source, width, height);
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

void ThrowRowsMissing(const Source& source, const char* format, int64_t rows, int64_t height) {
  throw Error(
      ErrorCode::kInput,
      fmt::format("{} is a truncated or corrupt {}: it ends early, and of its {} rows the first {} are there",
                  source.name, format, height, rows),
      fmt::format("Fetch the file again from where it came; or open it in an image editor, cut it to its first {} "
                  "rows and save it as a PNG.",
                  rows));
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
  if (source.options.on_size) source.options.on_size(width, height);
  Image image{static_cast<int>(width), static_cast<int>(height), {}};
  image.rgb.resize(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  return image;
}

void CheckPictureStart(std::span<const uint8_t> start, const std::string& name) { Recognise(start, name); }

Image DecodeImage(const uint8_t* bytes, size_t size, const std::string& name, const ReadImageOptions& options,
                  std::vector<ImageNote>* notes) {
  CheckOptions(options);
  const Source source{{bytes, size}, name, options, notes};
  if (size == 0)
    throw Error(ErrorCode::kInput, fmt::format("{} is empty (0 bytes)", name), "Fetch it again from where it came.");
  const Format& format = Recognise(source.bytes, name);
  const size_t notes_before = notes == nullptr ? 0 : notes->size();
  try {
    Image image = format.decode(source);
    NoteDarkness(source, notes_before, image);
    return image;
  } catch (const std::bad_alloc&) {
    ThrowNoMemory(source);
  }
}

Image ReadImage(const std::string& path, const ReadImageOptions& options, std::vector<ImageNote>* notes) {
  const auto check_start = [&](std::span<const uint8_t> start) {
    if (!start.empty()) CheckPictureStart(start, path);  // DecodeImage says that it is empty
  };
  const std::vector<uint8_t> bytes = ReadFile(path, kMostBytes, kPictureStart, check_start);
  return DecodeImage(bytes.data(), bytes.size(), path, options, notes);
}

}  // namespace fcn
