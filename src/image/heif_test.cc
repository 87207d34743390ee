#ifdef FCN_HEIF
#include <libheif/heif.h>
#endif

#include <algorithm>
#include <string_view>

#include "image/test_images.h"
#include "support/expect_error.h"

namespace fcn::test {
namespace {

#ifdef FCN_HEIF

struct Encoding {
  heif_compression_format format = heif_compression_HEVC;
  bool alpha = false;
  bool twice = false;  ///< a second picture of the same
};

Bytes Encode(const Image& image, const Encoding& e = {}) {
  heif_context* context = heif_context_alloc();
  heif_encoder* encoder = nullptr;
  EXPECT_EQ(heif_context_get_encoder_for_format(context, e.format, &encoder).code, heif_error_Ok);
  heif_encoder_set_lossy_quality(encoder, 95);
  heif_image* pixels = nullptr;
  heif_image_create(image.width, image.height, heif_colorspace_RGB,
                    e.alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, &pixels);
  heif_image_add_plane(pixels, heif_channel_interleaved, image.width, image.height, 8);
  int stride = 0;
  uint8_t* out = heif_image_get_plane(pixels, heif_channel_interleaved, &stride);
  for (int y = 0; y < image.height; y++)
    for (int x = 0; x < image.width; x++) {
      uint8_t* pixel = out + int64_t{y} * stride + int64_t{x} * (e.alpha ? 4 : 3);
      for (int c = 0; c < 3; c++) pixel[c] = image.rgb[ByteAt(image, x, y, c)];
      if (e.alpha) pixel[3] = x < image.width / 2 ? 0 : 255;
    }
  for (int i = 0; i < (e.twice ? 2 : 1); i++)
    EXPECT_EQ(heif_context_encode_image(context, pixels, encoder, nullptr, nullptr).code, heif_error_Ok);
  Bytes bytes;
  heif_writer writer = {1, [](heif_context*, const void* data, size_t size, void* user) {
                          const auto* from = static_cast<const uint8_t*>(data);
                          static_cast<Bytes*>(user)->assign(from, from + size);
                          return heif_error{heif_error_Ok, heif_suberror_Unspecified, ""};
                        }};
  heif_context_write(context, &writer, &bytes);
  heif_image_release(pixels);
  heif_encoder_release(encoder);
  heif_context_free(context);
  return bytes;
}

std::vector<std::string> Kinds(const Bytes& bytes, const ReadImageOptions& options = {}) {
  std::vector<ImageNote> notes;
  DecodeImage(bytes.data(), bytes.size(), "picture", options, &notes);
  std::vector<std::string> kinds;
  kinds.reserve(notes.size());
  for (const ImageNote& note : notes) kinds.push_back(note.kind);
  return kinds;
}

TEST(Heif, HeicAndAvifAreClose) {
  for (const heif_compression_format format : {heif_compression_HEVC, heif_compression_AV1}) {
    const Bytes bytes = Encode(Gradient(64, 48), {.format = format});
    ExpectClose(Decode(bytes), Gradient(64, 48), 24);
    EXPECT_TRUE(Kinds(bytes).empty());
  }
}

TEST(Heif, TransparencyIsLaidOverWhite) {
  const Bytes bytes = Encode(Gradient(64, 48), {.alpha = true});
  const Image image = Decode(bytes);
  EXPECT_GT(image.rgb[ByteAt(image, 2, 20, 0)], 250);
  EXPECT_EQ(Kinds(bytes), std::vector<std::string>{"transparency"});
  EXPECT_TRUE(Kinds(bytes, {.ignore_alpha = true}).empty());
}

TEST(Heif, SeveralPicturesAreNotedAndChosen) {
  const Bytes bytes = Encode(Gradient(64, 48), {.twice = true});
  EXPECT_EQ(Kinds(bytes), std::vector<std::string>{"pages"});
  ExpectClose(Decode(bytes, {.page = 2}), Gradient(64, 48), 24);
  ExpectError(ErrorCode::kInput, "has 2 pages, and page 3", [&] { Decode(bytes, {.page = 3}); });
}

TEST(Heif, TruncatedAndFlippedFilesAreErrorsOrPictures) {
  for (const heif_compression_format format : {heif_compression_HEVC, heif_compression_AV1}) {
    Bytes bytes = Encode(Gradient(64, 48), {.format = format});
    for (size_t length = 12; length < bytes.size(); length += 7)
      EXPECT_THROW(Decode({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}), Error) << length;
    testing::internal::CaptureStderr();
    for (size_t at = 12; at < bytes.size(); at += 3) {
      bytes[at] ^= 0x10;
      try {
        Decode(bytes, {.max_pixels = 1 << 20});
      } catch (const Error& error) {
        EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
      }
      bytes[at] ^= 0x10;
    }
    testing::internal::GetCapturedStderr();  // the decoders behind libheif print what they like
  }
}

// libheif 1.15 writes more warnings than it is given room for: two, of colours in the sequence header that are not
// known, once ran over the stack.
TEST(Heif, SeveralWarningsAreOneNote) {
  const Bytes bytes = Encode(Gradient(64, 48), {.format = heif_compression_AV1});
  const std::string_view data = "mdat";
  const auto begin = std::search(bytes.begin(), bytes.end(), data.begin(), data.end()) - bytes.begin();
  size_t noted = 0;
  testing::internal::CaptureStderr();
  for (auto at = static_cast<size_t>(begin) + data.size(); at < static_cast<size_t>(begin) + 24; at++) {
    Bytes changed = bytes;
    changed[at] |= 0x1f, changed[at + 1] |= 0x1f;
    try {
      const std::vector<std::string> kinds = Kinds(changed, {.max_pixels = 1 << 20});
      noted += static_cast<size_t>(std::count(kinds.begin(), kinds.end(), "damaged"));
    } catch (const Error&) {  // most of them are no picture any more
    }
  }
  testing::internal::GetCapturedStderr();
  EXPECT_GT(noted, 0u);
}

TEST(Heif, TheLimitIsLookedAtFirst) {
  ExpectError(ErrorCode::kMemory, "more than the limit of 3071 pixels",
              [] { Decode(Encode(Gradient(64, 48)), {.max_pixels = 3071}); });
}

#else

TEST(Heif, WithoutLibheifTheMessageSaysHowToGetIt) {
  const std::string start(
      "\0\0\0\x1c"
      "ftypheic",
      12);
  ExpectError(ErrorCode::kUnsupported, "libheif-dev", [&] { Decode({start.begin(), start.end()}); });
}

#endif

}  // namespace
}  // namespace fcn::test
