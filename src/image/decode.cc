#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/machine.h"
#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/picture_files.h"
#include "image/codec.h"
#include "image/first_bytes.h"
#include "image/foreign_formats.h"

namespace fcn {
namespace {

using std::string_view_literals::operator""sv;

/// How a format shows at its first bytes: `magic` at `offset`, and who decodes it. Null: its pictures have three bands.
struct Format {
  size_t offset;
  std::string_view magic;
  Image (*decode)(const Source&);
  Raster (*decode_raster)(const Source&, const std::vector<int>& bands) = nullptr;
};

constexpr Format kFormats[] = {
    {0, kJpegSignature, DecodeJpeg, DecodeJpegRaster},
    {0, kPngSignature, DecodePng, DecodePngRaster},
    {0, "II*\0"sv, DecodeTiff, DecodeTiffRaster},
    {0, "MM\0*"sv, DecodeTiff, DecodeTiffRaster},
    {0, "II+\0"sv, DecodeTiff, DecodeTiffRaster},
    {0, "MM\0+"sv, DecodeTiff, DecodeTiffRaster},
    {8, "WEBP"sv, DecodeWebp},
    {0, "GIF87a"sv, DecodeGif},
    {0, "GIF89a"sv, DecodeGif},
    {0, "BM"sv, DecodeBmp},
    {4, "ftypavi"sv, DecodeHeif},  // avif, avis
    {4, "ftyphei"sv, DecodeHeif},  // heic, heix, heim, heis
    {4, "ftyphev"sv, DecodeHeif},  // hevc, hevx: sequences
    {4, "ftypmif1"sv, DecodeHeif},
    {4, "ftypmif2"sv, DecodeHeif},
    {4, "ftypmsf1"sv, DecodeHeif},
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
  for (const int band : options.bands)
    check(band > 0, fmt::format("there is no band {}", band), "Bands are counted from 1 (--bands).");
}

void CheckColourBands(const std::vector<int>& bands) {
  if (!bands.empty() && bands.size() != 1 && bands.size() != 3)
    throw Error(ErrorCode::kUsage, fmt::format("{} bands make no picture in colour", bands.size()),
                "--bands are those of red, green and blue (--bands 3,2,1), or one that is grey.");
}

void CheckRasterBands(const std::vector<int>& bands) {
  if (bands.size() > kMostPictureBands)
    throw Error(ErrorCode::kUsage, fmt::format("{} bands are more than {}", bands.size(), kMostPictureBands),
                "Choose fewer with --bands.");
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
  while (largest >= 1 << bits) bits++;
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

/// The pixels are the least that decoding takes, of 3 bytes as RGB. Small pictures are not worth the look.
void CheckAvailable(const Source& source, const std::string& size_text, int64_t pixels, int64_t pixel_bytes = 3) {
  constexpr int64_t kWorthALook = int64_t{3} << 24;
  if (pixels < kWorthALook / pixel_bytes) return;
  const MemoryBound bound = TightestMemoryBound();
  if (pixels <= bound.available / pixel_bytes) return;
  throw Error(
      ErrorCode::kMemory,
      fmt::format("{} has {}; {:.0f} MB are available ({}: {:.0f} MB)", source.name, size_text,
                  1e-6 * static_cast<double>(bound.available), bound.of, 1e-6 * static_cast<double>(bound.limit)),
      fmt::format("Make it smaller or cut it up first, or {}.", bound.remedy));
}

/// What `decode` makes of the bytes by their format.
template <typename Decode>
auto Decoded(const Source& source, Decode decode) {
  if (source.bytes.empty())
    throw Error(ErrorCode::kInput, fmt::format("{} is empty (0 bytes)", source.name),
                "Fetch it again from where it came.");
  const Format& format = Recognise(source.bytes, source.name);
  try {
    return decode(format);
  } catch (const std::bad_alloc&) {
    ThrowNoMemory(source);
  }
}

/// The bytes of a file that begins as a picture does.
std::vector<uint8_t> ReadPicture(const std::string& path) {
  return ReadFile(path, kMostBytes, kPictureStart, [&](std::span<const uint8_t> start) {
    if (!start.empty()) CheckPictureStart(start, path);  // Decoded says that it is empty
  });
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
  CheckAvailable(source, SizeText(width, height), width * height);
}

void CheckRasterBytes(const Source& source, int64_t width, int64_t height, int64_t bands, int64_t sample_bytes) {
  CheckPixels(source, width, height);
  const int64_t pixel_bytes = bands * sample_bytes;
  const std::string size_text =
      fmt::format("{}x{} pixels of {} bands ({:.0f} MB)", width, height, bands,
                  1e-6 * static_cast<double>(width) * static_cast<double>(height) * static_cast<double>(pixel_bytes));
  const int64_t most = MostPixels(source.options, static_cast<int64_t>(source.bytes.size()));
  if (source.options.max_pixels == 0 && width * height > 3 * most / pixel_bytes)
    throw Error(
        ErrorCode::kMemory,
        fmt::format("{} has {}, too many for a file of {} bytes", source.name, size_text, source.bytes.size()),
        "If you trust the file, allow so many pixels with --max-pixels, or read some of its bands with --bands.");
  CheckAvailable(source, size_text, width * height, pixel_bytes);
}

void CheckLeastSize(const Source& source, int64_t width, int64_t height, int64_t needed, const char* why) {
  if (needed <= static_cast<int64_t>(source.bytes.size())) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} claims {} in a file of {} bytes, but that takes at least {} bytes: {}", source.name,
                          SizeText(width, height), source.bytes.size(), needed, why),
              "The file is truncated, or a decompression bomb: fetch it again from where it came.");
}

