// Own classes in the layouts of known data sets. Reported in public: cvat 2032 (an export in VOC's layout with
// labelmap.txt and colours of its own), and many who keep their pictures as VOC does. Here, classes.txt was not read in
// VOC's and CamVid's layout, so that labels were called aeroplane and bicycle; --classes was refused; labelmap.txt was
// unknown; names with spaces in lists were refused; pictures had to end with .jpg.
//
// What was looked at: every layout (camvid, voc, pairs, list, scenes), every file in which tools name classes, every
// list of names or paths, and what happens where no file says anything:
//  - A class file of the folder wins in all layouts that people imitate (CamVid's, VOC's, ADE20K's, Cityscapes'), and
//  in those without published classes one of the folder above
//    does, too. classes.txt first, then CVAT's, LabelMe's, CamVid's, Roboflow's and Kaggle's files, with colours and
//    with the values where they stand there.
//  - Without a file, --classes that the published set does not have are the folder's own; a typing error of a published
//    name is not taken for that (it would turn VOC's labels into others without a word), nor is a list of both, unless
//    its names have their stored value either way, as background has.
//  - Not found out: VOC's layout with own labels 0, 1, 2 and nothing that names them. check and stats say whose names
//    they use.
//  - Lists: names with spaces and in quotes, paths with spaces (tab, quotes, comma, or where only one reading exists),
//    BOM, CR, CRLF, an ending behind the name; VOC's lists of one class are still told by their second column.
//  - The only list of a VOC layout needs no --split (CVAT calls it default).
//  - Left alone: classes in JSON (Supervisely's meta.json), and layouts as such, which are another kind.
#include <fmt/format.h>

#include "fcn/drawing.h"
#include "support/program_fixture.h"

namespace fcn {
namespace {

class OwnClasses : public test::ProgramTest {
 protected:
  void Text(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    WriteFile(folder_ / name, text);
  }

  void Picture(const std::string& name) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    PictureFile(name, 8, 4);
  }

  /// Labels in thirds: the three values side by side.
  void Labels(const std::string& name, std::array<uint8_t, 4> values = {0, 1, 2, 0}) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::vector<uint8_t> labels(32);
    for (size_t i = 0; i < labels.size(); i++) labels[i] = values[i % 8 / 2];
    WriteIndexedPng(folder_ / name, labels.data(), 8, 4, VocPalette());
  }

  void ColourLabels(const std::string& name, const std::array<Colour, 4>& colours) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    Image image{8, 4, {}};
    for (size_t i = 0; i < 32; i++) {
      const Colour& colour = colours[i % 8 / 2];
      image.rgb.insert(image.rgb.end(), {colour.r, colour.g, colour.b});
    }
    WriteRgbPng(folder_ / name, image);
  }

  void Voc(const std::vector<std::string>& names = {"a", "b"}, const char* ending = ".jpg") const {
    std::string list;
    for (const std::string& name : names) {
      list += name + "\n";
      Picture("d/JPEGImages/" + name + ending);
      Labels("d/SegmentationClass/" + name + ".png");
    }
    Text("d/ImageSets/Segmentation/train.txt", list);
  }

  /// The classes that `dataset stats` finds and their pixels, as "name:pixels …"; or its error.
  std::string Stats(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"dataset", "stats", "--data", Path("d"), "--json"};
    command.insert(command.end(), more.begin(), more.end());
    const test::ProgramResult run = Fcn(command);
    if (run.exit_code != 0) return run.err;
    std::string found;
    const auto json = nlohmann::json::parse(run.out);
    for (const auto& one : json["classes"])
      found +=
          fmt::format("{}{}:{}", found.empty() ? "" : " ", one["name"].get<std::string>(), one["pixels"].get<int>());
    return found;
  }
};

