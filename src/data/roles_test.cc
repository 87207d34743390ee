// Data sets of several inputs and heads.
#include <gmock/gmock.h>

#include <cmath>

#include "data/fingerprint.h"
#include "data/listing.h"
#include "data/loader.h"
#include "data/role_options.h"
#include "data/sample_check.h"
#include "data/test_folder.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using testing::ElementsAre;

TEST(RoleOptions, AreNamesWithBands) {
  EXPECT_THAT(ParseInputs("image, depth:1,infrared:12"),
              ElementsAre(InputInfo{"image", 0}, InputInfo{"depth", 1}, InputInfo{"infrared", 12}));
  EXPECT_TRUE(ParseInputs("  ").empty());
  EXPECT_EQ(InputsText(ParseInputs("image,depth:1")), "image, depth:1");
  EXPECT_THAT(ParseHeads("class,geometry"), ElementsAre("class", "geometry"));
  EXPECT_EQ(HeadsText({"class", "geometry"}), "class, geometry");
  for (const char* text : {"a,,b", "a,", "9a", "a b", "depth:", "depth:0", "depth:65", "depth:1x", "a,a", ":3", "a:-1"})
    ExpectError(ErrorCode::kUsage, "--inputs", [&] { ParseInputs(text); });
  for (const char* text : {"a,,b", "ä", "a,b,a", "../masks"})
    ExpectError(ErrorCode::kUsage, "--heads", [&] { ParseHeads(text); });
}

class Roles : public test::DataTest {
 protected:
  void Depth(const std::string& name, int width, int height) const {
    std::vector<uint16_t> depth;
    depth.reserve(static_cast<size_t>(width * height));
    for (int i = 0; i < width * height; i++) depth.push_back(static_cast<uint16_t>(i * 100));
    WriteGrey16Png(Path(name), depth.data(), width, height);
  }

  /// A sample with a picture, its depth and two label maps, in folders that are given.
  void Whole(const std::string& image, const std::string& depth, const std::string& labels,
             const std::string& geometry) const {
    Picture(image, 8, 6, SeedFromName(image.c_str()));
    Depth(depth, 8, 6);
    Labels(labels, 8, 6, [](int x, int) { return x % 3; });
    Labels(geometry, 8, 6, [](int, int y) { return y % 2; });
  }

  DatasetOptions In(const std::string& kind, const std::string& split) const {
    DatasetOptions options;
    options.kind = kind, options.split = split;
    options.folder = folder_.string();
    options.inputs = {{"image"}, {"depth", 1}};
    options.heads = {"class", "geometry"};
    return options;
  }

  void Classes() const {
    WriteFile(Path("classes.txt"), std::string("a\nb\nc\n"));
    WriteFile(Path("classes-geometry.txt"), std::string("ground 1 2 3\nsky 4 5 6\n"));
  }

  static void ExpectWhole(const Dataset& dataset) {
    ASSERT_EQ(dataset.size(), 1u);
    EXPECT_EQ(dataset.name(0), "p");
    EXPECT_THAT(dataset.inputs(), ElementsAre(InputInfo{"image", 0}, InputInfo{"depth", 1}));
    ASSERT_EQ(dataset.heads().size(), 2u);
    EXPECT_EQ(dataset.heads()[0].name, "class");
    EXPECT_EQ(dataset.heads()[1].name, "geometry");
    EXPECT_EQ(&dataset.classes(), &dataset.heads()[0].classes);
    EXPECT_THAT(dataset.heads()[1].classes, ElementsAre("ground", "sky"));
    EXPECT_THAT(dataset.heads()[1].palette, ElementsAre(Colour{1, 2, 3}, Colour{4, 5, 6}));
    EXPECT_EQ(dataset.picture_size(0), std::pair(8, 6));
    const Sample sample = dataset.Get(0);
    CheckSample(sample, dataset);
    EXPECT_TRUE(sample.inputs[0].is_colour());
    EXPECT_EQ(sample.inputs[1].type(), SampleType::kUint16);
    for (size_t i = 0; i < 48; i++) {
      EXPECT_EQ(sample.inputs[1].Of<uint16_t>()[i], i * 100);
      EXPECT_EQ(sample.labels[0].labels[i], i % 8 % 3);
      EXPECT_EQ(sample.labels[1].labels[i], i / 8 % 2);
    }
  }
};

