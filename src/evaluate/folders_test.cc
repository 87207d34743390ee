#include "evaluate/folders.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "fcn/drawing.h"
#include "fcn/files.h"
#include "fcn/png.h"
#include "metrics/scores.h"
#include "support/expect_error.h"
#include "support/folder_test.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;

class Folders : public test::FolderTest {
 protected:
  Folders() {
    std::filesystem::create_directories(folder_ / "truth");
    std::filesystem::create_directories(folder_ / "predicted");
    truth_.folder = Path("truth");
    truth_.classes = {"no", "yes"};
  }

  void Write(const std::string& name, const std::vector<uint8_t>& labels, int height = 1) const {
    WriteIndexedPng(folder_ / name, labels.data(), static_cast<int>(labels.size()) / height, height, VocPalette());
  }

  FolderComparison Compare() const { return CompareFolders(Path("predicted"), truth_, Context(2)); }

  DatasetOptions truth_;
};

TEST_F(Folders, AreComparedByStem) {
  Write("truth/a.png", {0, 0, 1, 255});
  Write("truth/b.png", {1, 1});
  Write("predicted/a.png", {0, 1, 1, 0});
  WriteRgbPng(folder_ / "predicted/b.png", Image{2, 1, {128, 0, 0, 0, 0, 0}});  // VOC's colours of 1 and 0
  Write("predicted/a.overlay.png", {9});
  const FolderComparison result = Compare();
  EXPECT_THAT(result.names, ElementsAre("a", "b"));
  EXPECT_EQ(result.others, 1u);
  EXPECT_EQ(result.matrix.count(0, 0), 1);
  EXPECT_EQ(result.matrix.count(0, 1), 1);
  EXPECT_EQ(result.matrix.count(1, 1), 2);
  EXPECT_EQ(result.matrix.count(1, 0), 1);
  EXPECT_THAT(result.mean_ius, ElementsAre(0.5, 0.5));
}

TEST_F(Folders, APredictedIgnoreIndexIsWrong) {
  Write("truth/a.png", {0, 1});
  Write("predicted/a.png", {0, 255});
  EXPECT_EQ(Compare().matrix.unlabelled(1), 1);
}

TEST_F(Folders, MapHoldsForPredictionsToo) {
  truth_.map = {{255, 1}};
  Write("truth/a.png", {0, 255, 0, 255});
  Write("predicted/a.png", {0, 255, 255, 1});  // indices stay indices
  const FolderComparison result = Compare();
  EXPECT_EQ(result.matrix.count(0, 0), 1);
  EXPECT_EQ(result.matrix.count(0, 1), 1);
  EXPECT_EQ(result.matrix.count(1, 1), 2);
  truth_.map = {{0, 1}, {1, 0}};
  Write("truth/a.png", {0, 1});
  Write("predicted/a.png", {1, 0});
  EXPECT_EQ(ComputeScores(Compare().matrix).mean_iu, 1);
}

TEST_F(Folders, TruthOfAKindHasItsMeaning) {
  truth_.kind = "camvid";
  truth_.classes = {"Tree", "Sky"};
  Write("truth/a.png", {5, 0, 11, 3});  // tree, sky, void, road
  Write("predicted/a.png", {0, 1, 0, 0});
  EXPECT_EQ(ComputeScores(Compare().matrix).mean_iu, 1);
  WriteRgbPng(folder_ / "predicted/a.png", Image{4, 1, {128, 128, 0, 0, 0, 0, 128, 128, 0, 0, 0, 0}});  // black is void
  EXPECT_EQ(Compare().matrix.unlabelled(1), 1);
  Write("predicted/a.png", {0, 1, 0, 0});
  WriteFile(folder_ / "truth/classes.txt", std::string("x\nSky\nTree\n"));
  truth_.kind = "";
  Write("truth/a.png", {2, 1, 0, 255});
  EXPECT_EQ(ComputeScores(Compare().matrix).mean_iu, 1);
}

TEST_F(Folders, MissingPredictionsAreListed) {
  for (int i = 0; i < 13; i++) Write("truth/t" + std::to_string(10 + i) + ".png", {0});
  Write("predicted/t10.png", {0});
  ExpectError(ErrorCode::kInput, "for 12 of 13 pictures: t11, t12", [&] { Compare(); });
  ExpectError(ErrorCode::kInput, "and 2 more", [&] { Compare(); });
}

TEST_F(Folders, RefusesWhatDoesNotFit) {
  ExpectError(ErrorCode::kInput, "no label pictures", [&] { Compare(); });
  Write("truth/a.png", {0, 1});
  Write("predicted/a.png", {0, 1}, 2);
  ExpectError(ErrorCode::kInput, "has 1x2 pixels", [&] { Compare(); });
  Write("predicted/a.png", {0, 2});
  ExpectError(ErrorCode::kInput, "predicted/a.png has value 2 at pixel (1, 0)", [&] { Compare(); });
  truth_.folder = "/no/such";
  ExpectError(ErrorCode::kIo, "/no/such", [&] { Compare(); });
}

}  // namespace
}  // namespace fcn
