#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "fcn/files.h"
#include "fcn/png.h"
#include "image/orientation.h"
#include "image/test_images.h"
#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn::test {
namespace {

class ReadImageTest : public FolderTest {
 protected:
  std::string Write(const std::string& name, const Bytes& bytes) const {
    return Put(name, std::string(bytes.begin(), bytes.end()));
  }
};

TEST_F(ReadImageTest, TellsTheFormatByTheContent) {
  ExpectSame(ReadImage(Write("picture.jpg", EncodeRgbPng(Noise(5, 3)))), Noise(5, 3));
  ExpectSame(ReadImage(Write("no extension at all", EncodeRgbPng(Noise(5, 3)))), Noise(5, 3));
}

TEST_F(ReadImageTest, NamesWhatCannotBeRead) {
  ExpectError(ErrorCode::kIo, "missing.jpg", [&] { ReadImage(folder_ / "missing.jpg"); });
  ExpectError(ErrorCode::kIo, folder_.string(), [&] { ReadImage(folder_); });
  ExpectError(ErrorCode::kInput, "empty.jpg is empty", [&] { ReadImage(Write("empty.jpg", {})); });
  ExpectError(ErrorCode::kInput, "notes.jpg is not an image that fcn knows", [&] {
    ReadImage(Write("notes.jpg", {'h', 'e', 'l', 'l', 'o'}));
  });
  ExpectError(ErrorCode::kInput, "cut.png is a truncated or corrupt PNG", [&] {
    Bytes png = EncodeRgbPng(Noise(20, 20));
    png.resize(200);
    ReadImage(Write("cut.png", png));
  });
}

TEST_F(ReadImageTest, KnowsOtherFormatsByName) {
  const auto expect = [](const std::string& start, const std::string& message) {
    Bytes bytes(start.begin(), start.end());
    bytes.resize(64);
    ExpectError(ErrorCode::kUnsupported, message, [&] { Decode(bytes); });
  };
  expect(std::string("\0\0\0\x1c", 4) + "ftypisom", "is a video");
  expect(std::string("\0\0\0\x0cjP  ", 8), "is a JPEG 2000 file");
  expect("\xff\x0a", "is a JPEG XL file");
  expect("%PDF-1.7", "is a PDF file");
}

TEST_F(ReadImageTest, EveryShortInputIsRefused) {
  for (int first = 0; first < 256; first++)
    for (int second = 0; second < 256; second++) {
      const Bytes bytes = {static_cast<uint8_t>(first), static_cast<uint8_t>(second)};
      EXPECT_THROW(Decode(bytes), Error);
    }
}

TEST_F(ReadImageTest, RefusesBombsBeforeAllocating) {
  // A PNG of 32000 x 32000 grey pixels would be 3 GB.
  Bytes bytes = EncodeGrey16Png(std::vector<uint16_t>(16).data(), 4, 4);
  const Bytes header = {0, 0, 0x7d, 0, 0, 0, 0x7d, 0};
  std::copy(header.begin(), header.end(), bytes.begin() + 16);
  const Bytes crc = {0xf6, 0x79, 0x51, 0x92};
  std::copy(crc.begin(), crc.end(), bytes.begin() + 29);
  rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  ExpectError(ErrorCode::kMemory, "32000x32000 pixels", [&] { Decode(bytes); });
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 << 10);  // KiB
}

TEST(Orientation, BlocksOfAnySizeAreTurned) {
  for (const auto& [width, height] : {std::pair{1, 1}, {1, 130}, {130, 1}, {64, 64}, {65, 129}})
    for (int orientation = -1; orientation <= 10; orientation++) {
      const bool valid = orientation >= 1 && orientation <= 8;
      ExpectSame(Upright(Noise(width, height), orientation), Shown(Noise(width, height), valid ? orientation : 1));
    }
}

TEST(Orientation, IsReadWithAndWithoutTheHeading) {
  EXPECT_EQ(ExifOrientation(Exif(6)), 6);
  EXPECT_EQ(ExifOrientation(Exif(8, false)), 8);
  Bytes headed = Exif(5);
  headed.insert(headed.begin(), {'E', 'x', 'i', 'f', 0, 0});
  EXPECT_EQ(ExifOrientation(headed), 5);
  EXPECT_EQ(ExifOrientation({}), 1);
  EXPECT_EQ(ExifOrientation(Bytes(100, 0)), 1);
  EXPECT_EQ(ExifOrientation(Bytes(70000, 'M')), 1);
}

}  // namespace
}  // namespace fcn::test
