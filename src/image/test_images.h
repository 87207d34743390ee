#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <vector>

#include "fcn/error.h"
#include "fcn/image.h"

/// What the tests of the decoders share.
namespace fcn::test {

using Bytes = std::vector<uint8_t>;

/// Where a picture keeps channel c of the pixel (x, y).
inline size_t ByteAt(const Image& image, int64_t x, int64_t y, int64_t c) {
  return static_cast<size_t>((y * image.width + x) * 3 + c);
}

/// A picture without any symmetry: smooth in each channel, so that lossy formats keep it, and different in each corner.
inline Image Gradient(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++) {
      image.rgb.push_back(static_cast<uint8_t>(20 + 200 * x / width));
      image.rgb.push_back(static_cast<uint8_t>(230 - 180 * y / height));
      image.rgb.push_back(static_cast<uint8_t>(60 + 150 * (x + y) / (width + height)));
    }
  return image;
}

/// A picture in which every byte is arbitrary, for formats without losses.
inline Image Noise(int width, int height) {
  Image image{width, height, Bytes(static_cast<size_t>(width) * static_cast<size_t>(height) * 3)};
  uint32_t state = 12345;
  for (uint8_t& byte : image.rgb) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
  return image;
}

inline Image Decode(const Bytes& bytes, const ReadImageOptions& options = {}) {
  return DecodeImage(bytes.data(), bytes.size(), "picture", options);
}

inline void ExpectSame(const Image& image, const Image& expected) {
  ASSERT_EQ(image.width, expected.width);
  ASSERT_EQ(image.height, expected.height);
  EXPECT_TRUE(image.rgb == expected.rgb);
}

/// Same size, and no byte further off than `tolerance`.
inline void ExpectClose(const Image& image, const Image& expected, int tolerance) {
  ASSERT_EQ(image.width, expected.width);
  ASSERT_EQ(image.height, expected.height);
  int worst = 0;
  for (size_t i = 0; i < expected.rgb.size(); i++) worst = std::max(worst, std::abs(image.rgb[i] - expected.rgb[i]));
  EXPECT_LE(worst, tolerance);
}

/// Every proper prefix of an encoded picture must be refused as bad input, by name, and nothing may be printed. Only
/// where all pixels are there may it be read, with a note, unless it is to be strict.
inline void ExpectEveryPrefixRefused(const Bytes& bytes) {
  ASSERT_NO_THROW(Decode(bytes, {.strict = true}));
  const Image whole = Decode(bytes);
  testing::internal::CaptureStderr();
  for (const bool strict : {true, false})
    for (size_t length = 0; length < bytes.size(); length++) {
      const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));  // its own heap block
      try {
        std::vector<ImageNote> notes;
        const Image image = DecodeImage(prefix.data(), prefix.size(), "picture", {.strict = strict}, &notes);
        const bool noted = std::ranges::any_of(notes, [](const auto& note) { return note.kind == "damaged"; });
        EXPECT_TRUE(!strict && noted && image.rgb == whole.rgb)
            << "accepted the first " << length << " of " << bytes.size() << " bytes";
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::kInput) << "at " << length << " bytes: " << error.what();
        EXPECT_NE(error.message().find("picture"), std::string::npos);
      }
    }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// What a flip of any one bit may do: decode to something, or be an Error; nothing else, and nothing is printed.
inline void ExpectEveryBitFlipSurvived(Bytes bytes) {
  testing::internal::CaptureStderr();
  for (size_t bit = 0; bit < bytes.size() * 8; bit++) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
    try {
      Decode(bytes, {.max_pixels = 1 << 20});
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
    bytes[bit / 8] ^= static_cast<uint8_t>(1u << (bit % 8));
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// EXIF data that say nothing but the orientation; big-endian as most cameras write it, or little-endian.
inline Bytes Exif(int orientation, bool big_endian = true) {
  const auto value = static_cast<uint8_t>(orientation);
  if (big_endian) return {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, value, 0, 0, 0, 0, 0, 0};
  return {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, value, 0, 0, 0, 0, 0, 0, 0};
}

/// What a picture stored with an orientation looks like, by the definition: where row 0 and column 0 of the stored
/// picture are in the upright one (1: top, left; 2: top, right; 3: bottom, right; 4: bottom, left; 5: left, top; 6:
/// right, top; 7: right, bottom; 8: left, bottom).
inline Image Shown(const Image& stored, int orientation) {
  const bool turned = orientation >= 5;
  Image shown{turned ? stored.height : stored.width, turned ? stored.width : stored.height, Bytes(stored.rgb.size())};
  for (int y = 0; y < stored.height; y++)
    for (int x = 0; x < stored.width; x++) {
      const int right = stored.width - 1 - x, down = stored.height - 1 - y;
      const int places[8][2] = {{x, y}, {right, y}, {right, down}, {x, down},
                                {y, x}, {down, x},  {down, right}, {y, right}};
      const auto [to_x, to_y] = places[orientation - 1];
      for (int c = 0; c < 3; c++) shown.rgb[ByteAt(shown, to_x, to_y, c)] = stored.rgb[ByteAt(stored, x, y, c)];
    }
  return shown;
}

}  // namespace fcn::test
