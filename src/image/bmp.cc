// BMP of Windows and OS/2, by hand: Debian has no library for it but stb_image, which reads no run lengths, and whose
// pixels past the end of a truncated file are silently black.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "image/codec.h"
#include "image/samples.h"

namespace fcn {
namespace {

constexpr size_t kFileHeader = 14;

enum Compression : uint32_t { kRgb = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kAlphaBitFields = 6 };

/// Which bits of a pixel are a channel.
struct Mask {
  uint32_t bits = 0;

  uint8_t Of(uint32_t pixel) const {
    if (bits == 0) return 0;
    const int shift = std::countr_zero(bits);
    const uint64_t most = bits >> shift, value = (pixel & bits) >> shift;
    return static_cast<uint8_t>((value * 255 + most / 2) / most);
  }
};

class BmpReader {
 public:
  explicit BmpReader(const Source& source) : source_(source) {}

  Image Decode() {
    ReadHeader();
    CheckPixels(source_, width_, height_);
    if (is_rle()) {  // a run of two bytes is at most 255 pixels; what is left out takes none, as in a blank page
      CheckBits({8, 4});
    } else {
      const int64_t last_row = (width_ * bits_ + 7) / 8;  // some writers leave its padding out
      CheckLeastSize(source_, width_, height_, int64_t{pixels_at_} + RowBytes() * (height_ - 1) + last_row,
                     "it is not compressed");
    }
    Image image = AllocateImage(source_, width_, height_);
    const int channels = masks_[3].bits != 0 ? 4 : 3;
    SamplesToRgb to_rgb(source_, {.count = channels, .alpha = channels == 4 ? 3 : -1});
    std::vector<uint8_t> row(static_cast<size_t>(width_) * static_cast<size_t>(channels));
    const std::vector<uint8_t> indices = is_rle() ? ReadRuns() : std::vector<uint8_t>();
    for (int64_t y = 0; y < height_; y++) {
      const int64_t stored = top_down_ ? y : height_ - 1 - y;
      if (is_rle()) {
        for (int64_t x = 0; x < width_; x++)
          SetColour(indices[static_cast<size_t>(stored * width_ + x)], &row[static_cast<size_t>(x) * 3]);
      } else {
        ReadRow(stored, channels, row);
      }
      to_rgb.Convert(row.data(), static_cast<size_t>(width_), &image.rgb[static_cast<size_t>(y * width_) * 3]);
    }
    to_rgb.AddNotes();
    return image;
  }

 private:
  bool is_rle() const { return compression_ == kRle8 || compression_ == kRle4; }
  int64_t RowBytes() const { return (width_ * bits_ + 31) / 32 * 4; }

  /// Little-endian, of 1 to 4 bytes.
  uint32_t Number(size_t at, size_t size) const {
    if (at > source_.bytes.size() || size > source_.bytes.size() - at)
      ThrowCorrupt(source_, "BMP", "it ends inside of its header");
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) value |= uint32_t{source_.bytes[at + i]} << (8 * i);
    return value;
  }

  void CheckBits(std::initializer_list<int> allowed) const {
    for (const int bits : allowed)
      if (bits == bits_) return;
    ThrowCorrupt(source_, "BMP", fmt::format("compression {} does not go with {} bits per pixel", compression_, bits_));
  }

  void ReadHeader() {
    pixels_at_ = Number(10, 4);
    const size_t size = Number(kFileHeader, 4);
    const bool core = size == 12;  // of OS/2 1
    if (!core && (size < 16 || size > 4096)) ThrowCorrupt(source_, "BMP", "its header has no known size");
    if (core) {
      width_ = Number(18, 2);
      height_ = Number(20, 2);
      bits_ = static_cast<int>(Number(24, 2));
    } else {
      width_ = static_cast<int32_t>(Number(18, 4));
      height_ = static_cast<int32_t>(Number(22, 4));
      bits_ = static_cast<int>(Number(28, 2));
      compression_ = size >= 20 ? Number(30, 4) : uint32_t{kRgb};
    }
    top_down_ = height_ < 0;
    if (top_down_) height_ = -height_;
    const bool fields = compression_ == kBitFields || compression_ == kAlphaBitFields;
    if (compression_ > kBitFields && !fields)
      ThrowUnsupported(source_, "BMP", fmt::format("compression {}", compression_));
    if (fields) {
      if (size == 64) ThrowUnsupported(source_, "BMP", "Huffman's compression");  // what 3 means in OS/2 2
      CheckBits({16, 32});
    } else if (compression_ == kRgb) {
      CheckBits({1, 2, 4, 8, 16, 24, 32});
    }
    if (bits_ > 8) {
      ReadMasks(size, fields);
    } else {
      ReadPalette(kFileHeader + size, core ? 3 : 4, size >= 36 ? Number(46, 4) : 0);
    }
  }

