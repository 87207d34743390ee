// Pictures whose files say too little, or too much, gave confident wrong answers: samples of 12 bits in 16-bit files
// came out nearly black (plantcv 1804, mmsegmentation 2303), a near-infrared band tagged as alpha was laid over white
// (xarray-spatial 1769). Both are said now, with a way to say otherwise.
//
// What was looked at: 16 bits of PNG (grey, RGB, with alpha) and of TIFF (one to four bands, together or in planes): a
// note where no sample reaches a quarter of the range, whatever the bits (8, 10, 12, 14, reflectances of satellites);
// 65535 for "no value" beside them changes nothing. TIFF of 10, 12 and 14 packed bits: the range is known and used. A
// MaxSampleValue that is a full number of bits is used; any other is a statistic. HEIC and AVIF of 10 bits say so, and
// libheif scales them. Transparency of every format that has it (PNG with alpha and with a transparent colour, TIFF of
// both kinds, WebP, GIF, BMP, HEIC, AVIF) is noted where it changed a pixel, with the number; bands beyond the colour
// are noted, too.
#include <gmock/gmock.h>

#include "fcn/drawing.h"
#include "reproducers/picture_files.h"
#include "support/expect_error.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the support of tests
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> Kinds(const std::vector<ImageNote>& notes) {
  std::vector<std::string> kinds;
  kinds.reserve(notes.size());
  for (const ImageNote& note : notes) kinds.push_back(note.kind);
  return kinds;
}

/// A grey PNG and an RGB TIFF of 16-bit samples; what must hold of one must of the other.
std::vector<Bytes> SixteenBits(const std::vector<uint16_t>& samples) {
  TiffPage page{.width = static_cast<int>(samples.size()), .height = 1, .bits = 16, .samples = 3};
  Bytes rows;
  for (const uint16_t sample : samples) {
    AppendNumber(rows, sample, 2, true);
    page.values.insert(page.values.end(), 3, sample);
  }
  return {Png(page.width, 1, 16, 0, rows), Tiff({page})};
}

Image Decode(const Bytes& bytes, std::vector<ImageNote>& notes, const ReadImageOptions& options = {}) {
  notes.clear();
  return DecodeImage(bytes.data(), bytes.size(), "picture", options, &notes);
}

TEST(Range, SamplesOfFewerBitsAreNotedWithTheOption) {
  std::vector<ImageNote> notes;
  for (const auto& [largest, white] :
       {std::pair{255, 255}, {256, 1023}, {1023, 1023}, {4051, 4095}, {10000, 16383}, {16383, 16383}})
    for (const Bytes& bytes : SixteenBits({0, 7, static_cast<uint16_t>(largest)})) {
      Decode(bytes, notes);
      ASSERT_THAT(Kinds(notes), ElementsAre("range")) << largest;
      EXPECT_THAT(notes[0].message, HasSubstr("at most " + std::to_string(largest)));
      EXPECT_THAT(notes[0].hint, HasSubstr("--sample-max " + std::to_string(white)));
    }
}

TEST(Range, HonestPicturesAreNotNoted) {
  std::vector<ImageNote> notes;
  for (const std::vector<uint16_t>& samples :
       std::vector<std::vector<uint16_t>>{{0, 0, 0}, {65535, 65535}, {0, 65535}, {16384, 0}, {20000, 3}, {1, 2, 65000}})
    for (const Bytes& bytes : SixteenBits(samples)) {
      Decode(bytes, notes);
      EXPECT_THAT(notes, IsEmpty()) << samples[0];
    }
}

TEST(Range, NoDataDoesNotHideIt) {
  std::vector<ImageNote> notes;
  for (const Bytes& bytes : SixteenBits({0, 4000, 65535})) {
    Decode(bytes, notes);
    ASSERT_THAT(Kinds(notes), ElementsAre("range"));
    EXPECT_THAT(notes[0].message, HasSubstr("at most 4000, but for some of 65535"));
  }
}

