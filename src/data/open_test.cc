#include "fcn/dataset.h"

#include <gmock/gmock.h>

#include <set>

#include "data/label_reader.h"
#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class Open : public test::DataTest {
 protected:
  static std::vector<std::string> Names(const Dataset& dataset) {
    std::vector<std::string> names;
    for (size_t i = 0; i < dataset.size(); i++) names.push_back(dataset.name(i));
    return names;
  }

  void Camvid() const {
    for (const char* name : {"b", "a", "c"}) {
      Picture(std::string("train/") + name + ".png", 6, 2);
      Labels(std::string("trainannot/") + name + ".png", 6, 2, [](int x, int y) { return x + 6 * y; });
    }
  }

  DatasetOptions In(const std::string& kind, const std::string& split) const {
    DatasetOptions options;
    options.kind = kind;
    options.folder = folder_.string();
    options.split = split;
    return options;
  }
};

TEST_F(Open, CamvidInTheOrderOfNames) {
  Camvid();
  const auto dataset = OpenDataset(In("camvid", "train"));
  EXPECT_THAT(Names(*dataset), ElementsAre("a", "b", "c"));
  EXPECT_EQ(dataset->classes().size(), 11u);
  EXPECT_EQ(dataset->palette().size(), 11u);
  const Sample sample = dataset->Get(1);
  EXPECT_EQ(sample.name, "b");
  EXPECT_THAT(sample.labels[0].labels, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, kIgnoredLabel));  // 11 is void
  EXPECT_THAT(Names(*OpenDataset(In("camvid", "train[1:]"))), ElementsAre("b", "c"));
  EXPECT_EQ(OpenDataset(In("", "train"))->size(), 3u);  // guessed
}

TEST_F(Open, AChoiceOfClassesIgnoresTheOthers) {
  Camvid();
  DatasetOptions options = In("camvid", "train");
  options.classes = {"Tree", "Sky"};
  const auto dataset = OpenDataset(options);
  EXPECT_THAT(dataset->palette(), ElementsAre(Colour{128, 128, 0}, Colour{128, 128, 128}));
  constexpr uint16_t no = kIgnoredLabel;
  EXPECT_THAT(dataset->Get(0).labels[0].labels, ElementsAre(1, no, no, no, no, 0, no, no, no, no, no, no));
  options.classes = {"Tree", "Skye"};
  ExpectError(ErrorCode::kUsage, "Did you mean Sky?", [&] { OpenDataset(options); });
  options.classes = {"Tree", "Tree"};
  ExpectError(ErrorCode::kUsage, "twice", [&] { OpenDataset(options); });
}

TEST_F(Open, VocInTheOrderOfItsList) {
  WriteFile(Path("ImageSets/Segmentation/train.txt"), std::string("two\none\n"));
  for (const char* name : {"one", "two"}) {
    Picture(std::string("JPEGImages/") + name + ".jpg", 4, 1);  // told by its content
    Labels(std::string("SegmentationClass/") + name + ".png", 4, 1, [](int x, int) {
      return std::array{0, 12, 15, 255}[static_cast<size_t>(x)];
    });
  }
  DatasetOptions options = In("", "train");
  const auto all = OpenDataset(options);
  EXPECT_THAT(Names(*all), ElementsAre("two", "one"));
  EXPECT_EQ(all->classes().size(), 21u);
  EXPECT_EQ(all->palette()[15], (Colour{192, 128, 128}));
  EXPECT_THAT(all->Get(0).labels[0].labels, ElementsAre(0, 12, 15, kIgnoredLabel));
  options.classes = {"background", "person"};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(0, kIgnoredLabel, 1, kIgnoredLabel));
  options.split = "val";
  ExpectError(ErrorCode::kInput, "val.txt", [&] { OpenDataset(options); });
}