  void ReadMasks(size_t header, bool given) {
    if (bits_ == 16) {
      masks_ = {Mask{0x7c00}, Mask{0x03e0}, Mask{0x001f}, Mask{0}};
    } else {
      masks_ = {Mask{0xff0000}, Mask{0xff00}, Mask{0xff}, Mask{0}};
    }
    if (!given) return;  // the fourth byte of 32 bits has no meaning then
    const bool has_alpha = header >= 56 || compression_ == kAlphaBitFields;
    for (size_t i = 0; i < (has_alpha ? 4 : 3); i++) masks_[i] = {Number(kFileHeader + 40 + 4 * i, 4)};
    for (const Mask& mask : masks_) {  // a channel is one run of bits, and no colour has none
      const uint64_t run = mask.bits == 0 ? 0 : uint64_t{mask.bits} >> std::countr_zero(mask.bits);
      if ((run & (run + 1)) != 0 || (mask.bits == 0 && &mask != &masks_[3]))
        ThrowCorrupt(source_, "BMP", "the masks of its channels make no sense");
    }
  }

  void ReadPalette(size_t at, size_t entry, uint32_t colours) {
    const size_t most = size_t{1} << bits_;
    size_t count = colours == 0 || colours > most ? most : colours;
    if (pixels_at_ > at) count = std::min<size_t>(count, (pixels_at_ - at) / entry);  // some say more than they have
    for (size_t i = 0; i < count; i++) palette_.push_back(Number(at + i * entry, 3));
    if (palette_.empty()) ThrowCorrupt(source_, "BMP", "it has no palette");
  }

  /// Indices without a colour are black, as everywhere.
  void SetColour(size_t index, uint8_t* rgb) const {
    const uint32_t colour = index < palette_.size() ? palette_[index] : 0;
    rgb[0] = static_cast<uint8_t>(colour >> 16);
    rgb[1] = static_cast<uint8_t>(colour >> 8);
    rgb[2] = static_cast<uint8_t>(colour);
  }

  void ReadRow(int64_t stored, int channels, std::vector<uint8_t>& row) const {
    const uint8_t* in = source_.bytes.data() + pixels_at_ + static_cast<size_t>(stored * RowBytes());
    for (size_t x = 0; x < static_cast<size_t>(width_); x++) {
      uint8_t* out = &row[x * static_cast<size_t>(channels)];
      if (bits_ <= 8) {
        const size_t bit = x * static_cast<size_t>(bits_);  // the leftmost pixel has the highest bits
        SetColour(in[bit / 8] >> (8 - static_cast<size_t>(bits_) - bit % 8) & ((1u << bits_) - 1), out);
        continue;
      }
      const size_t bytes = static_cast<size_t>(bits_) / 8;
      uint32_t pixel = 0;
      for (size_t i = 0; i < bytes; i++) pixel |= uint32_t{in[x * bytes + i]} << (8 * i);
      for (size_t c = 0; c < static_cast<size_t>(channels); c++) out[c] = masks_[c].Of(pixel);
    }
  }

  /// All pixels of a picture of run lengths, rows from the bottom. Those that the runs leave out are of index 0.
  std::vector<uint8_t> ReadRuns() const {
    std::vector<uint8_t> indices(static_cast<size_t>(width_ * height_));
    size_t at = pixels_at_;
    const auto next = [&]() -> uint8_t {
      if (at >= source_.bytes.size()) ThrowCorrupt(source_, "BMP", "its picture ends early");
      return source_.bytes[at++];
    };
    int64_t x = 0, y = 0;
    const auto put = [&](int index) {
      if (x < width_ && y < height_) indices[static_cast<size_t>(y * width_ + x)] = static_cast<uint8_t>(index);
      x++;
    };
    const auto half = [&](int byte, int i) { return bits_ == 8 ? byte : i % 2 == 0 ? byte >> 4 : byte & 15; };
    while (true) {
      if (at >= source_.bytes.size() && !source_.options.strict &&
          (y == height_ || (y == height_ - 1 && x >= width_))) {
        source_.Note("damaged", source_.name + " has no end marker; all its rows are there", kDamagedHint);
        return indices;
      }
      const int count = next(), value = next();
      if (count > 0) {
        for (int i = 0; i < count; i++) put(half(value, i));
      } else if (value == 0) {  // end of the row
        x = 0, y++;
      } else if (value == 1) {  // end of the picture
        return indices;
      } else if (value == 2) {  // a jump
        x += next();
        y += next();
      } else {  // as many pixels as they are, padded to two bytes
        const int bytes = bits_ == 8 ? value : (value + 1) / 2;
        for (int i = 0, byte = 0; i < value; i++) {
          if (bits_ == 8 || i % 2 == 0) byte = next();
          put(half(byte, i));
        }
        if (bytes % 2 != 0) next();
      }
      if (y > height_) ThrowCorrupt(source_, "BMP", "its runs go past its last row");
    }
  }

  const Source& source_;
  int64_t width_ = 0, height_ = 0;
  int bits_ = 0;
  uint32_t compression_ = kRgb;
  bool top_down_ = false;
  uint32_t pixels_at_ = 0;
  std::array<Mask, 4> masks_;      ///< red, green, blue, alpha
  std::vector<uint32_t> palette_;  ///< 0xRRGGBB
};

}  // namespace

Image DecodeBmp(const Source& source) {
  ChoosePage(source, 1);
  return BmpReader(source).Decode();
}

}  // namespace fcn