TEST_F(Roles, HaveFoldersInEveryLayout) {
  Classes();
  Whole("images/t/p.png", "images-depth/t/p.png", "masks/t/p.png", "masks-geometry/t/p.png");
  ExpectWhole(*OpenDataset(In("pairs", "t")));
  Whole("outer/images/p.png", "outer/images-depth/p.png", "outer/masks/p.png", "outer/masks-geometry/p.png");
  ExpectWhole(*OpenDataset(In("pairs", "outer")));
  ExpectWhole(*OpenDataset(In("scenes", "outer")));
  Whole("train/p.png", "train-depth/p.png", "trainannot/p.png", "trainannot-geometry/p.png");
  ExpectWhole(*OpenDataset(In("camvid", "train")));
  Whole("JPEGImages/p.png", "JPEGImages-depth/p.png", "SegmentationClass/p.png", "SegmentationClass-geometry/p.png");
  WriteFile(Path("p.txt"), std::string("images/t/p.png images-depth/t/p.png masks/t/p.png masks-geometry/t/p.png\n"));
  DatasetOptions list = In("list", "p");
  EXPECT_EQ(OpenDataset(list)->name(0), "images/t/p");
  WriteFile(Path("ImageSets/Segmentation/all.txt"), std::string("p\n"));
  ExpectWhole(*OpenDataset(In("voc", "all")));
}

TEST_F(Roles, TheFirstHasItsOwnFolderOrTheLayouts) {
  Classes();
  Whole("images/p.png", "images-depth/p.png", "masks/p.png", "masks-geometry/p.png");
  DatasetOptions options = In("pairs", "");
  options.inputs = {{"depth", 1}};
  options.heads = {"geometry"};
  const auto geometry = OpenDataset(options);
  EXPECT_THAT(geometry->classes(), ElementsAre("ground", "sky"));
  EXPECT_EQ(geometry->Get(0).inputs[0].bands, 1);
  std::filesystem::remove(Path("classes-geometry.txt"));
  // classes.txt is not about it.
  try {
    OpenDataset(options);
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.hint(), testing::HasSubstr("classes-geometry.txt"));
  }
  options.classes = {"low", "high"};
  EXPECT_THAT(OpenDataset(options)->classes(), ElementsAre("low", "high"));
  options.heads = {"class", "geometry"};
  options.classes = {};
  ExpectError(ErrorCode::kInput, "the head geometry are not known", [&] { OpenDataset(options); });
  options.heads = {"class", "depth"};
  ExpectError(ErrorCode::kInput, "there is no folder", [&] { OpenDataset(options); });
  options = In("pairs", "");
  options.inputs = {{"image"}, {"infrared", 1}};
  ExpectError(ErrorCode::kInput, "images-infrared", [&] { OpenDataset(options); });
}

/// Own folders are not taken for a name that was mistyped, or that another split has.
TEST_F(Roles, TheLayoutsFolderIsOnlyForNamesThatHaveNone) {
  Classes();
  Whole("train/images-rgb/p.png", "train/images-depth/p.png", "train/masks-class/p.png", "train/masks-geometry/p.png");
  Whole("val/images/p.png", "val/images-depth/p.png", "val/masks/p.png", "val/masks-geometry/p.png");
  const auto refused = [&](const DatasetOptions& options, const char* message, const char* hint) {
    try {
      OpenDataset(options);
      ADD_FAILURE() << message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInput);
      EXPECT_THAT(error.message(), testing::HasSubstr(message));
      EXPECT_THAT(error.hint(), testing::HasSubstr(hint));
    }
  };
  DatasetOptions options = In("pairs", "val");
  options.inputs[0].name = "rgb";
  refused(options, "val/images-rgb for the input rgb", "train/images-rgb is one of another split");
  options = In("pairs", "val");
  refused(options, "val/masks-class for the head class", "train/masks-class is one of another split");
  options.heads = {"geometri"};
  refused(options, "val/masks-geometri for the head geometri", "Did you mean geometry");
  options = In("pairs", "val");
  options.heads.pop_back();
  options.heads[0] = "labels";
  EXPECT_EQ(OpenDataset(options)->size(), 1u);
  options.inputs[1].name = "dept";
  refused(options, "val/images-dept for the input dept", "Did you mean depth");

  Whole("images/t/p.png", "images-depth/t/p.png", "masks/t/p.png", "masks-geometry/t/p.png");
  Whole("images-left/u/p.png", "images-depth/u/p.png", "masks/u/p.png", "masks-geometry/u/p.png");
  options = In("pairs", "t");
  options.inputs[0].name = "left";
  refused(options, "images-left/t for the input left", "images-left/u is one of another split");
  Whole("a/p.png", "a-depth/p.png", "aannot/p.png", "aannot-class/p.png");
  Whole("b/p.png", "b-depth/p.png", "bannot/p.png", "bannot-geometry/p.png");
  options = In("camvid", "b");
  refused(options, "bannot-class for the head class", "aannot-class is one of another split");
}