TEST_F(OwnClasses, AClassFileWinsInEveryLayout) {
  Voc();
  Text("d/classes.txt", "ground\ndisc\nbar\n");
  EXPECT_EQ(Stats({"--split", "train"}), "ground:32 disc:16 bar:16");
  EXPECT_EQ(Stats({"--split", "train", "--classes", "ground,bar"}), "ground:32 bar:16");
  Text("d/classes.txt", "ground 0 0 0\ndisc 128 0 0\nbar 0 128 0\n");
  EXPECT_EQ(Stats({"--split", "train"}), "ground:32 disc:16 bar:16");
  EXPECT_NE(Stats({"--split", "train", "--classes", "ground,bars"}).find("Did you mean bar? " + Path("d/classes.txt")),
            std::string::npos);
  Picture("d/mine/a.png");
  Labels("d/mineannot/a.png");
  EXPECT_EQ(Stats({"--split", "mine", "--dataset", "camvid"}), "ground:16 disc:8 bar:8");
  Text("d/pictures.txt", "mine/a.png mineannot/a.png\n");
  EXPECT_EQ(Stats({"--split", "pictures"}), "ground:16 disc:8 bar:8");
}

TEST_F(OwnClasses, WithoutAFileTheFlagNamesThem) {
  Voc();
  EXPECT_EQ(Stats({"--split", "train", "--classes", "ground,disc,bar"}), "ground:32 disc:16 bar:16");
  EXPECT_EQ(Stats({"--split", "train", "--classes", "3"}), "0:32 1:16 2:16");
  EXPECT_EQ(Stats({"--split", "train", "--classes", "background,bicycle"}), "background:32 bicycle:16");  // VOC's
  for (const char* typed : {"background,aeroplain", "background,Bicycle"})
    EXPECT_NE(Stats({"--split", "train", "--classes", typed}).find("Did you mean"), std::string::npos) << typed;
  // A value beyond the named ones is still an error, not one of VOC's.
  const test::ProgramResult check =
      Fcn({"dataset", "check", "--data", Path("d"), "--split", "train", "--classes", "ground,disc"});
  EXPECT_EQ(check.exit_code, 1);
  EXPECT_NE(check.out.find("value 2"), std::string::npos) << check.out;
}

TEST_F(OwnClasses, AListOfBothIsRefused) {
  Voc();
  for (const char* verb : {"check", "stats"}) {
    const test::ProgramResult run =
        Fcn({"dataset", verb, "--data", Path("d"), "--split", "train", "--classes", "ground,person,bar,cat"});
    EXPECT_EQ(run.exit_code, 2);
    EXPECT_NE(run.err.find("PASCAL VOC has \"person\", \"cat\", but not \"ground\", \"bar\""), std::string::npos)
        << run.err;
    EXPECT_NE(run.err.find("name them in " + Path("d/classes.txt") + ", or with --classes"), std::string::npos)
        << run.err;
  }
  EXPECT_NE(Stats({"--split", "train", "--classes", "ground,background,bar"}).find("has \"background\""),
            std::string::npos);
  // 0 is the background either way.
  EXPECT_EQ(Stats({"--split", "train", "--classes", "background,disc,bar"}), "background:32 disc:16 bar:16");
  Text("d/classes.txt", "ground\nperson\nbar\n");
  EXPECT_EQ(Stats({"--split", "train"}), "ground:32 person:16 bar:16");
}

TEST_F(OwnClasses, FilesOfTheFolderAboveLeaveKnownLayoutsAlone) {
  Voc();
  Text("labels.txt", "x\ny\nz\n");
  EXPECT_TRUE(Stats({"--split", "train"}).starts_with("background:32 aeroplane:16 bicycle:16 "));
  Picture("d/mine/a.png");
  Labels("d/mineannot/a.png");
  EXPECT_TRUE(Stats({"--split", "mine", "--dataset", "camvid"}).starts_with("Sky:16 Building:8 Pole:8 "));
  Text("d/pictures.txt", "mine/a.png mineannot/a.png\n");
  EXPECT_EQ(Stats({"--split", "pictures"}), "x:16 y:8 z:8");
  // Above a folder of labels is the data set's own file.
  Text("d/labels.txt", "a\nb\nc\n");
  const std::string masks = Path("d/SegmentationClass");
  const test::ProgramResult same =
      Fcn({"eval", "--predictions", masks, "--truth", masks, "--dataset", "voc", "--json"});
  EXPECT_NE(same.out.find("\"c\""), std::string::npos) << same.out << same.err;
}

