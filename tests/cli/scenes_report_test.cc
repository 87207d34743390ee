#include "image/png.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using nlohmann::json;

class ScenesAndReport : public ProgramTest {};

TEST_F(ScenesAndReport, GenerateWritesADataSetAndNeverMixesTwo) {
  const ProgramResult result = Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "3", "--val", "2", "--size",
                                    "64x48", "--seed", "5", "--json"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(json::parse(result.out).at("classes").size(), 7u);
  EXPECT_EQ(Files("scenes/train/images"), Files("scenes/train/masks"));
  EXPECT_EQ(Files("scenes/train/images").size(), 3u);
  EXPECT_EQ(Files("scenes/val/masks").size(), 2u);
  const IndexedImage mask = ReadIndexedPng(Path("scenes/val/masks/scene_500001.png"));
  EXPECT_EQ(mask.width, 64);
  EXPECT_EQ(mask.height, 48);
  EXPECT_EQ(mask.palette.size(), 7u);

  const ProgramResult refused = Fcn({"dataset", "generate", "-o", Path("scenes")});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, testing::HasSubstr("--overwrite"));
  PictureFile("scenes/train/images/mine.png", 8, 8);
  const ProgramResult forced = Fcn(
      {"dataset", "generate", "-o", Path("scenes"), "--count", "1", "--val", "1", "--size", "64x48", "--overwrite"});
  EXPECT_EQ(forced.exit_code, 0) << forced.err;
  EXPECT_THAT(Files("scenes/train/images"), testing::UnorderedElementsAre("mine.png", "scene_000000.png"));
  EXPECT_EQ(Files("scenes/val/images").size(), 1u);
}

TEST_F(ScenesAndReport, GenerateLeavesAnotherDataSetsClasses) {
  WriteFile(Path("classes.txt"), std::string("cat\ndog\n"));
  const ProgramResult result =
      Fcn({"dataset", "generate", "-o", Path("."), "--count", "1", "--val", "0", "--overwrite"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, testing::HasSubstr("classes.txt names other classes than those of the scenes"));
  EXPECT_EQ(ReadFile(Path("classes.txt")).size(), 8u);
  EXPECT_FALSE(std::filesystem::exists(Path("train")));
}

TEST_F(ScenesAndReport, GenerateRefusesSizesBeforeItWrites) {
  const ProgramResult result = Fcn({"dataset", "generate", "-o", Path("none"), "--size", "5x5"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(Path("none")));
}

TEST_F(ScenesAndReport, ReportOfAPhotographAlone) {
  const ProgramResult result = Fcn({"report", "-o", Path("page.html"), "--photo", PictureFile("photo.png", 70, 50),
                                    "--model", ModelFile(), "--title", "<b>"});
  ASSERT_EQ(result.exit_code, 0) << result.err;
  const std::vector<uint8_t> bytes = ReadFile(Path("page.html"));
  const std::string page(bytes.begin(), bytes.end());
  EXPECT_THAT(page, testing::StartsWith("<!DOCTYPE html>"));
  EXPECT_THAT(page, testing::HasSubstr("<h1>&lt;b&gt;</h1>"));
  EXPECT_THAT(page, testing::HasSubstr("photo.png"));
  EXPECT_THAT(page, testing::EndsWith("</html>\n"));
}

TEST_F(ScenesAndReport, ReportSaysWhatIsMissing) {
  EXPECT_EQ(Fcn({"report", "-o", Path("page.html")}).exit_code, 2);
  EXPECT_EQ(Fcn({"report", "-o", Path("page.html"), "--photo", PictureFile("photo.png", 70, 50)}).exit_code, 2);
  const ProgramResult no_run = Fcn({"report", "-o", Path("page.html"), "--run", Path("nowhere")});
  EXPECT_EQ(no_run.exit_code, 1);
  EXPECT_THAT(no_run.err, testing::HasSubstr("config.toml"));
  EXPECT_FALSE(std::filesystem::exists(Path("page.html")));
}

}  // namespace
}  // namespace fcn::test
