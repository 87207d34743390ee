// Pictures that other programs read are read, and what is odd about them is said; --strict refuses what is damaged. A
// switch for each thing that a file may say wrongly: --bands, --page, --max-pixels. Reported in public: damaged JPEGs
// (CMT 35, trt_pose 102), bands tagged MINISBLACK, pages of a TIFF left out in silence, "raise the limit" without an
// option.
//
// What was looked at, with what Pillow 13, OpenCV 5 and torchvision do of a file, and what fcn does:
//
// | damage | Pillow | OpenCV | fcn |
// |---|---|---|---|
// | JPEG: bytes lost, added or flipped in the middle | reads | reads | reads, note |
// | JPEG: only the end marker is missing | refuses | refuses | reads, note: all rows are there |
// | JPEG: rows or scans are missing, with an end marker or without | refuses; reads | refuses; reads | refuses |
// | JPEG: one or two bytes ahead of a marker | reads | reads | reads: pixels are whole |
// | PNG: bytes after the end | reads | reads | reads: pixels are whole |
// | PNG: the end chunk is missing | reads | refuses (torchvision reads) | reads, note |
// | PNG: bad checksum of a chunk that holds no pixels | refuses | reads (torchvision too) | reads without it, note |
// | PNG: bad checksum of the pixels, rows missing | reads; refuses | refuses | refuses |
// | TIFF: pixels or tags that are not there or damaged | refuses | refuses (LZW: reads) | refuses |
// | TIFF: damaged behind the page that is read | reads | reads | reads, note |
// | WebP: anything missing | refuses | refuses | refuses |
// | GIF: no end, or damage behind the first frame | reads | refuses | reads, note |
// | GIF, BMP: rows missing | refuses | refuses | refuses |
// | BMP: run lengths without their end | reads | reads | reads, note |
// | HEIC, AVIF: what libheif warns of | - | - | reads, note |
//
// Labels are read strictly always, and never over white. GIF and WebP animations: the first frame, with a note.
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
using testing::Not;

struct Read {
  Image image;
  std::vector<ImageNote> notes;

  std::vector<std::string> Kinds() const {
    std::vector<std::string> kinds;
    kinds.reserve(notes.size());
    for (const ImageNote& note : notes) kinds.push_back(note.kind);
    return kinds;
  }
};

Read Decode(const Bytes& bytes, const ReadImageOptions& options = {}) {
  Read read;
  read.image = DecodeImage(bytes.data(), bytes.size(), "picture", options, &read.notes);
  return read;
}

void ExpectRefused(const Bytes& bytes, const std::string& part, const ReadImageOptions& options = {}) {
  ExpectError(ErrorCode::kInput, part, [&] { Decode(bytes, options); });
}

/// The share of pixels that differ visibly.
double Changed(const Image& image, const Image& from) {
  EXPECT_EQ(image.rgb.size(), from.rgb.size());
  size_t changed = 0;
  for (size_t i = 0; i < image.rgb.size(); i += 3) {
    int most = 0;
    for (size_t c = 0; c < 3; c++) most = std::max(most, std::abs(image.rgb[i + c] - from.rgb[i + c]));
    changed += most > 8;
  }
  return static_cast<double>(changed) * 3 / static_cast<double>(image.rgb.size());
}

Bytes Without(Bytes bytes, size_t from, size_t count) {
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(from);
  bytes.erase(at, at + static_cast<std::ptrdiff_t>(count));
  return bytes;
}

Bytes Head(const Bytes& bytes, size_t count) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count)};
}

TEST(DamagedJpegs, BytesLostInTheMiddleAreANoteAndStrictRefuses) {
  for (const bool progressive : {false, true})
    for (const int restart_rows : {0, 1}) {
      const Bytes whole = Jpeg(Blocks(256, 192), restart_rows, progressive);
      int damaged = 0;
      for (size_t at = whole.size() / 2; at < whole.size() - 200; at += 97) {
        const Bytes bytes = Without(whole, at, 12);
        try {
          const Read read = Decode(bytes);
          if (read.notes.empty()) continue;  // codes may happen to fall into step without a trace
          damaged++;
          EXPECT_THAT(read.Kinds(), ElementsAre("damaged"));
          EXPECT_THAT(read.notes[0].message, HasSubstr("picture is damaged: its data make no sense in"));
          EXPECT_THAT(read.notes[0].message, HasSubstr("192"));
          EXPECT_THAT(read.notes[0].hint, HasSubstr("--strict"));
          EXPECT_LT(Changed(read.image, Decode(whole).image), progressive ? 1 : 0.6);
          ExpectRefused(bytes, "truncated or corrupt JPEG", {.strict = true});
        } catch (const Error& error) {  // too much is missing
          EXPECT_EQ(error.code(), ErrorCode::kInput) << error.what();
        }
      }
      EXPECT_GT(damaged, 5) << progressive << ' ' << restart_rows;
    }
}