TEST_F(Open, PairsInAllTheirLayouts) {
  Picture("a/images/train/x.png", 3, 3);
  Labels("a/masks/train/x.png", 3, 3, [](int, int) { return 1; });
  Picture("b/train/images/y.png", 3, 3);
  Labels("b/train/masks/y.png", 3, 3, [](int, int) { return 1; });
  Picture("c/images/z.png", 3, 3);
  Labels("c/masks/z.png", 3, 3, [](int, int) { return 1; });
  WriteFile(Path("classes.txt"), std::string("nothing 0 0 0\nthing 9 8 7\n"));  // in the parent
  DatasetOptions options;
  for (const auto& [folder, split, name] : {std::tuple{"a", "train", "x"}, {"b", "train", "y"}, {"c", "", "z"}}) {
    options.folder = Path(folder), options.split = split;
    for (const char* kind : {"", "pairs", "scenes"}) {
      options.kind = kind;
      if (options.kind.empty() && std::string(folder) == "a") continue;  // see below
      const auto dataset = OpenDataset(options);
      EXPECT_THAT(Names(*dataset), ElementsAre(name));
      EXPECT_THAT(dataset->classes(), ElementsAre("nothing", "thing"));
      EXPECT_THAT(dataset->palette(), ElementsAre(Colour{0, 0, 0}, Colour{9, 8, 7}));
    }
  }
  options.folder = Path("a"), options.kind = "", options.split = "train";
  EXPECT_EQ(OpenDataset(options)->size(), 1u);
  options.split = "test";
  ExpectError(ErrorCode::kInput, "no folder", [&] { OpenDataset(options); });
}

TEST_F(Open, AListInItsOwnOrder) {
  Picture("pictures/my photo.png", 2, 1);
  Picture("p.png", 2, 1);
  Labels("l.png", 2, 1, [](int x, int) { return x; });
  WriteFile(Path("train.txt"), std::string("# two\npictures/my photo.png\tl.png\np.png l.png\n"));
  DatasetOptions options = In("", "train");
  options.classes = {"no", "yes"};
  EXPECT_THAT(Names(*OpenDataset(options)), ElementsAre("pictures/my photo", "p"));
  options.split = "train.txt[1:]";
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(0, 1));
}

TEST_F(Open, MapsAndIgnores) {
  Picture("images/a.png", 4, 1);
  Labels("masks/a.png", 4, 1, [](int x, int) { return std::array{0, 255, 9, 1}[static_cast<size_t>(x)]; });
  DatasetOptions options = Pairs({"no", "yes"});
  options.map = {{255, 1}, {9, 77}};
  options.ignore_index = 77;
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(0, 1, kIgnoredLabel, 1));
  options.map = {{9, 2}};
  ExpectError(ErrorCode::kUsage, "--map 9:2", [&] { OpenDataset(options); });
  options.map = {{70000, 1}};
  ExpectError(ErrorCode::kUsage, "--map 70000:1", [&] { OpenDataset(options); });
  options = Pairs({"no", "yes"});
  options.ignore_index = -1;
  ExpectError(ErrorCode::kInput, "value 255 at pixel (1, 0)", [&] { OpenDataset(options)->Get(0); });
  options.ignore_index = 70000;
  ExpectError(ErrorCode::kUsage, "70000", [&] { OpenDataset(options); });
}

TEST_F(Open, ZeroMayNotCount) {
  Picture("images/a.png", 5, 1);
  Labels("masks/a.png", 5, 1, [](int x, int) { return std::array{0, 1, 2, 255, 7}[static_cast<size_t>(x)]; });
  DatasetOptions options = Pairs({"wall", "floor"});
  options.reduce_zero_label = true;
  options.map = {{7, 1}};
  constexpr uint16_t no = kIgnoredLabel;
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(no, 0, 1, no, 1));
  options.map = {{7, 0, false, true}, {0, 1}};  // the map goes before all else
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(1, 0, 1, no, no));
  options.classes = {"255"};
  ExpectError(ErrorCode::kUsage, "ignore index 255", [&] { OpenDataset(options); });
  options.classes = {};
  WriteFile(Path("classes.txt"), std::string("1: wall\n2: floor\n"));
  ExpectError(ErrorCode::kUsage, "says itself which stored values", [&] { OpenDataset(options); });
  options.reduce_zero_label = false;
  options.map = {{7, 1}, {0, 0, false, true}};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(no, 0, 1, no, 1));
}

