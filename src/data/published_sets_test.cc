// The data sets of the paper and of today, in small trees of their true layouts.
#include "data/published_sets.h"

#include <gmock/gmock.h>

#include "data/known_classes.h"
#include "data/label_reader.h"
#include "data/mat_samples.h"
#include "data/test_folder.h"
#include "fcn/dataset_check.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::MatWriter;
using testing::ElementsAre;

constexpr uint16_t kNo = kIgnoredLabel;

class Published : public test::DataTest {
 protected:
  DatasetOptions In(const std::string& split, const std::string& folder = {}, const std::string& kind = {}) const {
    DatasetOptions options;
    options.kind = kind, options.split = split;
    options.folder = folder.empty() ? folder_.string() : (folder_ / folder).string();
    return options;
  }
  void Text(const std::string& name, const std::string& text) const { WriteFile(Path(name), text); }
  /// A row of labels.
  void Mat(const std::string& name, const std::string& variable, const std::vector<int>& values,
           const test::MatType& type = test::kMatUint8) const {
    const MatWriter writer;
    WriteFile(Path(name), writer.File({writer.Numbers(variable, static_cast<int>(values.size()), 1, type,
                                                      [&](int x, int) { return values[static_cast<size_t>(x)]; })}));
  }
  void Row(const std::string& name, const std::vector<int>& values) const {
    Labels(name, static_cast<int>(values.size()), 1, [&](int x, int) { return values[static_cast<size_t>(x)]; });
  }

  static std::vector<std::string> Names(const DatasetOptions& options) {
    const auto dataset = OpenDataset(options);
    std::vector<std::string> names;
    for (size_t i = 0; i < dataset->size(); i++) names.push_back(dataset->name(i));
    return names;
  }
  static std::vector<uint16_t> First(const DatasetOptions& options) {
    return OpenDataset(options)->Get(0).labels[0].labels;
  }

  void Sbd(const std::string& folder) const {
    for (const char* name : {"2008_000002", "2008_000003", "2008_000007"}) {
      Picture(folder + "/img/" + name + ".jpg", 4, 1);
      WriteFile(Path(folder + "/cls/" + name + ".mat"), test::SbdLabels(4, 1, [](int x, int) {
                  return std::array{0, 20, 3, 255}[static_cast<size_t>(x)];
                }));
    }
    Text(folder + "/train.txt", "2008_000002\n2008_000003\n");
    Text(folder + "/val.txt", "2008_000007\n");
  }
};

TEST_F(Published, SbdInItsFolderOrThatOfItsArchive) {
  Sbd("benchmark_RELEASE/dataset");
  for (const char* folder : {"", "benchmark_RELEASE", "benchmark_RELEASE/dataset"}) {
    EXPECT_THAT(Names(In("train", folder)), ElementsAre("2008_000002", "2008_000003"));
    EXPECT_THAT(First(In("val", folder)), ElementsAre(0, 20, 3, kNo));
    EXPECT_EQ(OpenDataset(In("val", folder))->classes(), VocClasses().names);
    EXPECT_EQ(OpenDataset(In("val", folder))->picture_size(0), std::pair(4, 1));
    EXPECT_EQ(Names(In("trainval", folder)).size(), 3u);
  }
  ExpectError(ErrorCode::kInput, "no list", [&] { OpenDataset(In("train_noval")); });
  // Labels that were converted stand beside.
  std::filesystem::remove(Path("benchmark_RELEASE/dataset/cls/2008_000007.mat"));
  ExpectError(ErrorCode::kInput, "2008_000007.mat is missing", [&] { OpenDataset(In("val")); });
  std::filesystem::create_directory(Path("benchmark_RELEASE/dataset/cls/2008_000007.mat"));
  ExpectError(ErrorCode::kInput, "2008_000007.mat is a folder", [&] { OpenDataset(In("val")); });
  Row("benchmark_RELEASE/dataset/cls/2008_000007.png", {0, 20, 3, 255});
  EXPECT_THAT(First(In("val")), ElementsAre(0, 20, 3, kNo));
}

