#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

// jpeglib.h needs size_t and FILE to be declared before it.
#include <jpeglib.h>

#include "fcn/image.h"
#include "tensor/random.h"

/// Picture files made for tests, in forms that our own writers do not write.
namespace fcn::test {

using Bytes = std::vector<uint8_t>;

/// Blocks of arbitrary colours, so that pixels in the wrong place show.
inline Image Blocks(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      for (uint64_t c = 0; c < 3; c++)
        image.rgb.push_back(static_cast<uint8_t>(RandomBits(7, static_cast<uint64_t>(y / 8 * 1000 + x / 8) * 3 + c)));
  return image;
}

/// `restart_rows`: rows of blocks between two restart markers; 0: none.
inline Bytes Jpeg(const Image& image, int restart_rows = 0, bool progressive = false) {
  jpeg_compress_struct codec;
  jpeg_error_mgr errors;
  codec.err = jpeg_std_error(&errors);
  jpeg_create_compress(&codec);
  unsigned char* out = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&codec, &out, &size);
  codec.image_width = static_cast<JDIMENSION>(image.width);
  codec.image_height = static_cast<JDIMENSION>(image.height);
  codec.input_components = 3;
  codec.in_color_space = JCS_RGB;
  jpeg_set_defaults(&codec);
  jpeg_set_quality(&codec, 90, TRUE);
  codec.restart_in_rows = restart_rows;
  if (progressive) jpeg_simple_progression(&codec);
  jpeg_start_compress(&codec, TRUE);
  for (int64_t y = 0; y < image.height; y++) {
    JSAMPROW row = const_cast<uint8_t*>(image.rgb.data()) + y * image.width * 3;
    jpeg_write_scanlines(&codec, &row, 1);
  }
  jpeg_finish_compress(&codec);
  jpeg_destroy_compress(&codec);
  Bytes bytes(out, out + size);
  std::free(out);
  return bytes;
}

inline void AppendNumber(Bytes& bytes, uint64_t value, int size, bool big_endian = false) {
  for (int i = 0; i < size; i++) bytes.push_back(static_cast<uint8_t>(value >> (8 * (big_endian ? size - 1 - i : i))));
}

/// One page of a TIFF without compression. `samples` lie together, those of 16 bits in two bytes each, others of more
/// than 8 packed from the highest bit on.
struct TiffPage {
  int width = 0, height = 0, bits = 8, samples = 3;
  int photometric = 2;          // 0: 0 is white, 1: 0 is black, 2: RGB
  std::vector<int> extra = {};  // what further samples are: 0 unknown, 1 premultiplied, 2 separate alpha
  int max_sample = 0;           // MaxSampleValue
  int subfile = 0;              // 1: a smaller copy
  std::vector<uint16_t> values = {};
};

