#include "image/foreign_formats.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <string_view>

namespace fcn {
namespace {

using std::string_view_literals::operator""sv;

/// How a format shows: `magic` at `offset`.
struct Magic {
  size_t offset;
  std::string_view magic;
  ForeignFormat format;
};

constexpr const char* kRawHint =
    "Develop it with the camera maker's program or any raw converter, and save a PNG or JPEG.";
constexpr ForeignFormat kCameraRaw{"a camera's raw", kRawHint};
constexpr ForeignFormat kMovie{"a video (MP4, QuickTime or the like)", "Save its frames as PNG or JPEG files."};
constexpr ForeignFormat kHdf5{"an HDF5 or NetCDF", "Save the bands that are wanted as a TIFF."};

constexpr Magic kMagics[] = {
    {8, "CR\x02\0"sv, {"a camera's raw (CR2)", kRawHint}},
    {4, "ftypcrx "sv, {"a camera's raw (CR3)", kRawHint}},
    {0, "IIU\0"sv, kCameraRaw},  // RW2
    {0, "IIRO"sv, kCameraRaw},   // ORF
    {0, "IIRS"sv, kCameraRaw},
    {0, "MMOR"sv, kCameraRaw},
    {0, "FUJIFILMCCD-RAW"sv, kCameraRaw},
    {0, "FOVb"sv, kCameraRaw},
    {0, "II\x1a\0\0\0HEAPCCDR"sv, kCameraRaw},  // CRW
    {4, "ftyp"sv, kMovie},
    {8, "AVI "sv, {"an AVI video", kMovie.hint}},
    {0, "\x1a\x45\xdf\xa3"sv, {"a Matroska or WebM video", kMovie.hint}},
    {0, "\0\0\0\x0cjP  "sv, {"a JPEG 2000"}},
    {0, "\xff\x4f\xff\x51"sv, {"a JPEG 2000"}},
    {0, "\0\0\0\x0cJXL "sv, {"a JPEG XL"}},
    {0, "\xff\x0a"sv, {"a JPEG XL"}},
    {0, "8BPS"sv, {"a Photoshop"}},
    {0, "gimp xcf"sv, {"a GIMP (XCF)"}},
    {0, "%PDF"sv, {"a PDF"}},
    {0, "%!PS"sv, {"a PostScript"}},
    {0, "\0\0\1\0"sv, {"an icon (ICO)"}},
    {0, "\0\0\2\0"sv, {"a cursor (CUR)"}},
    {0, "DDS "sv, {"a DDS"}},
    {0, "qoif"sv, {"a QOI"}},
    {0, "\x76\x2f\x31\x01"sv, {"an OpenEXR"}},
    {0, "#?RADIANCE"sv, {"a Radiance HDR"}},
    {0, "#?RGBE"sv, {"a Radiance HDR"}},
    {128, "DICM"sv, {"a DICOM", "Save the picture as a PNG, with the window of grey levels that is wanted."}},
    {344, "n+1\0"sv, {"a NIfTI", "Save its slices as PNG files."}},
    {0, "SIMPLE  ="sv, {"a FITS", "Save the picture as a PNG or a TIFF of 16 bits."}},
    {0, "\x89HDF\r\n\x1a\n"sv, kHdf5},
    {0, "CDF\x01"sv, {"a NetCDF", kHdf5.hint}},
    {0, "CDF\x02"sv, {"a NetCDF", kHdf5.hint}},
    {0, "CDF\x05"sv, {"a NetCDF", kHdf5.hint}},
    {0, "GRIB"sv, {"a GRIB", kHdf5.hint}},
    {0, "\x93NUMPY"sv, {"a NumPy", "Save the array as a PNG or TIFF."}},
    {0, "PK\3\4"sv, {"a ZIP", "Unpack it and give the pictures in it."}},
    {0, "\x1f\x8b"sv, {"a gzip", "Unpack it and give the pictures in it."}},
    {0, "version https://git-lfs"sv, {"a Git LFS pointer", "Get what it stands for: git lfs pull."}},
};

constexpr ForeignFormat kNetpbm{"a PPM, PGM or PBM"};
constexpr ForeignFormat kPfm{"a PFM"};
constexpr ForeignFormat kPcx{"a PCX"};
constexpr ForeignFormat kTga{"a TGA"};
constexpr ForeignFormat kSvg{"an SVG", "It is a drawing: save it as a PNG of the size that is wanted."};
constexpr ForeignFormat kHtml{"an HTML", "A download may have given a page in place of the picture: fetch it again."};

/// "P1" to "P7" and "PF", "Pf", each before white space or a comment.
const ForeignFormat* FindNetpbm(std::string_view text) {
  if (text.size() < 3 || text[0] != 'P' || (text[2] != '#' && std::isspace(static_cast<unsigned char>(text[2])) == 0))
    return nullptr;
  if (text[1] == 'F' || text[1] == 'f') return &kPfm;
  return text[1] >= '1' && text[1] <= '7' ? &kNetpbm : nullptr;
}

/// Text of markup, after a byte-order mark and white space.
const ForeignFormat* FindMarkup(std::string_view text) {
  std::string start;
  for (const char c : text.substr(0, 4096)) start += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (start.starts_with("\xef\xbb\xbf")) start.erase(0, 3);
  start.erase(0, std::min(start.find_first_not_of(" \t\r\n"), start.size()));
  if (!start.starts_with('<')) return nullptr;
  if (start.starts_with("<!doctype html") || start.starts_with("<html")) return &kHtml;
  const bool declared = start.starts_with("<?xml") || start.starts_with("<!--") || start.starts_with("<!doctype svg");
  return start.starts_with("<svg") || (declared && start.find("<svg") != start.npos) ? &kSvg : nullptr;
}

/// The old formats without a magic: all fields of their headers make sense.
bool IsPcx(std::span<const uint8_t> b) {
  const auto is_any = [](int value, std::initializer_list<int> among) {
    return std::find(among.begin(), among.end(), value) != among.end();
  };
  return b.size() >= 128 && b[0] == 10 && is_any(b[1], {0, 2, 3, 4, 5}) && b[2] == 1 && is_any(b[3], {1, 2, 4, 8}) &&
         b[64] == 0;
}

bool IsTga(std::span<const uint8_t> b) {
  constexpr std::string_view kFooter = "TRUEVISION-XFILE.\0"sv;
  if (b.size() >= 44 &&
      std::equal(kFooter.begin(), kFooter.end(), b.end() - static_cast<std::ptrdiff_t>(kFooter.size())))
    return true;
  if (b.size() < 18) return false;
  const bool mapped = b[2] == 1 || b[2] == 9, grey = b[2] == 3 || b[2] == 11, colour = b[2] == 2 || b[2] == 10;
  const bool has_size = (b[12] | b[13]) != 0 && (b[14] | b[15]) != 0;
  if (!has_size || (b[17] & 0xc0) != 0) return false;
  if (mapped) return b[1] == 1 && b[16] == 8 && (b[7] == 15 || b[7] == 16 || b[7] == 24 || b[7] == 32);
  const bool no_map = b[1] == 0 && std::all_of(b.begin() + 3, b.begin() + 8, [](uint8_t byte) { return byte == 0; });
  return no_map && ((grey && b[16] == 8) || (colour && (b[16] == 16 || b[16] == 24 || b[16] == 32)));
}

}  // namespace

const ForeignFormat* FindForeignFormat(std::span<const uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (IsTga(bytes)) return &kTga;  // first: without a map it begins like a cursor
  for (const Magic& known : kMagics)
    if (text.size() > known.offset && text.substr(known.offset).starts_with(known.magic)) return &known.format;
  if (const ForeignFormat* netpbm = FindNetpbm(text)) return netpbm;
  if (const ForeignFormat* markup = FindMarkup(text)) return markup;
  return IsPcx(bytes) ? &kPcx : nullptr;
}

}  // namespace fcn