TEST(DamagedJpegs, TheFirstDamagedRowIsNamed) {
  const Bytes whole = Jpeg(Blocks(256, 384), 1);
  Read read;
  for (size_t at = whole.size() * 3 / 4; read.notes.empty(); at++) read = Decode(Without(whole, at, 12));
  ASSERT_THAT(read.Kinds(), ElementsAre("damaged"));
  const std::string& message = read.notes[0].message;
  const int row = std::stoi(message.substr(message.find("row ") + 4));
  EXPECT_GE(row, 256);
  EXPECT_LE(row, 368);
  const Image expected = Decode(whole).image;  // all above it is as it was, but for the smoothing of chroma
  const size_t above = static_cast<size_t>(row - 1) * 256 * 3;
  EXPECT_TRUE(std::equal(expected.rgb.begin(), expected.rgb.begin() + static_cast<std::ptrdiff_t>(above),
                         read.image.rgb.begin()));
}

TEST(DamagedJpegs, OnlyTheEndMarkerIsMissing) {
  for (const bool progressive : {false, true}) {
    const Bytes whole = Jpeg(Blocks(64, 48), 0, progressive);
    for (const size_t missing : {1, 2}) {
      const Read read = Decode(Head(whole, whole.size() - missing));
      EXPECT_EQ(read.image.rgb, Decode(whole).image.rgb);
      ASSERT_THAT(read.Kinds(), ElementsAre("damaged"));
      EXPECT_THAT(read.notes[0].message, HasSubstr("no end marker"));
      ExpectRefused(Head(whole, whole.size() - missing), "JPEG", {.strict = true});
    }
  }
}

TEST(DamagedJpegs, MissingRowsAreAnErrorWithAnEndMarkerOrWithout) {
  for (const bool progressive : {false, true})
    for (const int restart_rows : {0, 2}) {
      const Bytes whole = Jpeg(Blocks(256, 192), restart_rows, progressive);
      for (const size_t share : {40, 50, 70, 80, 99}) {
        SCOPED_TRACE(std::to_string(share) + (restart_rows > 0 ? " % with restarts" : " %"));
        Bytes cut = Head(whole, whole.size() * share / 100);
        ExpectRefused(cut, "Fetch the file again");
        if (share > 80 || progressive) continue;  // a progressive one of fewer scans is a JPEG, too
        cut.insert(cut.end(), {0xff, 0xd9});
        ExpectRefused(cut, "lacks up to");
      }
    }
}

TEST(DamagedPngs, TheEndChunkIsMissing) {
  const Bytes whole = Png(8, 8, 8, 2, Bytes(192, 77));
  for (const size_t missing : {1, 4, 8, 12}) {
    const Read read = Decode(Head(whole, whole.size() - missing));
    EXPECT_EQ(read.image.rgb, Bytes(192, 77));
    ASSERT_THAT(read.Kinds(), ElementsAre("damaged"));
    EXPECT_THAT(read.notes[0].message, HasSubstr("all its pixels are there"));
    ExpectRefused(Head(whole, whole.size() - missing), "PNG", {.strict = true});
  }
  ExpectRefused(Head(whole, whole.size() - 60), "PNG");  // rows are missing
}

TEST(DamagedPngs, AChunkWithoutPixelsHasABadChecksum) {
  Bytes bytes = Png(8, 8, 8, 2, Bytes(192, 77), {"tEXt", {'a', 0, 'b'}});
  bytes[8 + 25 + 8 + 1] ^= 2;  // in the text
  const Read read = Decode(bytes);
  EXPECT_EQ(read.image.rgb, Bytes(192, 77));
  EXPECT_THAT(read.Kinds(), ElementsAre("damaged"));
  ExpectRefused(bytes, "PNG", {.strict = true});
}