TEST_F(Published, ASplitWithoutAnotherIsWhatThePaperTrainsAndValidatesOn) {
  Sbd("sbd");
  Text("VOC2011/ImageSets/Segmentation/val.txt", "2008_000003\n2008_000009\n");
  for (const char* name : {"2008_000003", "2008_000009"}) {
    Picture(std::string("VOC2011/JPEGImages/") + name + ".jpg", 2, 1);
    Row(std::string("VOC2011/SegmentationClass/") + name + ".png", {0, 1});
  }
  const std::string val = "../VOC2011/ImageSets/Segmentation/val.txt";
  EXPECT_THAT(Names(In("train - " + val, "sbd")), ElementsAre("2008_000002"));
  EXPECT_THAT(Names(In("trainval - " + val + "[1:]", "sbd")), ElementsAre("2008_000007"));
  EXPECT_THAT(Names(In("trainval - val - " + val, "sbd")), ElementsAre("2008_000002"));
  // The 736 of seg11valid are VOC 2011's val without SBD's train: by lists, or by the list itself.
  EXPECT_THAT(Names(In("val - ../sbd/train", "VOC2011")), ElementsAre("2008_000009"));
  Text("VOC2011/ImageSets/Segmentation/seg11valid.txt", "2008_000009\n");
  EXPECT_THAT(Names(In("seg11valid", "VOC2011")), ElementsAre("2008_000009"));
  // What is left out need not be there.
  std::filesystem::remove(Path("sbd/cls/2008_000003.mat"));
  EXPECT_THAT(Names(In("train - " + val, "sbd")), ElementsAre("2008_000002"));
  ExpectError(ErrorCode::kInput, "no list", [&] { OpenDataset(In("train - nowhere", "sbd")); });
  ExpectError(ErrorCode::kInput, "no samples", [&] { OpenDataset(In("val - val", "sbd")); });
  ExpectError(ErrorCode::kUsage, "what is taken", [&] { OpenDataset(In("train - ", "sbd")); });
  ExpectError(ErrorCode::kUsage, "is not a split", [&] { OpenDataset(In("train[:1] - val", "sbd")); });
  // A list of other names is a mistake that would let a training see what it is measured on.
  const auto unused = [&](const std::string& split) {
    std::vector<std::string> kinds;
    for (const Finding& finding : ListDataset(In(split, "sbd")).unused) kinds.push_back(finding.kind);
    return kinds;
  };
  Text("sbd/classes_of.txt", "2008_000002  1\n2008_000003 -1\n");
  EXPECT_THAT(unused("train - classes_of"), testing::Contains("nothing left out"));
  EXPECT_THAT(unused("train - val - " + val), testing::Contains("nothing left out"));
  EXPECT_THAT(unused("train - " + val), testing::Not(testing::Contains("nothing left out")));
}

TEST_F(Published, NamesInListsDoNotLeadOutOfTheDataSet) {
  Sbd("sbd");
  const std::string other = Path("sbd/img/2008_000002");  // which is there
  for (const std::string& name : {std::string("../../../etc/passwd"), std::string("../img/2008_000002"),
                                  std::string("a/../2008_000002"), std::string(".."), other}) {
    Text("sbd/train.txt", "2008_000003\n" + name + "\n");
    ExpectError(ErrorCode::kInput, "sbd/train.txt has \"" + name.substr(0, 9),
                [&] { OpenDataset(In("train", "sbd")); });
    ExpectError(ErrorCode::kInput, "no name of a picture", [&] { OpenDataset(In("trainval", "sbd")); });
    Text("VOC2011/ImageSets/Segmentation/train.txt", name + "\n");
    ExpectError(ErrorCode::kInput, "no name of a picture", [&] { OpenDataset(In("train", "VOC2011", "voc")); });
  }
  // Folders inside of it are as good as any, and so are dots in names.
  Picture("sbd/img/more/a..b.jpg", 4, 1);
  WriteFile(Path("sbd/cls/more/a..b.mat"), test::SbdLabels(4, 1, [](int x, int) { return x; }));
  Text("sbd/train.txt", "more/a..b\n");
  EXPECT_THAT(Names(In("train", "sbd")), ElementsAre("more/a..b"));
}