TEST_F(OwnClasses, CheckAndStatsSayWhereNamesComeFrom) {
  Voc();
  const auto expect = [&](const std::string& from, const std::vector<std::string>& more) {
    for (const char* verb : {"check", "stats"}) {
      std::vector<std::string> command = {"dataset", verb, "--data", Path("d"), "--split", "train"};
      command.insert(command.end(), more.begin(), more.end());
      const std::string text = Fcn(command).out;
      EXPECT_NE(text.find("  classes from " + from + "\n"), std::string::npos) << text;
      command.emplace_back("--json");
      EXPECT_EQ(nlohmann::json::parse(Fcn(command).out)["classes_from"], from);
    }
  };
  expect("PASCAL VOC", {});
  expect("PASCAL VOC", {"--classes", "background,bicycle"});
  expect("--classes", {"--classes", "ground,disc,bar"});
  Text("d/labels.txt", "ground\ndisc\nbar\n");
  expect(Path("d/labels.txt"), {});
  expect(Path("d/labels.txt"), {"--classes", "ground,bar"});
}

TEST_F(OwnClasses, CheckSaysWhoseNamesItUses) {
  Voc();
  const test::ProgramResult check = Fcn({"dataset", "check", "--data", Path("d"), "--split", "train"});
  EXPECT_NE(check.out.find("The names are PASCAL VOC's; classes of your own are named in " + Path("d/classes.txt")),
            std::string::npos)
      << check.out;
}

TEST_F(OwnClasses, CheckAndTrainSayThatALayoutIsTakenForAde20k) {
  for (const std::string split : {"training", "validation"}) {
    Picture("d/images/" + split + "/a.jpg");
    Labels("d/annotations/" + split + "/a.png", {1, 2, 3, 0});
  }
  const std::string said = "The names are ADE20K's; classes of your own are named in " + Path("d/classes.txt");
  const std::vector<std::string> check = {"dataset", "check", "--data", Path("d"), "--split", "train"};
  EXPECT_NE(Fcn(check).out.find(said), std::string::npos);
  std::vector<std::string> train = {"train",       "--data", Path("d"),   "--val-split", "val",
                                    "--max-iters", "1",      "-b",        "1",           "--crop-size",
                                    "32x32",       "-o",     Path("run"), "--model",     "fcn32s-efficientnet-lite0"};
  EXPECT_NE(Fcn(train).err.find(said), std::string::npos);
  Text("d/classes.txt", "ground\ndisc\nbar\n");
  train[12] = Path("mine");
  train.emplace_back("--reduce-zero-label");
  const test::ProgramResult run = Fcn(train);
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.err.find("ADE20K"), std::string::npos) << run.err;
  EXPECT_EQ(LoadModel(Path("mine/model.safetensors")).head().classes,
            (std::vector<std::string>{"ground", "disc", "bar"}));
  EXPECT_EQ(Stats({"--split", "train", "--reduce-zero-label"}), "ground:8 disc:8 bar:8");
}

TEST_F(OwnClasses, CvatsExportIsRead) {
  const Colour cat{48, 112, 32}, dog{176, 112, 32}, none{0, 0, 0};
  Picture("d/JPEGImages/frame 1.png");
  ColourLabels("d/SegmentationClass/frame 1.png", {none, cat, dog, none});
  Text("d/ImageSets/Segmentation/default.txt", "frame 1\n");
  Text("d/labelmap.txt",
       "# label:color_rgb:parts:actions\nbackground:0,0,0::\nCat:48,112,32::\nDog:176,112,32:head,tail:run\n");
  EXPECT_EQ(Stats(), "background:16 Cat:8 Dog:8");
  EXPECT_EQ(Stats({"--split", "default"}), "background:16 Cat:8 Dog:8");
  EXPECT_EQ(Stats({"--classes", "Dog,Cat"}), "Dog:8 Cat:8");
  const test::ProgramResult other = Fcn({"dataset", "stats", "--data", Path("d"), "--split", "train"});
  EXPECT_NE(other.err.find("Its splits are default"), std::string::npos) << other.err;
  const test::ProgramResult same =
      Fcn({"eval", "--predictions", Path("d/SegmentationClass"), "--truth", Path("d/SegmentationClass"), "--json"});
  ASSERT_EQ(same.exit_code, 0) << same.err;
  EXPECT_EQ(nlohmann::json::parse(same.out)["mean_iu"], 1);
}

