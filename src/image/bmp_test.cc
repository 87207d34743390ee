#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

void Append(Bytes& bytes, int64_t value, int size) {
  for (int i = 0; i < size; i++) bytes.push_back(static_cast<uint8_t>(i < 8 ? value >> (8 * i) : 0));
}

struct Encoding {
  int bits = 24, compression = 0;
  int header = 40;  // 12: of OS/2; 40, 56, 108, 124
  bool top_down = false;
  std::vector<uint32_t> masks = {};    // red, green, blue, alpha
  std::vector<uint32_t> palette = {};  // 0xRRGGBB
};

/// `pixels` are rows as the file has them.
Bytes Encode(int width, int height, const Bytes& pixels, const Encoding& e = {}) {
  Bytes info;
  const int side = e.header == 12 ? 2 : 4;
  Append(info, e.header, 4);
  Append(info, width, side);
  Append(info, e.top_down ? -height : height, side);
  Append(info, 1, 2);
  Append(info, e.bits, 2);
  if (e.header != 12) {
    Append(info, e.compression, 4);
    Append(info, 0, 12);
    Append(info, static_cast<int64_t>(e.palette.size()), 4);
    Append(info, 0, 4);
  }
  for (const uint32_t mask : e.masks) Append(info, mask, 4);
  if (info.size() < static_cast<size_t>(e.header)) info.resize(static_cast<size_t>(e.header));
  for (const uint32_t colour : e.palette) Append(info, colour, e.header == 12 ? 3 : 4);
  Bytes bytes = {'B', 'M'};
  Append(bytes, static_cast<int64_t>(14 + info.size() + pixels.size()), 4);
  Append(bytes, 0, 4);
  Append(bytes, static_cast<int64_t>(14 + info.size()), 4);
  bytes.insert(bytes.end(), info.begin(), info.end());
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  return bytes;
}

Bytes Encode24(const Image& image, bool top_down) {
  Bytes rows;
  for (int i = 0; i < image.height; i++) {
    const int y = top_down ? i : image.height - 1 - i;
    for (int x = 0; x < image.width; x++)
      for (const int c : {2, 1, 0}) rows.push_back(image.rgb[ByteAt(image, x, y, c)]);
    while (rows.size() % 4 != 0) rows.push_back(0);
  }
  return Encode(image.width, image.height, rows, {.top_down = top_down});
}

TEST(Bmp, TrueColourIsExactAtAnySizeBothWaysUp) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {7, 1}, {17, 33}})
    for (const bool top_down : {false, true})
      ExpectSame(Decode(Encode24(Noise(width, height), top_down)), Noise(width, height));
}

TEST(Bmp, PalettesOfEveryDepth) {
  const std::vector<uint32_t> two = {0x010203, 0xfffefd};
  for (const int header : {12, 40, 124})
    ExpectSame(Decode(Encode(3, 1, {0b10100000, 0, 0, 0}, {.bits = 1, .header = header, .palette = two})),
               {3, 1, {255, 254, 253, 1, 2, 3, 255, 254, 253}});
  ExpectSame(Decode(Encode(3, 1, {0x10, 0x10, 0, 0}, {.bits = 4, .palette = two})),
             {3, 1, {255, 254, 253, 1, 2, 3, 255, 254, 253}});
  ExpectSame(Decode(Encode(3, 1, {1, 0, 7, 0}, {.bits = 8, .palette = two})),
             {3, 1, {255, 254, 253, 1, 2, 3, 0, 0, 0}});
}

TEST(Bmp, ChannelsOfAnyBits) {
  ExpectSame(Decode(Encode(2, 1, {0x00, 0x7c, 0xff, 0x7f}, {.bits = 16})), {2, 1, {255, 0, 0, 255, 255, 255}});
  ExpectSame(
      Decode(Encode(2, 1, {0xe0, 0x07, 0x10, 0x00}, {.bits = 16, .compression = 3, .masks = {0xf800, 0x07e0, 0x001f}})),
      {2, 1, {0, 255, 0, 0, 0, 132}});
  ExpectSame(Decode(Encode(1, 1, {1, 2, 3, 0}, {.bits = 32})), {1, 1, {3, 2, 1}});
  ExpectError(ErrorCode::kInput, "masks", [] {
    Decode(Encode(1, 1, {1, 2, 3, 4}, {.bits = 32, .compression = 3, .masks = {0xff, 0xf0f000, 0xff00}}));
  });
}