TEST(Range, SampleMaxBecomesWhite) {
  std::vector<ImageNote> notes;
  for (const Bytes& bytes : SixteenBits({0, 8, 9, 2048, 4095})) {
    const Image image = Decode(bytes, notes, {.sample_max = 4095});
    Bytes expected;
    for (const uint8_t value : {0, 0, 1, 128, 255}) expected.insert(expected.end(), 3, value);
    EXPECT_EQ(image.rgb, expected);
    EXPECT_THAT(notes, IsEmpty());
    Decode(bytes, notes, {.sample_max = 65535});
    EXPECT_THAT(notes, IsEmpty()) << "said by the user";
  }
  for (const Bytes& bytes : SixteenBits({0, 5000, 65535, 100})) {
    EXPECT_EQ(Decode(bytes, notes, {.sample_max = 4095}).rgb, (Bytes{0, 0, 0, 255, 255, 255, 255, 255, 255, 6, 6, 6}));
    ASSERT_THAT(Kinds(notes), ElementsAre("range"));
    EXPECT_THAT(notes[0].message, HasSubstr("25.00 % of them are above 4095"));
  }
  const Bytes eight_bits = Png(1, 1, 8, 0, {77});
  EXPECT_EQ(Decode(eight_bits, notes, {.sample_max = 4095}).rgb, Bytes(3, 77)) << "8 bits have no 4095";
  EXPECT_EQ(Decode(eight_bits, notes, {.sample_max = 154}).rgb, Bytes(3, 128));
  ExpectError(ErrorCode::kUsage, "--sample-max", [&] { Decode(eight_bits, notes, {.sample_max = 70000}); });
}

TEST(Range, MasksAndFewBitsInBytesAreNoted) {
  std::vector<ImageNote> notes;
  for (const int largest : {1, 15, 31}) {
    const Bytes dark = Png(3, 1, 8, 0, {0, static_cast<uint8_t>(largest), 255});
    const Image image = Decode(dark, notes);
    ASSERT_THAT(Kinds(notes), ElementsAre("range")) << largest;
    EXPECT_THAT(notes[0].message, HasSubstr("at most " + std::to_string(largest) + " of 255, but for some of 255"));
    EXPECT_THAT(notes[0].hint, HasSubstr("--sample-max " + std::to_string(largest) + " if"));
    EXPECT_EQ(Decode(dark, notes, {.sample_max = largest}).rgb, (Bytes{0, 0, 0, 255, 255, 255, 255, 255, 255}));
    EXPECT_THAT(notes, IsEmpty());
    EXPECT_EQ(Decode(dark, notes, {.sample_max = 255}).rgb, image.rgb);
    EXPECT_THAT(notes, IsEmpty());
  }
  for (const Bytes& honest : {Png(2, 1, 8, 0, {0, 0}), Png(2, 1, 8, 0, {0, 32}), Png(2, 1, 8, 0, {255, 255})}) {
    Decode(honest, notes);
    EXPECT_THAT(notes, IsEmpty());
  }
}

TEST(Range, ReflectancesHaveARoundWhite) {
  std::vector<ImageNote> notes;
  for (const Bytes& bytes : SixteenBits({0, 10000})) {
    Decode(bytes, notes);
    ASSERT_THAT(Kinds(notes), ElementsAre("range"));
    EXPECT_THAT(notes[0].hint, HasSubstr("--sample-max 10000"));
  }
}