TEST_F(Published, NyudWithDepthAndHha) {
  for (const char* number : {"5001", "5002"}) {
    const std::string file = "/img_" + std::string(number);
    Picture("data/images" + file + ".png", 4, 1);
    Picture("data/hha" + file + ".png", 4, 1);
    const uint16_t depth[] = {1000, 2000, 3000, 65535};
    WriteGrey16Png(Path("data/depth" + file + ".png"), depth, 4, 1);
    Mat("segmentation" + file + ".mat", "segmentation", {0, 1, 2, 40});
  }
  Text("train.txt", "5001\n");
  Text("val.txt", "5002\n");
  Text("classes.txt", "wall\nfloor\n\nand 0 is void\n");  // the release has it for people
  EXPECT_THAT(Names(In("trainval")), ElementsAre("5001", "5002"));
  EXPECT_THAT(First(In("train")), ElementsAre(kNo, 0, 1, 39));
  DatasetOptions options = In("val");
  options.inputs = {{"color", 0}, {"depth", 1}, {"hha", 0}};
  const auto dataset = OpenDataset(options);
  EXPECT_EQ(dataset->classes().size(), 40u);
  EXPECT_EQ(dataset->classes()[39], "otherprop");
  const Sample sample = dataset->Get(0);
  EXPECT_THAT(sample.inputs[1].Of<uint16_t>(), ElementsAre(1000, 2000, 3000, 65535));
  EXPECT_EQ(sample.inputs[2].bands, 3);
  options.inputs = {{"hha", 0}};
  EXPECT_EQ(OpenDataset(options)->size(), 1u);
  options.inputs = {{"color", 0}, {"normals", 0}};
  ExpectError(ErrorCode::kInput, "normals", [&] { OpenDataset(options); });
  // 0 is void by itself, and saying so changes nothing; neither do labels that were converted.
  options = In("train");
  options.reduce_zero_label = true;
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, 39));
  std::filesystem::remove(Path("segmentation/img_5001.mat"));
  Row("segmentation/img_5001.png", {0, 1, 2, 40});
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, 39));
  options.classes = {"floor", "wall"};
  EXPECT_THAT(First(options), ElementsAre(kNo, 1, 0, kNo));
  options.classes = {"ground"};
  ExpectError(ErrorCode::kUsage, "no class", [&] { OpenDataset(options); });
}

TEST_F(Published, SiftFlowWithBothItsLabelings) {
  const std::string scenes = "spatial_envelope_256x256_static_8outdoorcategories/";
  Picture("Images/" + scenes + "coast_natu975.jpg", 4, 1);
  Mat("SemanticLabels/" + scenes + "coast_natu975.mat", "S", {0, 1, 25, 33}, test::kMatDoubleAsBytes);
  Mat("GeoLabels/" + scenes + "coast_natu975.mat", "S", {-1, 1, 2, 3}, test::kMatInt16);
  Text("trainval.txt", "coast_natu975\n");
  Text("TestSet1.txt", "spatial_envelope_256x256_static_8outdoorcategories\\coast_natu975.jpg\r\n");
  EXPECT_THAT(Names(In("TestSet1")), ElementsAre("coast_natu975"));
  Text("absolute.txt", "/home/someone/Images/coast_natu975.jpg\n");
  EXPECT_THAT(Names(In("absolute")), ElementsAre("coast_natu975"));
  EXPECT_THAT(First(In("trainval")), ElementsAre(kNo, 0, 24, 32));
  DatasetOptions options = In("trainval");
  options.heads = {"semantic", "geometric"};
  const auto dataset = OpenDataset(options);
  EXPECT_EQ(dataset->heads()[0].classes.size(), 33u);
  EXPECT_THAT(dataset->heads()[1].classes, ElementsAre("sky", "horizontal", "vertical"));
  const Sample sample = dataset->Get(0);
  EXPECT_THAT(sample.labels[0].labels, ElementsAre(kNo, 0, 24, 32));
  EXPECT_THAT(sample.labels[1].labels, ElementsAre(kNo, 0, 1, 2));
  options.heads = {"geometric"};
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, 2));
}