TEST(Bmp, AlphaIsLaidOverWhite) {
  const Bytes bytes =
      Encode(2, 1, {91, 92, 93, 0, 91, 92, 93, 255},
             {.bits = 32, .compression = 3, .header = 108, .masks = {0xff0000, 0xff00, 0xff, 0xff000000}});
  std::vector<ImageNote> notes;
  ExpectSame(DecodeImage(bytes.data(), bytes.size(), "picture", {}, &notes), {2, 1, {255, 255, 255, 93, 92, 91}});
  ASSERT_EQ(notes.size(), 1u);
  EXPECT_EQ(notes[0].kind, "transparency");
  ExpectSame(Decode(bytes, {.ignore_alpha = true}), {2, 1, {93, 92, 91, 93, 92, 91}});
}

TEST(Bmp, RunLengths) {
  const std::vector<uint32_t> palette = {0, 0x111111, 0x222222, 0x333333};
  // Rows from the bottom: a run, then three as they are, a jump by (2, 0), one more; the row above: a run and the end.
  const Bytes eight = {2, 1, 0, 3, 1, 2, 3, 0, 0, 2, 2, 0, 1, 3, 0, 0, 8, 2, 0, 1};
  const auto grey = [](const Bytes& values) {
    Image image{8, 2, {}};
    for (const uint8_t value : values) image.rgb.insert(image.rgb.end(), 3, value);
    return image;
  };
  const Image expected = grey({34, 34, 34, 34, 34, 34, 34, 34, 17, 17, 17, 34, 51, 0, 0, 51});
  const Bytes bytes = Encode(8, 2, eight, {.bits = 8, .compression = 1, .palette = palette});
  ExpectSame(Decode(bytes), expected);
  const Bytes four = {2, 0x11, 0, 3, 0x12, 0x30, 0, 2, 2, 0, 1, 0x30, 0, 0, 8, 0x22, 0, 1};
  ExpectSame(Decode(Encode(8, 2, four, {.bits = 4, .compression = 2, .palette = palette})), expected);
  ExpectEveryPrefixRefused(bytes);
  ExpectEveryBitFlipSurvived(bytes);
}

TEST(Bmp, EveryPrefixIsRefusedAndEveryBitFlipSurvived) {
  ExpectEveryPrefixRefused(Encode24(Noise(4, 3), false));
  ExpectEveryPrefixRefused(Encode(4, 1, {1, 0, 7, 0}, {.bits = 8, .palette = {1, 2}}));
  ExpectEveryBitFlipSurvived(Encode24(Noise(4, 3), true));
  ExpectEveryBitFlipSurvived(
      Encode(2, 1, {0xe0, 0x07, 0x10, 0x00}, {.bits = 16, .compression = 3, .masks = {0xf800, 0x07e0, 0x001f}}));
}

TEST(Bmp, BombsAndRareFormsAreNamed) {
  ExpectError(ErrorCode::kMemory, "60000x60000", [] { Decode(Encode(60000, 60000, {})); });
  ExpectError(ErrorCode::kInput, "it is not compressed", [] { Decode(Encode(4000, 4000, {})); });
  ExpectError(ErrorCode::kMemory, "are read from so few",
              [] { Decode(Encode(20000, 20000, {}, {.bits = 8, .compression = 1, .palette = {1}})); });
  ExpectError(ErrorCode::kUnsupported, "compression 4", [] { Decode(Encode(1, 1, {}, {.compression = 4})); });
  ExpectError(ErrorCode::kInput, "does not go with", [] { Decode(Encode(1, 1, {}, {.bits = 24, .compression = 1})); });
  ExpectError(ErrorCode::kInput, "picture has no pixels", [] { Decode(Encode(0, 1, {})); });
}

}  // namespace
}  // namespace fcn::test