TEST(DamagedPngs, ABadChecksumOfPixelsIsAnErrorAndBytesAfterTheEndAreNothing) {
  Bytes bytes = Png(8, 8, 8, 2, Bytes(192, 77));
  const Bytes junk = {'j', 'u', 'n', 'k'};
  Bytes longer = bytes;
  longer.insert(longer.end(), junk.begin(), junk.end());
  EXPECT_TRUE(Decode(longer, {.strict = true}).notes.empty());
  bytes[8 + 25 + 8 + 20] ^= 1;  // a pixel
  ExpectRefused(bytes, "PNG");
}

TiffPage Page(int samples, int photometric, int bits = 8, std::vector<int> extra = {}) {
  TiffPage page{.width = 5, .height = 3, .bits = bits, .samples = samples, .photometric = photometric};
  page.extra = std::move(extra);
  for (int i = 0; i < page.width * page.height * samples; i++)
    page.values.push_back(static_cast<uint16_t>((i * 37 + 11) & ((1 << bits) - 1)));
  return page;
}

/// What bands of a page of bytes, or the high bytes of 16 bits, look like.
Bytes Chosen(const TiffPage& page, const std::vector<int>& bands) {
  Bytes rgb;
  for (int i = 0; i < page.width * page.height; i++)
    for (size_t c = 0; c < 3; c++) {
      const int band = bands[bands.size() == 1 ? 0 : c];
      rgb.push_back(
          static_cast<uint8_t>(page.values[static_cast<size_t>(i * page.samples + band - 1)] >> (page.bits - 8)));
    }
  return rgb;
}

TEST(Bands, OfAnyNumberCanBeChosen) {
  for (const int bits : {8, 16})
    for (const int samples : {3, 4, 5, 8, 13}) {
      const TiffPage page = Page(samples, 1, bits, std::vector<int>(static_cast<size_t>(samples - 1), 0));
      const Bytes bytes = Tiff({page});
      ExpectError(ErrorCode::kUnsupported, "--bands 1,2,3", [&] { Decode(bytes); });
      for (const std::vector<int>& bands : {std::vector{1, 2, 3}, {3, 2, 1}, {2}, {samples, 1, 2}, {2, 2, 2}}) {
        const Read read = Decode(bytes, {.sample_max = 65535, .bands = bands});
        EXPECT_EQ(read.image.rgb, Chosen(page, bands)) << samples;
        EXPECT_TRUE(read.notes.empty());
      }
      ExpectRefused(bytes, "picture has " + std::to_string(samples) + " bands, and band 14 is asked for",
                    {.bands = {14}});
    }
}

TEST(Bands, WhatIsPassedOverIsSaid) {
  const TiffPage page = Page(5, 2, 8, {0, 0});
  const Read read = Decode(Tiff({page}));
  EXPECT_EQ(read.image.rgb, Chosen(page, {1, 2, 3}));
  ASSERT_THAT(read.Kinds(), ElementsAre("bands"));
  EXPECT_THAT(read.notes[0].message, HasSubstr("has 5 bands, of which the first three are read"));
}

TEST(Bands, OfOtherFormatsAreWhatTheyStore) {
  const Bytes rgba = Png(1, 1, 8, 6, {10, 20, 30, 40}), grey_alpha = Png(1, 1, 8, 4, {50, 60});
  EXPECT_EQ(Decode(rgba, {.bands = {4, 2, 1}}).image.rgb, (Bytes{40, 20, 10}));
  EXPECT_EQ(Decode(rgba, {.bands = {4}}).image.rgb, (Bytes{40, 40, 40}));
  EXPECT_EQ(Decode(grey_alpha, {.bands = {1}}).image.rgb, (Bytes{50, 50, 50}));
  ExpectRefused(grey_alpha, "has 2 bands, and band 3", {.bands = {1, 2, 3}});
  const Image picture = Blocks(16, 16);
  Image swapped = Decode(Jpeg(picture)).image;
  for (size_t i = 0; i < swapped.rgb.size(); i += 3) std::swap(swapped.rgb[i], swapped.rgb[i + 2]);
  EXPECT_EQ(Decode(Jpeg(picture), {.bands = {3, 2, 1}}).image.rgb, swapped.rgb);
  ExpectRefused(Jpeg(picture), "has 3 bands, and band 4", {.bands = {4}});
  ExpectError(ErrorCode::kUsage, "2 bands make no picture", [&] { Decode(rgba, {.bands = {1, 2}}); });
  ExpectError(ErrorCode::kUsage, "no band 0", [&] { Decode(rgba, {.bands = {0}}); });
}