TEST_F(Published, PascalContextByTheNamesOfItsLabels) {
  // Labels as its archive has them: 459 of them, under other names than the 59 in three cases.
  std::string labels;
  const std::vector<std::string> classes = PascalContextClasses().names;
  for (int i = 1; i <= 459; i++) {
    std::string name = "thing" + std::to_string(i);
    if (i >= 300 && i < 359) name = classes[static_cast<size_t>(i - 299)];
    name = name == "diningtable" ? "table" : name == "bedcloth" ? "bedclothes" : name == "clothes" ? "cloth" : name;
    if (i == 255) name = "wire";
    labels += std::to_string(i) + ": " + name + "\n";
  }
  Picture("VOC2010/JPEGImages/2008_000002.jpg", 6, 1);
  Text("VOC2010/ImageSets/Main/train.txt", "2008_000002\n");
  Text("pascal-context/labels.txt", labels);
  Mat("pascal-context/trainval/2008_000002.mat", "LabelMap", {0, 1, 255, 300, 310, 358}, test::kMatUint16);
  for (const char* folder : {"", "pascal-context"}) {
    const DatasetOptions options = In("train", folder, "pascal-context");
    EXPECT_THAT(First(options), ElementsAre(0, 0, 0, 1, 11, 59)) << folder;
    EXPECT_EQ(OpenDataset(options)->classes().size(), 60u);
    EXPECT_EQ(OpenDataset(options)->classes()[11], "diningtable");
  }
  EXPECT_EQ(Names(In("train", "pascal-context")).size(), 1u);  // found out
  // The 59 alone: background does not count.
  DatasetOptions options = In("train", "pascal-context");
  options.classes.assign(classes.begin() + 1, classes.end());
  EXPECT_THAT(First(options), ElementsAre(kNo, kNo, kNo, 0, 10, 58));
  Text("pascal-context/labels.txt", "1: accordion\n");
  ExpectError(ErrorCode::kInput, "does not say which label aeroplane has", [&] { OpenDataset(options); });
  Text("pascal-context/labels.txt", "accordion\n");
  ExpectError(ErrorCode::kInput, "line 1 of", [&] { OpenDataset(options); });
  // Labels that were converted to the 60 lie inside of VOC 2010.
  Row("VOC2010/SegmentationClassContext/2008_000002.png", {0, 1, 59, 255, 11, 2});
  Text("VOC2010/ImageSets/SegmentationContext/train.txt", "2008_000002\n");
  EXPECT_THAT(First(In("train", "VOC2010")), ElementsAre(0, 1, 59, kNo, 11, 2));
}

