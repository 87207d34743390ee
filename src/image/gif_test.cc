#include <gif_lib.h>

#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

struct Frame {
  int left = 0, top = 0, width = 0, height = 0;
  Bytes indices;
  int transparent = NO_TRANSPARENT_COLOR;
  bool interlaced = false;
};

/// A GIF of four greys: 0, 80, 160 and 240.
Bytes Encode(int width, int height, const std::vector<Frame>& frames) {
  Bytes bytes;
  int error = 0;
  GifFileType* gif = EGifOpen(
      &bytes,
      [](GifFileType* file, const GifByteType* data, int size) {
        static_cast<Bytes*>(file->UserData)->insert(static_cast<Bytes*>(file->UserData)->end(), data, data + size);
        return size;
      },
      &error);
  EGifSetGifVersion(gif, true);
  GifColorType colours[4];
  for (int i = 0; i < 4; i++) colours[i].Red = colours[i].Green = colours[i].Blue = static_cast<GifByteType>(80 * i);
  ColorMapObject* map = GifMakeMapObject(4, colours);
  EXPECT_EQ(EGifPutScreenDesc(gif, width, height, 2, 0, map), GIF_OK);
  for (const Frame& frame : frames) {
    GraphicsControlBlock control = {DISPOSAL_UNSPECIFIED, false, 0, frame.transparent};
    GifByteType block[4];
    const size_t size = EGifGCBToExtension(&control, block);
    EXPECT_EQ(EGifPutExtension(gif, GRAPHICS_EXT_FUNC_CODE, static_cast<int>(size), block), GIF_OK);
    EXPECT_EQ(EGifPutImageDesc(gif, frame.left, frame.top, frame.width, frame.height, frame.interlaced, nullptr),
              GIF_OK);
    Bytes indices = frame.indices;
    const auto row = [&](int y) { return &indices[static_cast<size_t>(y) * static_cast<size_t>(frame.width)]; };
    constexpr int kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
    for (int pass = 0; pass < (frame.interlaced ? 4 : 1); pass++)
      for (int y = frame.interlaced ? kFirst[pass] : 0; y < frame.height; y += frame.interlaced ? kStep[pass] : 1)
        EXPECT_EQ(EGifPutLine(gif, row(y), frame.width), GIF_OK);
  }
  GifFreeMapObject(map);
  EGifCloseFile(gif, &error);
  return bytes;
}

Bytes Indices(size_t count) {
  Bytes indices;
  for (size_t i = 0; i < count; i++) indices.push_back(static_cast<uint8_t>((i * 7 + i / 5) % 4));
  return indices;
}

Image Grey(int width, int height, const Bytes& indices) {
  Image image{width, height, {}};
  for (const uint8_t index : indices) image.rgb.insert(image.rgb.end(), 3, static_cast<uint8_t>(index * 80));
  return image;
}

std::vector<std::string> Kinds(const Bytes& bytes) {
  std::vector<ImageNote> notes;
  DecodeImage(bytes.data(), bytes.size(), "picture", {}, &notes);
  std::vector<std::string> kinds;
  kinds.reserve(notes.size());
  for (const ImageNote& note : notes) kinds.push_back(note.kind);
  return kinds;
}

TEST(Gif, IsExactAtAnySizePlainAndInterlaced) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 9}, {7, 1}, {17, 33}})
    for (const bool interlaced : {false, true}) {
      const Bytes indices = Indices(static_cast<size_t>(width * height));
      const Bytes bytes =
          Encode(width, height, {{.width = width, .height = height, .indices = indices, .interlaced = interlaced}});
      ExpectSame(Decode(bytes), Grey(width, height, indices));
      EXPECT_TRUE(Kinds(bytes).empty());
    }
}

TEST(Gif, TheFirstFrameOfAnAnimationIsReadWithANote) {
  const Frame first{.width = 2, .height = 2, .indices = {0, 1, 2, 3}},
      second{.width = 2, .height = 2, .indices = {3, 3, 3, 3}};
  const Bytes bytes = Encode(2, 2, {first, second});
  ExpectSame(Decode(bytes), Grey(2, 2, first.indices));
  EXPECT_EQ(Kinds(bytes), std::vector<std::string>{"pages"});
  ExpectError(ErrorCode::kUnsupported, "reads the first, not frame 2", [&] { Decode(bytes, {.page = 2}); });
  ExpectError(ErrorCode::kInput, "has 1 page", [&] { Decode(Encode(2, 2, {first}), {.page = 2}); });
}

TEST(Gif, TransparencyAndWhatTheFrameLeavesOutAreWhite) {
  const Bytes bytes = Encode(3, 1, {{.left = 1, .width = 2, .height = 1, .indices = {1, 2}, .transparent = 2}});
  ExpectSame(Decode(bytes), {3, 1, {255, 255, 255, 80, 80, 80, 255, 255, 255}});
  EXPECT_EQ(Kinds(bytes), std::vector<std::string>{"transparency"});
  ExpectSame(Decode(bytes, {.ignore_alpha = true}), {3, 1, {0, 0, 0, 80, 80, 80, 160, 160, 160}});
}

TEST(Gif, EveryPrefixIsRefusedAndEveryBitFlipSurvived) {
  const Bytes bytes = Encode(9, 7, {{.width = 9, .height = 7, .indices = Indices(63)}});
  ExpectEveryPrefixRefused(bytes);
  ExpectEveryBitFlipSurvived(bytes);
}

TEST(Gif, BombsAreRefusedWithTheFigures) {
  Bytes bytes = Encode(2, 2, {{.width = 2, .height = 2, .indices = {0, 1, 2, 3}}});
  bytes[6] = bytes[7] = bytes[8] = bytes[9] = 0xff;
  ExpectError(ErrorCode::kMemory, "65535x65535", [&] { Decode(bytes); });
  const auto frame = std::find(bytes.begin() + 13, bytes.end(), ',');
  std::fill(frame + 5, frame + 9, uint8_t{15});  // 3855 x 3855
  ExpectError(ErrorCode::kInput, "LZW makes at most", [&] { Decode(bytes); });
}

}  // namespace
}  // namespace fcn::test