TEST(Pages, OthersAreNotedChosenAndCounted) {
  TiffPage second = Page(3, 2), third = Page(1, 1);
  second.values.assign(second.values.size(), 9);
  third.values.assign(third.values.size(), 200);
  const Bytes bytes = Tiff({Page(3, 2), second, third});
  const Read first = Decode(bytes);
  EXPECT_EQ(first.image.rgb, Chosen(Page(3, 2), {1, 2, 3}));
  ASSERT_THAT(first.Kinds(), ElementsAre("pages"));
  EXPECT_EQ(first.notes[0].message, "picture has 3 pages, page 1 is read");
  EXPECT_EQ(Decode(bytes, {.page = 2}).image.rgb, Bytes(45, 9));
  EXPECT_EQ(Decode(bytes, {.page = 3}).image.rgb, Bytes(45, 200));
  ExpectRefused(bytes, "picture has 3 pages, and page 4 is asked for", {.page = 4});
  ExpectRefused(Jpeg(Blocks(8, 8)), "has 1 page, and page 2 is asked for", {.page = 2});
  ExpectRefused(Png(1, 1, 8, 0, {1}), "has 1 page, and page 2 is asked for", {.page = 2});
  ExpectError(ErrorCode::kUsage, "no page 0", [&] { Decode(bytes, {.page = 0}); });
}

TEST(Pages, SmallerCopiesAreNone) {
  TiffPage copy = Page(3, 2);
  copy.subfile = 1;
  EXPECT_TRUE(Decode(Tiff({Page(3, 2), copy})).notes.empty());
}

TEST(Pages, DamageBehindThePageIsNoted) {
  const Bytes bytes = Tiff({Page(3, 2), Page(3, 2)});
  const Bytes cut = Head(bytes, bytes.size() - 8);
  const Read read = Decode(cut);
  EXPECT_EQ(read.image.rgb, Chosen(Page(3, 2), {1, 2, 3}));
  EXPECT_THAT(read.Kinds(), testing::Contains("damaged"));
  ExpectRefused(cut, "TIFF", {.strict = true});
}

TEST(Pixels, TheMessageNamesTheOption) {
  ExpectError(ErrorCode::kMemory, "--max-pixels", [] { Decode(Jpeg(Blocks(16, 16)), {.max_pixels = 255}); });
  ExpectError(ErrorCode::kUsage, "--max-pixels", [] { Decode(Jpeg(Blocks(16, 16)), {.max_pixels = -1}); });
}

using PictureOptions = ProgramTest;