void CheckBand(const Source& source, int band, int bands) {
  if (band <= bands) return;
  throw Error(
      ErrorCode::kInput,
      fmt::format("{} has {} {}, and band {} is asked for", source.name, bands, bands == 1 ? "band" : "bands", band),
      fmt::format("Choose from 1 to {} with --bands.", bands));
}

Raster ChooseBands(const Source& source, const std::vector<int>& bands, Raster raster) {
  if (bands.empty()) return raster;
  for (const int band : bands) CheckBand(source, band, raster.bands);
  return std::visit(
      [&](const auto& from) {
        const auto count = static_cast<size_t>(raster.bands), pixels = static_cast<size_t>(raster.pixels());
        std::decay_t<decltype(from)> chosen;
        chosen.reserve(pixels * bands.size());
        for (size_t pixel = 0; pixel < pixels; pixel++)
          for (const int band : bands) chosen.push_back(from[pixel * count + static_cast<size_t>(band) - 1]);
        return Raster(raster.width, raster.height, static_cast<int>(bands.size()), std::move(chosen));
      },
      raster.samples);
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
  CheckColourBands(options.bands);
  const Source source{{bytes, size}, name, options, notes};
  const size_t notes_before = notes == nullptr ? 0 : notes->size();
  return Decoded(source, [&](const Format& format) {
    Image image = format.decode(source);
    NoteDarkness(source, notes_before, image);
    return image;
  });
}

Raster DecodeRaster(const uint8_t* bytes, size_t size, const std::string& name, const ReadImageOptions& options,
                    std::vector<ImageNote>* notes) {
  CheckOptions(options);
  CheckRasterBands(options.bands);
  ReadImageOptions whole = options;
  whole.bands.clear();
  const Source source{{bytes, size}, name, whole, notes};
  return Decoded(source, [&](const Format& format) {
    if (format.decode_raster != nullptr) return format.decode_raster(source, options.bands);
    return ChooseBands(source, options.bands, Raster(format.decode(source)));
  });
}

Image ReadImage(const std::string& path, const ReadImageOptions& options, std::vector<ImageNote>* notes) {
  const std::vector<uint8_t> bytes = ReadPicture(path);
  return DecodeImage(bytes.data(), bytes.size(), path, options, notes);
}

Raster ReadRaster(const std::string& path, const ReadImageOptions& options, std::vector<ImageNote>* notes) {
  const std::vector<uint8_t> bytes = ReadPicture(path);
  return DecodeRaster(bytes.data(), bytes.size(), path, options, notes);
}

}  // namespace fcn