TEST(Range, WhatTheFileSaysIsUsed) {
  std::vector<ImageNote> notes;
  for (const int bits : {10, 12, 14}) {
    const int white = (1 << bits) - 1;
    for (const int samples : {1, 3}) {
      TiffPage page{.width = 3, .height = 2, .bits = bits, .samples = samples, .photometric = samples == 1 ? 1 : 2};
      Bytes expected;
      for (const int value : {0, white, white / 2, 1, white - 1, white / 4}) {
        page.values.insert(page.values.end(), static_cast<size_t>(samples), static_cast<uint16_t>(value));
        expected.insert(expected.end(), 3, static_cast<uint8_t>((value * 255 + white / 2) / white));
      }
      EXPECT_EQ(Decode(Tiff({page}), notes).rgb, expected) << bits;
      EXPECT_THAT(notes, IsEmpty());
    }
  }
  TiffPage page{.width = 2, .height = 1, .bits = 16, .samples = 1, .photometric = 1, .values = {4095, 2048}};
  page.max_sample = 4095;
  EXPECT_EQ(Decode(Tiff({page}), notes).rgb, (Bytes{255, 255, 255, 128, 128, 128}));
  EXPECT_THAT(notes, IsEmpty());
  page.max_sample = 4050;  // a statistic
  EXPECT_EQ(Decode(Tiff({page}), notes).rgb, (Bytes{15, 15, 15, 8, 8, 8}));
  EXPECT_THAT(Kinds(notes), ElementsAre("range"));
}

TEST(Transparency, IsNotedWithTheNumberOfPixelsItChanged) {
  std::vector<ImageNote> notes;
  const Bytes rgba = {110, 20, 30, 0, 110, 20, 30, 255, 255, 255, 255, 0, 110, 20, 30, 128};
  TiffPage page{.width = 4, .height = 1, .samples = 4, .extra = {2}, .values = {rgba.begin(), rgba.end()}};
  for (const Bytes& bytes : {Png(4, 1, 8, 6, rgba), Tiff({page})}) {
    EXPECT_EQ(Decode(bytes, notes).rgb, (Bytes{255, 255, 255, 110, 20, 30, 255, 255, 255, 182, 137, 142}));
    ASSERT_THAT(Kinds(notes), ElementsAre("transparency"));
    EXPECT_THAT(notes[0].message, HasSubstr("changes 2 of its 4 pixels (50.00 %)")) << "white stays white";
    EXPECT_THAT(notes[0].hint, HasSubstr("--ignore-alpha"));
    EXPECT_EQ(Decode(bytes, notes, {.ignore_alpha = true}).rgb,
              (Bytes{110, 20, 30, 110, 20, 30, 255, 255, 255, 110, 20, 30}));
    EXPECT_THAT(notes, IsEmpty());
  }
}

TEST(Transparency, OfOtherKindsIsNotedToo) {
  std::vector<ImageNote> notes;
  EXPECT_EQ(Decode(Png(2, 1, 8, 4, {0, 51, 77, 255}), notes).rgb, (Bytes{204, 204, 204, 77, 77, 77}));
  EXPECT_THAT(Kinds(notes), ElementsAre("transparency"));
  const Bytes key = Png(2, 1, 8, 2, {101, 2, 3, 101, 2, 4}, {"tRNS", {0, 101, 0, 2, 0, 3}});
  EXPECT_EQ(Decode(key, notes).rgb, (Bytes{255, 255, 255, 101, 2, 4}));
  EXPECT_THAT(Kinds(notes), ElementsAre("transparency"));
  EXPECT_EQ(Decode(key, notes, {.ignore_alpha = true}).rgb, (Bytes{101, 2, 3, 101, 2, 4}));
  // Near-infrared tagged as alpha, of 16 bits, behind another band.
  TiffPage page{
      .width = 1, .height = 1, .bits = 16, .samples = 5, .extra = {0, 2}, .values = {65535, 0, 20000, 99, 256}};
  EXPECT_EQ(Decode(Tiff({page}), notes).rgb, (Bytes{255, 254, 254}));
  EXPECT_THAT(Kinds(notes), ElementsAre("bands", "transparency"));
  EXPECT_EQ(Decode(Tiff({page}), notes, {.ignore_alpha = true}).rgb, (Bytes{255, 0, 78}));
  page.extra = {1, 0};  // premultiplied
  page.values = {0, 0, 0, 65535, 256};
  Decode(Tiff({page}), notes);
  EXPECT_THAT(Kinds(notes), ElementsAre("bands")) << "opaque";
}