TEST_F(PictureOptions, SegmentHasThemAll) {
  const std::string model = ModelFile();
  WriteFile(folder_ / "bands.tif", Tiff({Page(5, 1, 8, {0, 0, 0, 0})}));
  WriteFile(folder_ / "pages.tif", Tiff({Page(3, 2), Page(3, 2)}));
  const Bytes whole = Jpeg(Blocks(64, 48));
  WriteFile(folder_ / "noend.jpg", Head(whole, whole.size() - 2));
  const auto segment = [&](const std::string& name, std::vector<std::string> options) {
    std::vector<std::string> words = {"segment", "--overwrite"};
    words.insert(words.end(), options.begin(), options.end());
    for (const char* word : {"--model", model.c_str(), "-o"}) words.emplace_back(word);
    words.push_back(Path("out"));
    words.push_back(Path(name));
    return Fcn(words);
  };
  test::ProgramResult result = segment("bands.tif", {});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("--bands 1,2,3"));
  for (const char* bands : {"1,2,3", " 4, 5 ,1 ", "2"})
    EXPECT_EQ(segment("bands.tif", {"--bands", bands}).exit_code, 0) << bands;
  for (const char* bands : {"1,2", "0", "a", "1,,2", ""})
    EXPECT_EQ(segment("bands.tif", {"--bands", bands}).exit_code, 2) << bands;
  EXPECT_EQ(segment("bands.tif", {"--bands", "1,2,6"}).exit_code, 1);

  result = segment("pages.tif", {"--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("fcn: note: "));
  EXPECT_THAT(result.err, HasSubstr("has 2 pages, page 1 is read"));
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_EQ(json["pictures"][0]["notes"][0]["kind"], "pages");
  EXPECT_THAT(segment("pages.tif", {"--page", "2"}).err, Not(HasSubstr("note")));
  EXPECT_EQ(segment("pages.tif", {"--page", "3"}).exit_code, 1);

  EXPECT_THAT(segment("noend.jpg", {}).err, HasSubstr("fcn: note: "));
  EXPECT_EQ(segment("noend.jpg", {"--strict"}).exit_code, 1);
  EXPECT_THAT(segment("noend.jpg", {"--max-pixels", "3071"}).err, HasSubstr("--max-pixels"));
  EXPECT_EQ(segment("noend.jpg", {"--max-pixels", "3072"}).exit_code, 0);
}

TEST_F(PictureOptions, NotesOfManyPicturesAreCounted) {
  for (int i = 0; i < 6; i++) {
    std::filesystem::create_directories(folder_ / "in");
    WriteFile(folder_ / "in" / (std::to_string(i) + ".tif"), Tiff({Page(3, 2), Page(3, 2)}));
  }
  const test::ProgramResult result = Fcn({"segment", Path("in"), "--model", ModelFile(), "-o", Path("out"), "--json"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("2.tif has 2 pages"));
  EXPECT_THAT(result.err, Not(HasSubstr("3.tif has 2 pages")));
  EXPECT_THAT(result.err, HasSubstr("and 3 more of this kind (pages)"));
  const auto said = nlohmann::json::parse(result.out);
  EXPECT_EQ(said.at("pictures").size(), 6u);
  for (const auto& picture : said["pictures"]) EXPECT_EQ(picture["notes"].size(), 1u);
}

TEST_F(PictureOptions, DataSetsAreReadWithThem) {
  std::filesystem::create_directories(folder_ / "data/images");
  std::filesystem::create_directories(folder_ / "data/masks");
  const Bytes whole = Jpeg(Blocks(64, 48));
  WriteFile(folder_ / "data/images/a.jpg", Head(whole, whole.size() - 2));
  Bytes labels(64 * 48, 1);
  labels[0] = 0;
  WriteIndexedPng(Path("data/masks/a.png"), labels.data(), 64, 48, VocPalette());
  const std::vector<std::string> check = {"dataset", "check", "--data", Path("data"), "--classes", "a,b"};
  test::ProgramResult result = Fcn(check);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.out, HasSubstr("damaged: "));
  EXPECT_THAT(result.out, HasSubstr("nothing keeps it from being used"));
  std::vector<std::string> strict = check;
  strict.insert(strict.end(), {"--strict", "--json"});
  result = Fcn(strict);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(result.out)["errors"], 1);
  // The limit holds for labels as well.
  std::vector<std::string> limited = check;
  limited.insert(limited.end(), {"--max-pixels", "3071", "--json"});
  EXPECT_EQ(nlohmann::json::parse(Fcn(limited).out)["errors"], 2);

  const std::vector<std::string> eval = {"eval",       "--model",   ModelFile(), "--data",
                                         Path("data"), "--classes", "a,b,c",     "--json"};
  result = Fcn(eval);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("no end marker"));
  EXPECT_EQ(nlohmann::json::parse(result.out)["notes"][0]["kind"], "damaged");
  std::vector<std::string> strict_eval = eval;
  strict_eval.emplace_back("--strict");
  EXPECT_EQ(Fcn(strict_eval).exit_code, 1);
}

TEST_F(PictureOptions, LabelsAreReadStrictlyAndNeverOverWhite) {
  std::filesystem::create_directories(folder_ / "data/images");
  std::filesystem::create_directories(folder_ / "data/masks");
  PictureFile("data/images/a.png", 2, 1);
  const Bytes mask = Png(2, 1, 8, 6, {128, 0, 0, 0, 0, 128, 0, 77});
  WriteFile(folder_ / "data/masks/a.png", mask);
  const std::vector<std::string> check = {"dataset", "check",     "--data",  Path("data"), "--classes",
                                          "a,b",     "--palette", "128,0,0", "--palette",  "0,128,0"};
  test::ProgramResult result = Fcn(check);
  EXPECT_EQ(result.exit_code, 0) << result.out;
  WriteFile(folder_ / "data/masks/a.png", Head(mask, mask.size() - 12));
  EXPECT_EQ(Fcn(check).exit_code, 1);
}

}  // namespace
}  // namespace fcn