inline Bytes Tiff(const std::vector<TiffPage>& pages) {
  Bytes bytes = {'I', 'I', 42, 0, 0, 0, 0, 0};
  size_t link = 4;  // where the place of the next directory belongs
  for (const TiffPage& page : pages) {
    const size_t pixels = bytes.size(), row = static_cast<size_t>(page.width * page.samples);
    for (size_t y = 0; y < static_cast<size_t>(page.height); y++) {
      uint32_t buffer = 0;
      int held = 0;
      for (size_t i = y * row; i < (y + 1) * row; i++) {
        if (page.bits == 16) {
          AppendNumber(bytes, page.values[i], 2);
          continue;
        }
        buffer = buffer << page.bits | page.values[i];
        for (held += page.bits; held >= 8; held -= 8) bytes.push_back(static_cast<uint8_t>(buffer >> (held - 8)));
      }
      if (held > 0) bytes.push_back(static_cast<uint8_t>(buffer << (8 - held)));
    }
    const size_t pixel_bytes = bytes.size() - pixels;
    if (bytes.size() % 2 != 0) bytes.push_back(0);
    const auto list = [&](const std::vector<int>& numbers) {
      const size_t at = bytes.size();
      for (const int number : numbers) AppendNumber(bytes, static_cast<uint64_t>(number), 2);
      return at;
    };
    struct Entry {
      int tag, type;
      size_t count, value;
    };
    const auto shorts = [&](int tag, const std::vector<int>& numbers) {  // up to two fit into the entry
      if (numbers.size() > 2) return Entry{tag, 3, numbers.size(), list(numbers)};
      return Entry{tag, 3, numbers.size(),
                   static_cast<size_t>(numbers[0]) | static_cast<size_t>(numbers.size() > 1 ? numbers[1] : 0) << 16};
    };
    const auto number = [](int tag, size_t value) { return Entry{tag, 4, 1, value}; };
    std::vector<Entry> entries = {number(254, static_cast<size_t>(page.subfile)),
                                  number(256, static_cast<size_t>(page.width)),
                                  number(257, static_cast<size_t>(page.height)),
                                  shorts(258, std::vector<int>(static_cast<size_t>(page.samples), page.bits)),
                                  shorts(259, {1}),
                                  shorts(262, {page.photometric}),
                                  number(273, pixels),
                                  shorts(277, {page.samples}),
                                  number(278, static_cast<size_t>(page.height)),
                                  number(279, pixel_bytes)};
    if (page.max_sample > 0)
      entries.push_back(shorts(281, std::vector<int>(static_cast<size_t>(page.samples), page.max_sample)));
    if (!page.extra.empty()) entries.push_back(shorts(338, page.extra));
    const size_t directory = bytes.size();
    for (size_t i = 0; i < 4; i++) bytes[link + i] = static_cast<uint8_t>(directory >> (8 * i));
    AppendNumber(bytes, entries.size(), 2);
    for (const Entry& entry : entries) {
      AppendNumber(bytes, static_cast<uint64_t>(entry.tag), 2);
      AppendNumber(bytes, static_cast<uint64_t>(entry.type), 2);
      AppendNumber(bytes, entry.count, 4);
      AppendNumber(bytes, entry.value, 4);
    }
    link = bytes.size();
    AppendNumber(bytes, 0, 4);
  }
  return bytes;
}

inline void AppendPngChunk(Bytes& png, const std::string& type, const Bytes& data) {
  AppendNumber(png, data.size(), 4, true);
  const size_t from = png.size();
  png.insert(png.end(), type.begin(), type.end());
  png.insert(png.end(), data.begin(), data.end());
  uint32_t crc = 0xffffffffu;
  for (size_t i = from; i < png.size(); i++) {
    crc ^= png[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  AppendNumber(png, ~crc, 4, true);
}

/// A PNG without compression. `colour`: 0 grey, 2 RGB, 4 grey with alpha, 6 RGB with alpha; `rows` are the samples,
/// big- endian. `chunk` is an ancillary one ahead of the pixels: type and content.
inline Bytes Png(int width, int height, int bits, int colour, const Bytes& rows,
                 const std::pair<std::string, Bytes>& chunk = {}) {
  Bytes png = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'}, header;
  AppendNumber(header, static_cast<uint64_t>(width), 4, true);
  AppendNumber(header, static_cast<uint64_t>(height), 4, true);
  header.insert(header.end(), {static_cast<uint8_t>(bits), static_cast<uint8_t>(colour), 0, 0, 0});
  AppendPngChunk(png, "IHDR", header);
  if (!chunk.first.empty()) AppendPngChunk(png, chunk.first, chunk.second);
  const size_t row = rows.size() / static_cast<size_t>(height);
  Bytes data = {0x78, 1};
  uint32_t a = 1, b = 0;  // Adler-32
  for (size_t y = 0; y < static_cast<size_t>(height); y++) {
    data.push_back(y + 1 == static_cast<size_t>(height));  // a stored block for each row: a filter byte and the samples
    AppendNumber(data, row + 1, 2);
    AppendNumber(data, ~(row + 1), 2);
    data.push_back(0);
    data.insert(data.end(), rows.begin() + static_cast<std::ptrdiff_t>(y * row),
                rows.begin() + static_cast<std::ptrdiff_t>((y + 1) * row));
    for (size_t i = data.size() - row - 1; i < data.size(); i++) a = (a + data[i]) % 65521, b = (b + a) % 65521;
  }
  AppendNumber(data, b << 16 | a, 4, true);
  AppendPngChunk(png, "IDAT", data);
  AppendPngChunk(png, "IEND", {});
  return png;
}

}  // namespace fcn::test