TEST(Transparency, WithoutAnEffectIsNotNoted) {
  std::vector<ImageNote> notes;
  Decode(Png(2, 1, 8, 6, {110, 20, 30, 255, 255, 255, 255, 3}), notes);
  EXPECT_THAT(notes, IsEmpty());
}

using ConfidentPictures = ProgramTest;

TEST_F(ConfidentPictures, TheProgramSaysIt) {
  const std::vector<Bytes> dark = SixteenBits({0, 4000, 100, 3000});
  std::filesystem::create_directories(folder_ / "data/images");
  std::filesystem::create_directories(folder_ / "data/masks");
  WriteFile(folder_ / "data/images/a.png", dark[0]);
  const Bytes labels = {0, 1, 1, 0};
  WriteIndexedPng(Path("data/masks/a.png"), labels.data(), 4, 1, VocPalette());
  const std::string model = ModelFile();
  test::ProgramResult result = Fcn({"segment", Path("data/images/a.png"), "--model", model, "-o", Path("out")});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("fcn: note: "));
  EXPECT_THAT(result.err, HasSubstr("--sample-max 4095"));
  result = Fcn({"segment", Path("data/images/a.png"), "--model", model, "-o", Path("out2"), "--sample-max", "4095"});
  EXPECT_EQ(result.err.find("note"), std::string::npos);
  EXPECT_EQ(Fcn({"segment", Path("data/images/a.png"), "--model", model, "--sample-max", "0"}).exit_code, 2);

  result = Fcn({"dataset", "check", "--data", Path("data"), "--classes", "a,b", "--json"});
  EXPECT_EQ(result.exit_code, 0);
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["errors"], 0);
  EXPECT_EQ(json["findings"][0]["kind"], "range");
  result = Fcn({"dataset", "check", "--data", Path("data"), "--classes", "a,b", "--json", "--sample-max", "4095"});
  EXPECT_THAT(nlohmann::json::parse(result.out)["findings"], IsEmpty());
  EXPECT_EQ(Fcn({"dataset", "stats", "--data", Path("data"), "--classes", "a,b", "--sample-max", "4095"}).exit_code, 0);

  result = Fcn({"report", "--photo", Path("data/images/a.png"), "--model", model, "-o", Path("p.html"), "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["notes"][0]["kind"], "range");
}

TEST_F(ConfidentPictures, TrainingTakesTheSameOptions) {
  std::filesystem::create_directories(folder_ / "data/images");
  std::filesystem::create_directories(folder_ / "data/masks");
  const Bytes labels(32 * 32, 1);
  WriteFile(folder_ / "data/images/a.png", Png(32, 32, 8, 6, Bytes(32 * 32 * 4, 90)));
  WriteIndexedPng(Path("data/masks/a.png"), labels.data(), 32, 32, VocPalette());
  WriteFile(folder_ / "reading.toml", std::string("ignore_alpha = true\nbands = [3, 2, 1]\nstrict = true\n"
                                                  "max_pixels = 1024\nsample_max = 4095\n"));
  const test::ProgramResult result = Fcn({"train",
                                          "--config",
                                          Path("reading.toml"),
                                          "--data",
                                          Path("data"),
                                          "--train-split",
                                          "[:]",
                                          "--val-split",
                                          "",
                                          "--classes",
                                          "a,b",
                                          "--model",
                                          "fcn32s-efficientnet-lite0",
                                          "--max-iters",
                                          "1",
                                          "--batch-size",
                                          "1",
                                          "--crop-size",
                                          "32x32",
                                          "--check",
                                          "false",
                                          "-o",
                                          Path("run")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const Bytes written = ReadFile(folder_ / "run/config.toml");
  const std::string config(written.begin(), written.end());
  for (const char* line : {"ignore_alpha = true\n", "bands = [3, 2, 1]\n", "strict = true\n", "max_pixels = 1024\n",
                           "sample_max = 4095\n", "page = 1\n"})
    EXPECT_THAT(config, HasSubstr(line));
}

}  // namespace
}  // namespace fcn