TEST_F(OwnClasses, OtherToolsClassFilesAreRead) {
  constexpr std::pair<const char*, const char*> kFiles[] = {
      {"class_names.txt", "ground\ndisc\nbar\n"},
      {"labels.txt", "__ignore__\nground\ndisc\nbar\n"},
      {"label_colors.txt", "0 0 0\t\tground\n128 0 0\t\tdisc\n0 128 0\t\tbar\n"},
      {"class_dict.csv", "name,r,g,b\nground,0,0,0\ndisc,128,0,0\nbar,0,128,0\n"},
      {"_classes.csv", "Pixel Value, Class\n0, ground\n1, disc\n2, bar\n"},
      {"classes.csv", "\xef\xbb\xbfname;r;g;b\r\nground;0;0;0\r\ndisc;128;0;0\r\nbar;0;128;0\r\n"},
      {"classes.txt", "2: bar\n0: ground\n1: disc\n"},
  };
  Voc();
  for (const auto& [name, text] : kFiles) {
    Text(fmt::format("d/{}", name), text);
    const std::string stats = Stats({"--split", "train"});
    EXPECT_EQ(stats, name == std::string("classes.txt") ? "bar:16 ground:32 disc:16" : "ground:32 disc:16 bar:16")
        << name;
    std::filesystem::remove(folder_ / "d" / name);
  }
}

TEST_F(OwnClasses, NamesInListsMayHaveSpaces) {
  Voc({"my picture 1", "Straße"}, ".PNG");
  Text("d/classes.txt", "ground\ndisc\nbar\n");
  EXPECT_EQ(Stats({"--split", "train"}), "ground:32 disc:16 bar:16");
  Text("d/ImageSets/Segmentation/train.txt", "\xef\xbb\xbf\"my picture 1\"\r\nStraße.PNG\r\n");
  EXPECT_EQ(Stats({"--split", "train"}), "ground:32 disc:16 bar:16");
  Text("d/ImageSets/Segmentation/cat_train.txt", "Straße  1\nmy picture 1 -1\n");
  EXPECT_NE(Stats({"--split", "cat_train"}).find("second column"), std::string::npos);
  Text("d/list.txt",
       "JPEGImages/my picture 1.PNG SegmentationClass/my picture 1.png\n"
       "\"JPEGImages/Straße.PNG\",\"SegmentationClass/Straße.png\"\n");
  EXPECT_EQ(Stats({"--split", "list"}), "ground:32 disc:16 bar:16");
  Text("d/list.txt", "JPEGImages/my picture 1.PNG SegmentationClass/my picture 2.png\n");
  EXPECT_NE(Stats({"--split", "list"}).find("line 1 of"), std::string::npos);
}

TEST_F(OwnClasses, ATrainingHasThem) {
  Voc();
  Text("d/classes.txt", "ground\ndisc, round\nbar\n");
  const test::ProgramResult run =
      Fcn({"train", "--data", Path("d"), "--val-split", "", "--max-iters", "1", "-b", "1", "--crop-size", "32x32", "-o",
           Path("run"), "--model", "fcn32s-efficientnet-lite0"});
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(LoadModel(Path("run/model.safetensors")).head().classes,
            (std::vector<std::string>{"ground", "disc, round", "bar"}));
}

}  // namespace
}  // namespace fcn
