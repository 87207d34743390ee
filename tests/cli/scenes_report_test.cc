#include "fcn/png.h"
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

TEST_F(ScenesAndReport, GenerateDrawsDepthAndGeometryWhereAsked) {
  std::vector<std::string> command = {"dataset", "generate", "-o", Path("scenes"), "--count",
                                      "2",       "--val",    "1",  "--size",       "64x48"};
  ASSERT_EQ(Fcn(command).exit_code, 0);
  const auto photo = ReadFile(Path("scenes/train/images/scene_000001.png"));
  command.emplace_back("--overwrite");
  std::vector<std::string> all = command;
  all.insert(all.end(), {"--depth", "--heads"});
  const ProgramResult result = Fcn(all);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, testing::HasSubstr("--inputs image,depth:1 --heads class,geometry"));
  EXPECT_EQ(ReadFile(Path("scenes/train/images/scene_000001.png")), photo);
  for (const char* folder : {"scenes/train/images-depth", "scenes/train/masks-geometry"})
    EXPECT_EQ(Files(folder), Files("scenes/train/images")) << folder;
  EXPECT_EQ(ReadGrey16Png(Path("scenes/val/images-depth/scene_500000.png")).width, 64);
  EXPECT_EQ(ReadIndexedPng(Path("scenes/val/masks-geometry/scene_500000.png")).palette.size(), 3u);

  const std::vector<std::string> roles = {"--data",         Path("scenes"), "--split",        "train", "--inputs",
                                          "image, depth:1", "--heads",      "class,geometry", "--json"};
  const auto read = [&](const char* verb) {
    std::vector<std::string> arguments = {"dataset", verb};
    arguments.insert(arguments.end(), roles.begin(), roles.end());
    const ProgramResult found = Fcn(arguments);
    EXPECT_EQ(found.exit_code, 0) << found.out << found.err;
    return json::parse(found.out);
  };
  const json check = read("check"), stats = read("stats");
  EXPECT_EQ(check.at("errors"), 0);
  EXPECT_EQ(check.at("heads").at(1).at("name"), "geometry");
  EXPECT_EQ(stats.at("heads").at(0).at("classes").size(), 7u);
  EXPECT_EQ(stats.at("heads").at(1).at("classes").at(2).at("name"), "sky");
  EXPECT_EQ(stats.at("inputs").at(1).at("type"), "uint16");
  EXPECT_EQ(stats.at("inputs").at(1).at("bands").size(), 1u);
  EXPECT_GT(stats.at("inputs").at(1).at("bands").at(0).at("deviation"), 0);

  // What is not asked for any more is removed with the scenes that had it.
  ASSERT_EQ(Fcn(command).exit_code, 0);
  for (const char* gone : {"scenes/train/images-depth", "scenes/val/masks-geometry", "scenes/classes-geometry.txt"})
    EXPECT_FALSE(std::filesystem::exists(Path(gone))) << gone;
  command.emplace_back("--ambiguous");
  ASSERT_EQ(Fcn(command).exit_code, 0);
  EXPECT_NE(ReadFile(Path("scenes/train/images/scene_000001.png")), photo);
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