TEST_F(Published, CityscapesByTrainIdsOrIds) {
  for (const char* name : {"aachen/aachen_000000_000019", "bremen/bremen_000001_000019"}) {
    Picture(std::string("leftImg8bit/train/") + name + "_leftImg8bit.png", 5, 1);
    const uint16_t disparity[] = {1, 2, 3, 4, 5};
    WriteGrey16Png(Path(std::string("disparity/train/") + name + "_disparity.png"), disparity, 5, 1);
    Row(std::string("gtFine/train/") + name + "_gtFine_labelIds.png", {0, 7, 33, 11, 29});
    Row(std::string("gtFine/train/") + name + "_gtFine_instanceIds.png", {0, 7, 33, 11, 29});
  }
  DatasetOptions options = In("train");
  EXPECT_THAT(Names(options), ElementsAre("aachen/aachen_000000_000019", "bremen/bremen_000001_000019"));
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 18, 2, kNo));
  EXPECT_EQ(OpenDataset(options)->palette()[13], (Colour{0, 0, 142}));
  options.inputs = {{"image", 0}, {"disparity", 1}};
  EXPECT_THAT(OpenDataset(options)->Get(1).inputs[1].Of<uint16_t>(), ElementsAre(1, 2, 3, 4, 5));
  for (const char* name : {"aachen/aachen_000000_000019", "bremen/bremen_000001_000019"})
    Row(std::string("gtFine/train/") + name + "_gtFine_labelTrainIds.png", {255, 0, 18, 2, 255});
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 18, 2, kNo));
  // Coarse labels are those of what has no fine ones.
  Picture("leftImg8bit/train_extra/ulm/ulm_1_1_leftImg8bit.png", 2, 1);
  Row("gtCoarse/train_extra/ulm/ulm_1_1_gtCoarse_labelIds.png", {24, 0});
  EXPECT_THAT(First(In("train_extra")), ElementsAre(11, kNo));
  ExpectError(ErrorCode::kInput, "leftImg8bit/val", [&] { OpenDataset(In("val")); });
  ExpectError(ErrorCode::kInput, "of a split", [&] { OpenDataset(In("")); });
}

TEST_F(Published, Ade20kWhoseZeroDoesNotCount) {
  Picture("images/training/ADE_train_00000001.jpg", 4, 1);
  Row("annotations/training/ADE_train_00000001.png", {0, 1, 2, 150});
  Picture("images/validation/ADE_val_00000001.jpg", 4, 1);
  Row("annotations/validation/ADE_val_00000001.png", {0, 1, 2, 150});
  for (const char* split : {"training", "train", "validation", "val"})
    EXPECT_THAT(First(In(split)), ElementsAre(kNo, 0, 1, 149)) << split;
  EXPECT_EQ(OpenDataset(In("val"))->classes()[149], "flag");
  EXPECT_EQ(OpenDataset(In("val"))->palette()[149], (Colour{92, 0, 255}));
  DatasetOptions options = In("val");
  options.reduce_zero_label = true;
  EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, 149));
  Row("annotations/validation/ADE_val_00000001.png", {0, 1, 2, 151});
  ExpectError(ErrorCode::kInput, "value 151", [&] { OpenDataset(options)->Get(0); });
  ExpectError(ErrorCode::kInput, "images/testing", [&] { OpenDataset(In("testing")); });
}