TEST_F(Roles, AFurtherInputHasOneFileOfAStem) {
  Classes();
  Whole("images/p.png", "images-depth/p.png", "masks/p.png", "masks-geometry/p.png");
  WriteFile(Path("images-depth/p.tif"), std::string("II*"));
  ExpectError(ErrorCode::kInput, "p.tif would be of the same picture", [&] { OpenDataset(In("pairs", "")); });
  Whole("JPEGImages/p.png", "JPEGImages-depth/p.png", "SegmentationClass/p.png", "SegmentationClass-geometry/p.png");
  WriteFile(Path("ImageSets/Segmentation/all.txt"), std::string("p\n"));
  EXPECT_EQ(OpenDataset(In("voc", "all"))->size(), 1u);
  WriteFile(Path("JPEGImages-depth/p.tif"), std::string("II*"));
  ExpectError(ErrorCode::kInput, "p.tif would be of the same picture", [&] { OpenDataset(In("voc", "all")); });
  std::filesystem::remove(Path("images-depth/p.tif"));
  Labels("masks/p.bmp", 8, 6, [](int, int) { return 0; });  // of labels, the PNG is meant
  EXPECT_EQ(OpenDataset(In("pairs", ""))->size(), 1u);
}

TEST_F(Roles, WhatIsMissingOrOtherIsNamed) {
  Classes();
  Whole("images/p.png", "images-depth/p.png", "masks/p.png", "masks-geometry/p.png");
  Whole("images/q.png", "images-depth/q.png", "masks/q.png", "masks-geometry/q.png");
  const DatasetOptions options = In("pairs", "");
  const auto expect = [&](const char* message) {
    ExpectError(ErrorCode::kInput, message, [&] {
      const auto dataset = OpenDataset(options);
      for (size_t i = 0; i < dataset->size(); i++) dataset->Get(i);
    });
  };
  std::filesystem::remove(Path("images-depth/q.png"));
  expect("q.png has no depth");
  Depth("images-depth/q.png", 7, 6);
  expect("q.png has 7x6");
  Picture("images-depth/q.png", 8, 6);
  expect("q.png has 3 bands, and the input depth takes 1");
  DatasetOptions chosen = options;
  chosen.inputs = {{"depth", 3}}, chosen.images.bands = {1, 1};
  ExpectError(ErrorCode::kUsage, "2 bands of ", [&] { OpenDataset(chosen)->Get(0); });
  Depth("images-depth/q.png", 8, 6);
  std::filesystem::remove(Path("masks-geometry/q.png"));
  expect("masks-geometry/q.png is missing");
  Labels("masks-geometry/q.png", 8, 6, [](int, int) { return 2; });
  expect("which is none of the 2 classes");
  DatasetOptions wrong = options;
  wrong.heads = {"a/b"};
  ExpectError(ErrorCode::kUsage, "a/b", [&] { OpenDataset(wrong); });
}

TEST_F(Roles, FingerprintsAreOfAllFiles) {
  Classes();
  Whole("images/p.png", "images-depth/p.png", "masks/p.png", "masks-geometry/p.png");
  const auto fingerprint = [&](const DatasetOptions& options) {
    return PrintFingerprint(FingerprintData(options, Context(1), [](size_t) {}));
  };
  const std::string before = fingerprint(In("pairs", ""));
  EXPECT_NE(fingerprint(Pairs({})), before);
  Labels("masks-geometry/p.png", 8, 6, [](int, int) { return 1; });
  const std::string changed = fingerprint(In("pairs", ""));
  EXPECT_NE(changed, before);
  WriteFile(Path("classes-geometry.txt"), std::string("ground 1 2 3\nair 4 5 6\n"));
  EXPECT_NE(fingerprint(In("pairs", "")).substr(0, 8), changed.substr(0, 8));
}