TEST_F(Open, ZeroCountsWhereAClassFileSaysSo) {
  Pair("a", 8, 8, 2);
  DatasetOptions options = Pairs({});
  options.reduce_zero_label = true;
  for (const char* classes : {"0: a\n1: b\n", "0 a\n1 b\n", "1: a\n2: b\n"}) {
    WriteFile(Path("classes.txt"), std::string(classes));
    ExpectError(ErrorCode::kUsage, "--reduce-zero-label contradicts", [&] { OpenDataset(options); });
  }
}

TEST_F(Open, ColoursThatDoNotCount) {
  Picture("images/a.png", 3, 1);
  WriteRgbPng(Path("masks/a.png"), Image{3, 1, {9, 8, 7, 0, 0, 0, 224, 224, 192}});
  DatasetOptions options = Pairs({"no", "yes"});
  options.palette = {{0, 0, 0}, {9, 8, 7}};
  ExpectError(ErrorCode::kInput, "--map '#e0e0c0:ignore'", [&] { OpenDataset(options)->Get(0); });
  options.map = {{0xe0e0c0, 0, true, true}};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(1, 0, kIgnoredLabel));
  options.map = {{0xe0e0c0, 1, true}};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(1, 0, 1));
  options.palette = {{9, 8, 7}, {9, 8, 7}};
  ExpectError(ErrorCode::kInput, "Several classes have the colour 9,8,7", [&] { OpenDataset(options)->Get(0); });
  options.palette = {};
  options.map = {{0xe0e0c0, 0, true, true}, {0, 0, true}, {0x090807, 1, true}};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(1, 0, kIgnoredLabel));
}

TEST_F(Open, ColoursByATable) {
  Picture("images/a.png", 2, 1);
  WriteRgbPng(Path("masks/a.png"), Image{2, 1, {9, 8, 7, 0, 0, 0}});
  DatasetOptions options = Pairs({"no", "yes"});
  ExpectError(ErrorCode::kInput, "--palette", [&] { OpenDataset(options)->Get(0); });
  options.palette = {{0, 0, 0}, {9, 8, 7}};
  EXPECT_THAT(OpenDataset(options)->Get(0).labels[0].labels, ElementsAre(1, 0));
  options.palette.pop_back();
  ExpectError(ErrorCode::kUsage, "1 colours for 2 classes", [&] { OpenDataset(options); });
}

TEST_F(Open, ManyClassesNeedAnotherIgnoreIndex) {
  Pair("a", 4, 4);
  DatasetOptions options = Pairs({"300"});
  ExpectError(ErrorCode::kUsage, "ignore index 255", [&] { OpenDataset(options); });
  options.ignore_index = 65535;
  EXPECT_EQ(OpenDataset(options)->classes().size(), 300u);
  options.classes.clear();
  for (int i = 0; i < 65537; i++) options.classes.push_back(std::to_string(i));
  ExpectError(ErrorCode::kUsage, "65537 classes are not between 1", [&] { OpenDataset(options); });
  options.classes = {"65535"};
  ExpectError(ErrorCode::kUsage, "65535 classes are not between 1", [&] { OpenDataset(options); });
  options.classes = {"0"};
  ExpectError(ErrorCode::kUsage, "not between 1", [&] { OpenDataset(options); });
  options.classes = {};
  ExpectError(ErrorCode::kUsage, "classes.txt", [&] { OpenDataset(options); });
}

TEST_F(Open, NamesWhatIsMissing) {
  Pair("a", 4, 4);
  Pair("b", 4, 4);
  std::filesystem::remove(Path("masks/a.png"));
  ExpectError(ErrorCode::kInput, "masks/a.png is missing", [&] { OpenDataset(Pairs()); });
  ExpectError(ErrorCode::kIo, "no folder /no/such", [] { OpenDataset({"", "/no/such", "", {}, 255, {}, {}}); });
  ExpectError(ErrorCode::kUsage, "Did you mean camvid?", [&] { OpenDataset(In("camvit", "train")); });
  ExpectError(ErrorCode::kInput, "no data set that fcn knows", [&] {
    OpenDataset({"", Path("images"), "", {}, 255, {}, {}});
  });
  std::filesystem::create_directories(Path("odd/train"));
  ExpectError(ErrorCode::kInput, "It holds train: check --data and --split", [&] {
    OpenDataset({"", Path("odd"), "val", {}, 255, {}, {}});
  });
  ExpectError(ErrorCode::kInput, "trainannot", [&] {
    Picture("train/a.png", 2, 2);
    OpenDataset(In("camvid", "train"));
  });
}