TEST_F(Published, OwnClassesWinInLayoutsThatAreImitated) {
  Picture("ade/images/training/a.PNG", 4, 1);
  Row("ade/annotations/training/a.png", {0, 1, 2, 255});
  Picture("city/leftImg8bit/train/here/a_leftImg8bit.png", 4, 1);
  Row("city/gtFine/train/here/a_gtFine_labelIds.png", {0, 1, 2, 255});
  Text("classes.txt", "one\ntwo\nthree\n");  // above, which may be about others
  for (const std::string folder : {"ade", "city"}) {
    SCOPED_TRACE(folder);
    DatasetOptions options = In("train", folder);
    EXPECT_EQ(OpenDataset(options)->classes().size(), folder == "ade" ? 150u : 19u);
    // By the flag.
    options.classes = {"ground", "disc", "scratch"};
    EXPECT_THAT(First(options), ElementsAre(0, 1, 2, kNo));
    options.reduce_zero_label = true;
    EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, kNo));
    options.classes = {"2"};
    EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, kNo));
    options.reduce_zero_label = false;
    options.classes = {"3"};
    EXPECT_THAT(First(options), ElementsAre(0, 1, 2, kNo));
    options.classes = {"part", "wall", "scratch", "car"};
    ExpectError(ErrorCode::kUsage, folder + "/classes.txt", [&] { OpenDataset(options); });
    options.classes = {"car", "biycle"};
    ExpectError(ErrorCode::kUsage, "Did you mean bicycle?", [&] { OpenDataset(options); });
    // By a file, also with names that the published set has.
    options.classes = {};
    Text(folder + "/classes.txt", "wall\ndisc\ncar\n");
    EXPECT_THAT(OpenDataset(options)->classes(), ElementsAre("wall", "disc", "car"));
    EXPECT_THAT(First(options), ElementsAre(0, 1, 2, kNo));
    options.reduce_zero_label = true;
    EXPECT_THAT(First(options), ElementsAre(kNo, 0, 1, kNo));
    options.reduce_zero_label = false;
    options.classes = {"car", "wall"};
    EXPECT_THAT(First(options), ElementsAre(1, kNo, 0, kNo));
    options.classes = {"cart", "wall"};
    ExpectError(ErrorCode::kUsage, "Did you mean car?", [&] { OpenDataset(options); });
    options.classes = {};
    for (const char* wrong : {"wall\nwall\n", "wall\nd\x1b[31misc\n", "wall 1 2 3\ndisc\n", "\n"}) {
      Text(folder + "/classes.txt", wrong);
      ExpectError(ErrorCode::kInput, folder + "/classes.txt", [&] { OpenDataset(options); });
    }
    std::filesystem::remove(Path(folder + "/classes.txt"));
  }
}

TEST_F(Published, AListBesideImitatedLayoutsIsOne) {
  Picture("images/training/a.png", 4, 1);
  Row("annotations/training/a.png", {0, 1, 2, 255});
  for (const char* list : {"all.txt", "train.txt"}) Text(list, "images/training/a.png annotations/training/a.png\n");
  DatasetOptions options = In("all");
  options.classes = {"3"};
  EXPECT_EQ(ListDataset(options).kind, "list");
  EXPECT_THAT(First(options), ElementsAre(0, 1, 2, kNo));
  EXPECT_EQ(ListDataset(In("train")).kind, "ade20k");
  EXPECT_EQ(ListDataset(In("training")).kind, "ade20k");
}

TEST_F(Published, LabelsOfListsAndPairsMayBeMatlabFiles) {
  Picture("images/a.png", 3, 1);
  Mat("masks/a.mat", "mine", {0, 2, 255});
  EXPECT_THAT(First(Pairs()), ElementsAre(0, 2, kNo));
  Text("all.txt", "images/a.png masks/a.mat\n");
  DatasetOptions options = In("all", "", "list");
  options.classes = {"3"};
  EXPECT_THAT(First(options), ElementsAre(0, 2, kNo));
  Row("masks/a.png", {1, 1, 1});  // a picture goes first
  EXPECT_THAT(First(Pairs()), ElementsAre(1, 1, 1));
}

TEST(PublishedClasses, AreAsManyAsThePublicationsSay) {
  EXPECT_EQ(NyudClasses().names.size(), 40u);
  EXPECT_EQ(SiftFlowClasses().names.size(), 33u);
  EXPECT_EQ(SiftFlowGeometry().names.size(), 3u);
  EXPECT_EQ(PascalContextClasses().names.size(), 60u);
  EXPECT_EQ(CityscapesClasses(true).names.size(), 19u);
  EXPECT_EQ(CityscapesClasses(true).values.size(), 19u);
  EXPECT_EQ(CityscapesClasses(false).palette.size(), 19u);
  EXPECT_EQ(Ade20kClasses().names.size(), 150u);
  EXPECT_EQ(Ade20kClasses().palette.size(), 150u);
}

}  // namespace
}  // namespace fcn