TEST_F(Roles, BatchesHaveATensorOfEach) {
  Classes();
  Whole("images/p.png", "images-depth/p.png", "masks/p.png", "masks-geometry/p.png");
  const auto dataset = OpenDataset(In("pairs", ""));
  LoaderOptions options;
  options.batch_size = 2;
  ExpectError(ErrorCode::kUsage, "1 preprocessings for the 2 inputs", [&] { BatchLoader(*dataset, options); });
  options.preprocessings = {
      kCaffePreprocessing,
      {.order = Preprocessing::Order::kBands, .mean = {100}, .deviation = {50}, .least = 0, .most = 65535}};
  options.augment.crop_width = 10, options.augment.crop_height = 6;
  BatchLoader loader(*dataset, options);
  const LoadedBatch batch = loader.Next();
  ASSERT_EQ(batch.inputs.size(), 2u);
  ASSERT_EQ(batch.labels.size(), 2u);
  EXPECT_EQ(batch.inputs[0].shape(), (Nhwc{2, 6, 10, 3}));
  EXPECT_EQ(batch.inputs[1].shape(), (Nhwc{2, 6, 10, 1}));
  for (size_t i = 0; i < 120; i++) {
    const int32_t label = batch.labels[0].values()[i];
    const bool is_shown = label != kIgnoredLabel;
    EXPECT_EQ(is_shown, batch.labels[1].values()[i] != kIgnoredLabel);
    if (is_shown) {
      EXPECT_EQ(static_cast<int>(batch.inputs[1].values()[i] / 2 + 1) % 8 % 3, label);
    } else {
      EXPECT_EQ(batch.inputs[1].values()[i], 0);  // the mean
    }
  }
}

/// A data set of one's own that does not keep its word.
class Careless : public Dataset {
 public:
  const std::vector<HeadInfo>& heads() const override { return heads_; }
  size_t size() const override { return 1; }
  std::string name(size_t) const override { return "s"; }
  Sample Get(size_t) const override { return sample; }

  Sample sample = {"s", {Raster(2, 1, 3, std::vector<uint8_t>(6))}, {{2, 1, {0, 1}}}, {}};

 private:
  std::vector<HeadInfo> heads_ = {{"", {"a", "b"}, {{}, {}}}};
};

TEST(SampleCheck, SaysWhatADataSetOfOnesOwnGotWrong) {
  const Careless good;
  CheckSample(good.Get(0), good);
  const auto expect = [](const char* message, auto change) {
    Careless careless;
    change(careless.sample);
    LoaderOptions options;
    options.batch_size = 1;
    ExpectError(ErrorCode::kInput, message, [&] { BatchLoader(careless, options).Next(); });
  };
  expect("2 pictures", [](Sample& s) { s.inputs.push_back(s.inputs[0]); });
  expect("0 label maps", [](Sample& s) { s.labels.clear(); });
  expect("no pixels", [](Sample& s) { s.inputs[0] = Raster(0, 0, 3, std::vector<uint8_t>()); });
  expect("4 bands", [](Sample& s) { s.inputs[0] = Raster(2, 1, 4, std::vector<uint8_t>(8)); });
  expect("size and samples differ", [](Sample& s) { s.inputs[0].Of<uint8_t>().pop_back(); });
  expect("labels of another size", [](Sample& s) { s.labels[0].labels.push_back(0); });
  expect("the label 2", [](Sample& s) { s.labels[0].labels[0] = 2; });
  class Bands : public Careless {
   public:
    const std::vector<InputInfo>& inputs() const override { return inputs_; }

   private:
    std::vector<InputInfo> inputs_ = {{"depth", 1}};
  };
  Bands bands;
  bands.sample.inputs[0] = Raster(2, 1, 1, std::vector<float>{1, 2});
  CheckSample(bands.sample, bands);
  bands.sample.inputs[0].Of<float>()[1] = std::nanf("");
  ExpectError(ErrorCode::kInput, "samples that are no numbers", [&] { CheckSample(bands.sample, bands); });
  // Those that do not count may be there.
  Careless ignoring;
  ignoring.sample.labels[0].labels[0] = kIgnoredLabel;
  CheckSample(ignoring.sample, ignoring);
}

}  // namespace
}  // namespace fcn
