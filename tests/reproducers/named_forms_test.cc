// What a file is, and what of it is read, is said: formats by name, rare forms of JPEG by name, frames that are left
// out, a thumbnail ahead of the picture, rows that are missing, damage without a wrong place. Found by a review of
// these kinds: "truncated" for what is whole but another form sends people to fetch it again.
//
// What was looked at: frames of PNG (APNG), JPEG (MPO), AVIF (a track beside the picture), GIF, WebP, TIFF, HEIC; the
// formats that Pillow, OpenCV and GDAL read and fcn does not; cameras' raw files, of which TIFF would give a thumbnail.
#include <gmock/gmock.h>

#include "fcn/error.h"
#include "reproducers/picture_files.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the support of tests
using testing::HasSubstr;
using testing::SizeIs;
using std::string_literals::operator""s;

Image Decode(const Bytes& bytes, std::vector<ImageNote>& notes) {
  notes.clear();
  return DecodeImage(bytes.data(), bytes.size(), "picture", {}, &notes);
}

void ExpectUnsupported(const Bytes& bytes, const std::string& part) {
  std::vector<ImageNote> notes;
  ExpectError(ErrorCode::kUnsupported, part, [&] { Decode(bytes, notes); });
}

TEST(NamedForms, FormatsThatAreNotReadAreNamed) {
  const std::pair<std::string, std::string> starts[] = {
      {"P6\n2 2\n255\n", "is a PPM"},
      {"P5 2 2 255 ", "is a PPM, PGM"},
      {"Pf\n2 2\n-1\n", "is a PFM"},
      {std::string(128, '\0').append("DICM"), "is a DICOM"},
      {"SIMPLE  =   T", "is a FITS"},
      {"CDF\x01xx", "is a NetCDF"},
      {"\x89HDF\r\n\x1a\nxx", "is an HDF5"},
      {"<?xml version='1.0'?>\n<svg>", "is an SVG"},
      {" <!DOCTYPE html>", "is an HTML"},
      {"II*\0\x10\0\0\0CR\x02\0\0"s, "camera's raw (CR2)"},
      {"\0\0\x02\0\0\0\0\0\0\0\0\0\x04\0\x04\0\x18\0"s, "is a TGA"},
  };
  for (const auto& [start, part] : starts) {
    Bytes bytes(start.begin(), start.end());
    ExpectUnsupported(bytes, part);
  }
}

TEST(NamedForms, RareJpegsAreNamed) {
  const Bytes jpeg = Jpeg(Blocks(16, 16));
  size_t frame = 0;
  while (jpeg[frame] != 0xff || jpeg[frame + 1] != 0xc0) frame++;
  for (const auto& [marker, part] : {std::pair{0xc3, "lossless"},
                                     {0xc5, "hierarchical"},
                                     {0xc9, "arithmetic"},
                                     {0xcb, "arithmetic"},
                                     {0xf7, "JPEG-LS"}}) {
    Bytes other = jpeg;
    other[frame + 1] = static_cast<uint8_t>(marker);
    ExpectUnsupported(other, part);
  }
  Bytes precise = jpeg;
  precise[frame + 4] = 12;
  ExpectUnsupported(precise, "12 bits a sample");
}

TEST(NamedForms, FramesThatAreNotReadAreNoted) {
  std::vector<ImageNote> notes;
  Decode(Png(1, 1, 8, 0, {99}, {"acTL", {0, 0, 0, 2, 0, 0, 0, 0}}), notes);
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_EQ(notes[0].kind, "pages");
  Decode(Png(1, 1, 8, 0, {99}, {"acTL", {0, 0, 0, 1, 0, 0, 0, 0}}), notes);
  EXPECT_THAT(notes, SizeIs(0));
  for (const bool thumbnail : {false, true}) {  // an index of two pictures
    Bytes index = {'M',  'P', 'F', 0,  'I', 'I', 42, 0,  8, 0, 0, 0, 1, 0, 2,
                   0xb0, 7,   0,   32, 0,   0,   0,  26, 0, 0, 0, 0, 0, 0, 0};
    index.resize(index.size() + 32);
    index[30 + 2] = 3;
    index[46 + 2] = thumbnail ? 1 : 0;
    Bytes jpeg = Jpeg(Blocks(16, 16)), segment = {0xff, 0xe2};
    AppendNumber(segment, index.size() + 2, 2, true);
    segment.insert(segment.end(), index.begin(), index.end());
    jpeg.insert(jpeg.begin() + 2, segment.begin(), segment.end());
    Decode(jpeg, notes);
    EXPECT_THAT(notes, SizeIs(thumbnail ? 0 : 1));
    for (size_t i = 4; i < segment.size(); i++)  // no nonsense in it hurts
      jpeg[2 + i] ^= 0xff, Decode(jpeg, notes), jpeg[2 + i] ^= 0xff;
  }
}

TEST(NamedForms, AThumbnailAheadOfThePictureIsPassedOver) {
  const TiffPage small{.width = 1, .height = 1, .subfile = 1, .values = {90, 90, 90}};
  const TiffPage whole{.width = 2, .height = 1, .values = {90, 91, 92, 93, 94, 95}};
  std::vector<ImageNote> notes;
  EXPECT_EQ(Decode(Tiff({small, whole}), notes).width, 2);
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_THAT(notes[0].message, HasSubstr("page 2 is read"));
  EXPECT_EQ(Decode(Tiff({small}), notes).width, 1);
  EXPECT_THAT(notes, SizeIs(0));
}

TEST(NamedForms, WhatIsThereOfATruncatedPictureIsSaid) {
  std::vector<ImageNote> notes;
  Bytes png = Png(400, 100, 8, 0, Bytes(40000, 99));
  png.resize(png.size() - 8000);
  ExpectError(ErrorCode::kInput, "of its 100 rows the first", [&] { Decode(png, notes); });
  Bytes jpeg = Jpeg(Blocks(64, 160));
  jpeg.resize(jpeg.size() * 3 / 4);
  ExpectError(ErrorCode::kInput, "of its 160 rows the first", [&] { Decode(jpeg, notes); });
}

TEST(NamedForms, DamageIsNeverLocatedOutsideThePicture) {
  Bytes jpeg = Jpeg(Blocks(64, 119));
  const Bytes junk(20, 0x55);
  jpeg.insert(jpeg.end() - 2, junk.begin(), junk.end());
  std::vector<ImageNote> notes;
  Decode(jpeg, notes);
  ASSERT_THAT(notes, SizeIs(1));
  EXPECT_THAT(notes[0].message, HasSubstr("behind the last of its 119 rows, and pixels before it may be wrong"));
}

}  // namespace
}  // namespace fcn
