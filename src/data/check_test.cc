#include "data/check.h"

#include <gmock/gmock.h>

#include <cmath>

#include "data/class_frequencies.h"
#include "data/picture_sizes.h"
#include "data/test_folder.h"
#include "fcn/drawing.h"
#include "support/expect_error.h"
#include "support/one_band_tiff.h"

namespace fcn {
namespace {

using testing::HasSubstr;

class Check : public test::DataTest {
 protected:
  static DatasetReport Report(const DatasetOptions& options) {
    size_t last = 0;
    const Context context(2);
    DatasetReport report = CheckDataset(options, context, [&](size_t done, size_t) { last = done; });
    EXPECT_EQ(last, report.samples);
    return report;
  }

  static std::string Messages(const DatasetReport& report, const std::string& kind) {
    std::string messages;
    for (const Finding& finding : report.findings)
      if (finding.kind == kind) messages += finding.message + "\n";
    return messages;
  }
};

TEST_F(Check, AGoodSetHasNoFindings) {
  Pair("a", 16, 16, 3);
  Pair("b", 20, 16, 3);
  const DatasetReport report = Report(Pairs());
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(report.heads[0].frequencies.valid_pixels(), 16 * 36);
  EXPECT_EQ((report.sizes.at({20, 16})), 1);
  EXPECT_EQ(report.heads[0].values.size(), 3u);
}

TEST_F(Check, FindsEverythingThatIsWrongAtOnce) {
  Pair("good", 8, 8);
  Pair("lonely", 8, 8);
  std::filesystem::remove(Path("masks/lonely.png"));
  Labels("masks/orphan.png", 8, 8, [](int, int) { return 0; });
  Picture("images/size.png", 8, 8);
  Labels("masks/size.png", 8, 9, [](int, int) { return 0; });
  Picture("images/value.png", 8, 8);
  Labels("masks/value.png", 8, 8, [](int x, int y) { return x == 3 && y == 5 ? 77 : 1; });
  Pair("broken", 8, 8);
  WriteFile(Path("images/broken.png"), std::string("\x89PNG\r\n\x1a\n"));
  Picture("images/jpeg.png", 8, 8);
  WriteFile(Path("masks/jpeg.jpg"), std::string("\xff\xd8\xff\xe0 and so on"));

  const DatasetReport report = Report(Pairs());
  EXPECT_THAT(Messages(report, "missing labels"), HasSubstr("lonely.png has no labels"));
  EXPECT_THAT(Messages(report, "labels without a picture"), HasSubstr("orphan.png belongs to no picture"));
  EXPECT_THAT(Messages(report, "size mismatch"), HasSubstr("size.png has 8x8 pixels"));
  EXPECT_THAT(Messages(report, "unknown value"), HasSubstr("value.png has value 77 at pixel (3, 5)"));
  EXPECT_THAT(Messages(report, "unreadable"), HasSubstr("broken.png"));
  EXPECT_THAT(Messages(report, "lossy labels"), HasSubstr("jpeg.jpg is a JPEG"));
  EXPECT_EQ(report.errors, 5u);  // an orphan harms nobody
  EXPECT_EQ(report.heads[0].unknown_pixels, 1);
  EXPECT_EQ(report.samples, 5u);
}

TEST_F(Check, GuessesBinaryMasksThatWouldBeIgnored) {
  Picture("images/a.png", 8, 8);
  Labels("masks/a.png", 8, 8, [](int x, int) { return x > 4 ? 255 : 0; });
  DatasetOptions options = Pairs({"no", "yes"});
  EXPECT_THAT(Messages(Report(options), "binary labels"), HasSubstr("--map 255:1"));
  options.map = {{255, 1}};
  EXPECT_TRUE(Report(options).findings.empty());
}

TEST_F(Check, OneClassIsAnErrorAndNothingElseIsSaid) {
  Picture("images/a.png", 8, 8);
  Labels("masks/a.png", 8, 8, [](int x, int) { return x > 6 ? 255 : 1; });
  DatasetReport report = Report(Pairs({"a", "b", "c"}));
  EXPECT_THAT(Messages(report, "one class"), HasSubstr("Everything that counts is b"));
  EXPECT_EQ(report.findings.size(), 1u);
  EXPECT_EQ(report.errors, 1u);
  Labels("masks/a.png", 8, 8, [](int, int) { return 0; });
  EXPECT_THAT(Messages(Report(Pairs({"thing"})), "one class"), HasSubstr("--classes 'background,thing'"));
  Labels("masks/a.png", 8, 8, [](int, int) { return 255; });
  EXPECT_EQ(Report(Pairs({"a", "b"})).findings.at(0).kind, "nothing counts");
}

TEST_F(Check, FindsPalettesInAnotherOrder) {
  Picture("images/a.png", 4, 4);
  WriteFile(Path("classes.txt"), std::string("bg 0 0 0\ngreen 0 128 0\nred 128 0 0\n"));
  const auto labels = [&](const std::vector<Colour>& palette) {
    std::vector<uint8_t> indices(16);
    for (size_t i = 0; i < 16; i++) indices[i] = i % 2;
    WriteIndexedPng(Path("masks/a.png"), indices.data(), 4, 4, palette);
    return Report(Pairs({}));
  };
  const DatasetReport report = labels({{0, 0, 0}, {128, 0, 0}});
  EXPECT_THAT(Messages(report, "palette order"),
              HasSubstr("a.png has index 1 in colour 128,0,0, which is the colour of class 2"));
  EXPECT_EQ(report.errors, 1u);
  EXPECT_EQ(Messages(labels({{0, 0, 0}, {0, 128, 0}}), "palette order"), "");
  EXPECT_EQ(Messages(labels({{0, 0, 0}, {1, 2, 3}}), "palette order"), "");  // not the classes' own colours
  EXPECT_EQ(Messages(labels(VocPalette()), "palette order"), "");            // there to look at
}

TEST_F(Check, PointsInWhatIsNotLabelledAreNoBinaryMasks) {
  Picture("images/a.png", 64, 64);
  Labels("masks/a.png", 64, 64, [](int x, int y) { return y > 0 || x > 1 ? 255 : x; });
  const DatasetReport report = Report(Pairs({"no", "yes"}));
  EXPECT_THAT(Messages(report, "binary labels"), HasSubstr("0 or 255 but for few pixels"));
  EXPECT_EQ(report.errors, 0u);
}

TEST_F(Check, OneClassNamesTheFileThatHasIt) {
  Picture("images/a.png", 8, 8);
  Labels("masks/a.png", 8, 8, [](int, int) { return 0; });
  WriteFile(Path("classes.txt"), std::string("road\n"));
  EXPECT_THAT(Messages(Report(Pairs({})), "one class"), HasSubstr("in " + Path("classes.txt")));
  WriteFile(Path("classes.txt"), std::string("road\nsky\n"));
  EXPECT_THAT(Messages(Report(Pairs({"road"})), "one class"), HasSubstr("--classes 'road,sky'"));
}

TEST_F(Check, OneAtATimeFindsTheSame) {
  for (int i = 0; i < 9; i++) Pair(std::to_string(i), 16, 16, 3);
  Labels("masks/4.png", 16, 16, [](int, int) { return 77; });
  const DatasetReport whole = Report(Pairs());
  const DatasetReport one = CheckDataset(
      Pairs(), Context(3), [](size_t, size_t) {}, 1);
  ASSERT_EQ(one.findings.size(), 1u);
  EXPECT_EQ(one.findings[0].message, whole.findings.at(0).message);
  EXPECT_EQ(one.heads[0].values, whole.heads[0].values);
}

TEST_F(Check, SizesAreToldFromTheFirstBytes) {
  Pair("a", 16, 12, 3);
  Pair("b", 16, 12, 3);
  Pair("c", 300, 7, 3);
  Pair("broken", 9, 9, 3);
  WriteFile(Path("masks/broken.png"), std::string("\x89PNG\r\n\x1a\n"));
  const auto ignore = [](size_t, size_t) {};
  EXPECT_EQ(ReadPictureSizes(*OpenDataset(Pairs()), ignore), (PictureSizes{{{16, 12}, 2}, {{300, 7}, 1}}));
  EXPECT_EQ(LargestPixels(ReadPictureSizes(*OpenDataset(Pairs()), ignore)), 2100);
  EXPECT_EQ(PngSize(Path("nowhere.png"), {}), (std::pair{0, 0}));
}

TEST_F(Check, FindsColoursThatALossyFormatMoved) {
  Picture("images/a.png", 2, 1);
  WriteRgbPng(Path("masks/a.png"), Image{2, 1, {9, 8, 7, 1, 0, 2}});
  DatasetOptions options = Pairs({"no", "yes"});
  options.palette = {{0, 0, 0}, {9, 8, 7}};
  const DatasetReport report = Report(options);
  EXPECT_THAT(Messages(report, "lossy labels"), HasSubstr("colour 1,0,2 at pixel (1, 0)"));
  EXPECT_EQ(report.heads[0].colours.size(), 2u);
}

TEST_F(Check, FindsMarksOfMissingValuesAndWhatIsNoNumber) {
  DatasetOptions options = Pairs({"2"});
  options.inputs = {{"image"}, {"depth", 1}};
  const auto write_depth = [&](const std::string& name, const std::vector<float>& samples) {
    WriteFile(Path("images-depth/" + name + ".tif"), test::OneBandTiff(4, 3, samples));
  };
  for (const char* name : {"a", "b"}) {
    Picture(std::string("images/") + name + ".png", 4, 3);
    Labels(std::string("masks/") + name + ".png", 4, 3, [](int x, int) { return x % 2; });
    write_depth(name, {1, 2, 3, 4, 5, 6, 7, 8, 9, 8, 7, 6});
  }
  EXPECT_EQ(Messages(Report(options), "missing values"), "");
  write_depth("b", {1, 2, 3, 4, -9999, 6, 7, 8, 9, 8, 7, 6});
  DatasetReport report = Report(options);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_THAT(Messages(report, "missing values"),
              testing::AllOf(HasSubstr("Band 1 of the input depth is -9999 in "), HasSubstr("b.tif"),
                             HasSubstr("all other samples are 1 to 9")));
  write_depth("b", {1, 2, 3, 4, std::nanf(""), 6, 7, 8, 9, 8, 7, 6});
  report = Report(options);
  EXPECT_EQ(report.errors, 1u);
  EXPECT_THAT(Messages(report, "unreadable"), HasSubstr("b.tif has nan in band 1 at pixel (0, 1)"));
}

TEST_F(Check, AHeadsMessagesNameItsFileAndItsMap) {
  DatasetOptions options = Pairs({"3"});
  options.heads = {"class", "wall"};
  Pair("a", 8, 8);
  WriteFile(Path("classes-wall.txt"), std::string("other\nwall\n"));
  Labels("masks-wall/a.png", 8, 8, [](int x, int) { return x % 2 * 255; });
  EXPECT_THAT(Messages(Report(options), "binary labels"), HasSubstr("Binary masks are read with --map wall=255:1"));
  options.map = {{255, 1}};
  options.map[0].head = "wall";
  const DatasetReport report = Report(options);
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(report.heads[1].frequencies.pixels(1), 32);
  EXPECT_EQ(OpenDataset(options)->Get(0).labels[1].labels[1], 1);
  Labels("masks-wall/a.png", 8, 8, [](int x, int) { return x % 4; });
  EXPECT_THAT(Messages(Report(options), "unknown value"),
              HasSubstr("Give more classes in classes-wall.txt, or say what the value means: --map wall=VALUE:CLASS"));
  options.map[0].head = "walls";
  test::ExpectError(ErrorCode::kUsage, "--map walls=255:1 is of no head", [&] { Report(options); });
}

TEST_F(Check, NamesClassesThatNeverOccur) {
  Pair("a", 16, 16, 2);
  const DatasetReport report = Report(Pairs({"one", "two", "three", "four"}));
  EXPECT_THAT(Messages(report, "absent classes"), HasSubstr("three, four"));
  EXPECT_EQ(report.errors, 0u);
  EXPECT_EQ(report.heads[0].frequencies.MedianWeights()[2], 0);
}

TEST_F(Check, BalancesByTheMedianFrequency) {
  Picture("images/a.png", 4, 4);
  Labels("masks/a.png", 4, 4, [](int x, int y) { return y * 4 + x < 6 ? 0 : 1; });
  Picture("images/b.png", 4, 4);
  Labels("masks/b.png", 4, 4, [](int x, int y) {
    return y * 4 + x < 4 ? 0 : y * 4 + x < 12 ? 1 : y == 3 && x < 2 ? 2 : 255;
  });
  const DatasetReport report = Report(Pairs());
  // a: 6 of 0 and 10 of 1. b: 4 of 0, 8 of 1, 2 of 2, 2 ignored.
  const double frequencies[] = {10.0 / 30, 18.0 / 30, 2.0 / 14};
  for (size_t i = 0; i < 3; i++)
    EXPECT_DOUBLE_EQ(report.heads[0].frequencies.MedianWeights()[i], frequencies[0] / frequencies[i]);
  EXPECT_EQ(report.heads[0].frequencies.pictures(2), 1);
  EXPECT_EQ(report.heads[0].ignored_pixels, 2);
  EXPECT_EQ(CountClasses(*OpenDataset(Pairs()), Context(2), [](size_t) {})[0].MedianWeights(),
            report.heads[0].frequencies.MedianWeights());
  EXPECT_EQ(report.heads[0].frequencies.valid_pixels(), 30);
}

TEST_F(Check, ManySamplesAreReportedInTheirOrder) {
  std::string expected;
  for (int i = 100; i < 230; i++) {
    const std::string name = std::to_string(i);
    Pair(name, 4, 4);
    if (i % 30 != 0) continue;
    Labels("masks/" + name + ".png", 4, 4, [](int, int) { return 77; });
    expected += name + " ";
  }
  const DatasetReport report = Report(Pairs());
  std::string found;
  for (const Finding& finding : report.findings) found += std::filesystem::path(finding.file).stem().string() + " ";
  EXPECT_EQ(found, expected);
  EXPECT_EQ(report.samples, 130u);
  EXPECT_EQ(report.heads[0].frequencies.valid_pixels() + report.heads[0].unknown_pixels, 130 * 16);
  EXPECT_EQ(report.heads[0].unknown_pixels, 4 * 16);
}

TEST_F(Check, StopsWhenCancelled) {
  Pair("a", 8, 8);
  Context context(1);
  context.Cancel();
  test::ExpectError(ErrorCode::kCancelled, "", [&] { CheckDataset(Pairs(), context, [](size_t, size_t) {}); });
}

class RealCheck : public test::RealDataTest {};

TEST_F(RealCheck, CamvidHasNoFaults) {
  FCN_REAL_DATA(folder, "camvid");
  DatasetOptions options;
  options.kind = "camvid", options.folder = folder, options.split = "val";
  const DatasetReport report = CheckDataset(options, Context(2), [](size_t, size_t) {});
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.samples, 101u);
  EXPECT_EQ(report.heads[0].frequencies.valid_pixels() + report.heads[0].ignored_pixels, 101 * 480 * 360);
}

}  // namespace
}  // namespace fcn