TEST_F(Open, RefusesTwoPicturesWithOneName) {
  Pair("a", 4, 4);
  Picture("images/a.jpg", 4, 4);
  ExpectError(ErrorCode::kInput, "same labels", [&] { OpenDataset(Pairs()); });
}

TEST_F(Open, RefusesSizesThatDiffer) {
  Picture("images/a.png", 4, 4);
  Labels("masks/a.png", 4, 5, [](int, int) { return 0; });
  ExpectError(ErrorCode::kInput, "has 4x4 pixels, but its labels", [&] { OpenDataset(Pairs())->Get(0); });
}

TEST_F(Open, AnEmptySplitIsAnError) {
  Camvid();
  ExpectError(ErrorCode::kInput, "no samples", [&] { OpenDataset(In("camvid", "train[3:]")); });
}

class RealData : public test::RealDataTest {
 protected:
  static void ExpectCamvid(const std::string& folder, const std::string& split, size_t size) {
    DatasetOptions options;
    options.folder = folder, options.split = split;
    const auto dataset = OpenDataset(options);
    ASSERT_EQ(dataset->size(), size);
    std::set<uint16_t> labels;
    for (size_t i = 0; i < size; i++) {
      const Sample sample = dataset->Get(i);
      ASSERT_EQ(sample.width(), 480);
      ASSERT_EQ(sample.height(), 360);
      labels.insert(sample.labels[0].labels.begin(), sample.labels[0].labels.end());
    }
    EXPECT_THAT(labels, UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, kIgnoredLabel));
  }
};

TEST_F(RealData, CamvidIsWholeAndHasItsClasses) {
  FCN_REAL_DATA(folder, "camvid");
  ExpectCamvid(folder, "train", 367);
  ExpectCamvid(folder, "val", 101);
}

TEST_F(RealData, VocLabelsAreTheIndicesOfTheirFiles) {
  FCN_REAL_DATA(folder, "voc_subset");
  DatasetOptions options;
  options.folder = folder, options.split = "train";
  const auto dataset = OpenDataset(options);
  ASSERT_EQ(dataset->size(), 437u);
  std::map<std::string, int> pictures;
  for (size_t i = 0; i < dataset->size(); i++) {
    const Sample sample = dataset->Get(i);
    const IndexedImage file = ReadIndexedPng(folder + "/SegmentationClass/" + sample.name + ".png");
    ASSERT_EQ(file.indices.size(), sample.labels[0].labels.size());
    for (size_t p = 0; p < file.indices.size(); p++)
      ASSERT_EQ(sample.labels[0].labels[p], file.indices[p] == 255 ? kIgnoredLabel : file.indices[p]) << sample.name;
    const std::set<uint16_t> labels(sample.labels[0].labels.begin(), sample.labels[0].labels.end());
    for (uint16_t label : labels)
      if (label < 21) pictures[dataset->classes()[label]]++;
  }
  // The counts that were published with this part of VOC.
  EXPECT_EQ(pictures["cat"], 131);
  EXPECT_EQ(pictures["dog"], 121);
  EXPECT_EQ(pictures["person"], 79);
  EXPECT_EQ(pictures["cow"], 62);
  options.classes = {"background", "cat", "dog", "horse", "cow", "sheep", "person"};
  options.split = "train[:380]";
  EXPECT_EQ(OpenDataset(options)->size(), 380u);
  options.split = "train[380:]";
  EXPECT_EQ(OpenDataset(options)->size(), 57u);
}

}  // namespace
}  // namespace fcn
