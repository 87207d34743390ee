#include "image/first_bytes.h"

#include <gtest/gtest.h>

#include <vector>

namespace fcn {
namespace {

using Bytes = std::vector<uint8_t>;

TEST(FirstBytes, TellAJpeg) {
  EXPECT_TRUE(IsJpeg(Bytes{0xff, 0xd8, 0xff, 0xe0}));
  EXPECT_FALSE(IsJpeg(Bytes{0xff, 0xd8}));
  EXPECT_FALSE(IsJpeg(Bytes{0xff, 0xd8, 0xfe, 0xe0}));
  EXPECT_FALSE(IsJpeg(Bytes{}));
}

TEST(FirstBytes, TellWhatAPngSaysOfItself) {
  const Bytes bytes = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0, 0,    0,    13, 'I',
                       'H',  'D', 'R', 1,   2,    3,    4,    0xff, 0, 0xfe, 0xfd, 16, 6};
  ASSERT_EQ(bytes.size(), PngHeader::kBytes);
  const std::optional<PngHeader> header = ReadPngHeader(bytes);
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 0x01020304u);
  EXPECT_EQ(header->height, 0xff00fefdu);
  EXPECT_EQ(header->bit_depth, 16);
  EXPECT_EQ(header->colour_type, 6);
  for (size_t i = 0; i < 16; i++) {
    Bytes other = bytes;
    other[i] ^= 1;
    EXPECT_FALSE(ReadPngHeader(other)) << i;
  }
  for (size_t size = 0; size < bytes.size(); size++) EXPECT_FALSE(ReadPngHeader(std::span(bytes).first(size))) << size;
}

TEST(FirstBytes, ThePixelsOfAPngTakeSomeBytes) {
  EXPECT_EQ(LeastPngBytes(1, 1, 0), 0);
  EXPECT_EQ(LeastPngBytes(8256, 1, 0), 1);
  EXPECT_EQ(LeastPngBytes(8255, 8, 2), 23);
  EXPECT_EQ(LeastPngBytes(10 * 8256, 8, 3), 80);
  // The largest header, and one that means nothing.
  EXPECT_EQ(LeastPngBytes(int64_t{0x7fffffff} * 0x7fffffff, 16, 6) >> 54, 1);
  EXPECT_EQ(LeastPngBytes(8256, 255, 255), 0);
}

}  // namespace
}  // namespace fcn
