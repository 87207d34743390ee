// Every published data set through the verbs that read one: found by its layout, checked, counted, trained on, scored.

#include "data/mat_samples.h"
#include "support/program_fixture.h"

namespace fcn::test {
namespace {

using testing::HasSubstr;

constexpr int kWidth = 64, kHeight = 48;

class DataSets : public ProgramTest {
 protected:
  /// Values in blocks of 16 pixels.
  using Values = std::vector<int>;
  static int At(const Values& values, int x, int y) {
    return values[static_cast<size_t>(x / 16 + y / 16) % values.size()];
  }

  std::string In(const std::string& name) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    return Path(name);
  }
  void Photo(const std::string& name) const {
    WriteRgbPng(In(name), Dashes(kWidth, kHeight, SeedFromName(name.c_str()), 3));
  }
  void Grey16(const std::string& name) const {
    std::vector<uint16_t> samples;
    samples.reserve(kWidth * kHeight);
    for (int i = 0; i < kWidth * kHeight; i++) samples.push_back(static_cast<uint16_t>(1000 + i));
    WriteGrey16Png(In(name), samples.data(), kWidth, kHeight);
  }
  void Png(const std::string& name, const Values& values) const {
    std::vector<uint8_t> labels;
    for (int y = 0; y < kHeight; y++)
      for (int x = 0; x < kWidth; x++) labels.push_back(static_cast<uint8_t>(At(values, x, y)));
    WriteIndexedPng(In(name), labels.data(), kWidth, kHeight, VocPalette());
  }
  void Mat(const std::string& name, const std::string& variable, const Values& values) const {
    const MatWriter writer;
    const auto value = [&](int x, int y) { return At(values, x, y); };
    WriteFile(In(name), writer.File({writer.Packed(writer.Numbers(variable, kWidth, kHeight, kMatInt16, value))}));
  }
  void Text(const std::string& name, const std::string& text) const { WriteFile(In(name), text); }

  /// All verbs on a tree, with flags that say what is seen and told of it.
  void ExpectUsable(const std::string& data, const std::string& kind, const std::string& train, const std::string& val,
                    size_t classes, const std::vector<std::string>& flags = {}) const {
    SCOPED_TRACE(kind);
    const auto run = [&](std::vector<std::string> command, const std::vector<std::string>& more) {
      command.insert(command.end(), more.begin(), more.end());
      ProgramResult result = Fcn(command);
      EXPECT_EQ(result.exit_code, 0) << command[0] << ": " << result.out << result.err;
      return result.out;
    };
    for (const std::string& split : {train, val}) {
      const auto report = nlohmann::json::parse(
          run({"dataset", "check", "--data", Path(data), "--split", split, "--json"}, flags), nullptr, false);
      ASSERT_FALSE(report.is_discarded());
      EXPECT_EQ(report["kind"], kind);
    }
    EXPECT_THAT(run({"dataset", "stats", "--data", Path(data), "--split", train}, flags), HasSubstr("64x48"));
    run({"train", "--data", Path(data), "--train-split", train, "--val-split", val, "--model",
         "fcn32s-efficientnet-lite0", "--crop-size", "64x48", "-b", "1", "--max-iters", "2", "-o", Path(kind)},
        flags);
    const std::string model = Path(kind) + "/model.safetensors";
    const auto scores = nlohmann::json::parse(
        run({"eval", "--model", model, "--data", Path(data), "--split", val, "--json"}, {}), nullptr, false);
    ASSERT_FALSE(scores.is_discarded());
    const auto& first = scores.contains("heads") ? scores["heads"][0] : scores;
    EXPECT_EQ(first["per_class"].size(), classes);
  }
};

TEST_F(DataSets, Sbd) {
  for (const char* name : {"2008_000002", "2008_000003", "2008_000004"}) {
    Photo(std::string("sbd/img/") + name + ".jpg");
    WriteFile(In(std::string("sbd/cls/") + name + ".mat"), SbdLabels(kWidth, kHeight, [](int x, int y) {
                return At({0, 1, 15, 255}, x, y);
              }));
  }
  Text("sbd/train.txt", "2008_000002\n2008_000003\n");
  Text("sbd/val.txt", "2008_000004\n");
  Text("voc-val.txt", "2008_000003\n");
  ExpectUsable("sbd", "sbd", "train - ../voc-val.txt", "val", 21);
}

TEST_F(DataSets, Nyud) {
  for (const char* number : {"1", "2"}) {
    const std::string file = "/img_" + std::string(number);
    Photo("nyud/data/images" + file + ".png");
    Grey16("nyud/data/depth" + file + ".png");
    Mat("nyud/segmentation" + file + ".mat", "segmentation", {0, 1, 2, 40});
  }
  Text("nyud/train.txt", "1\n");
  Text("nyud/test.txt", "2\n");
  ExpectUsable("nyud", "nyud", "train", "test", 40, {"--inputs", "color,depth:1"});
}

TEST_F(DataSets, SiftFlow) {
  const std::string scenes = "/spatial_envelope_256x256_static_8outdoorcategories/";
  for (const char* name : {"coast_1", "coast_2"}) {
    Photo("sift/Images" + scenes + name + ".jpg");
    Mat("sift/SemanticLabels" + scenes + name + ".mat", "S", {0, 1, 2, 33});
    Mat("sift/GeoLabels" + scenes + name + ".mat", "S", {-1, 1, 2, 3});
  }
  Text("sift/trainval.txt", "coast_1\n");
  Text("sift/test.txt", "coast_2\n");
  ExpectUsable("sift", "sift-flow", "trainval", "test", 33, {"--heads", "semantic,geometric"});
}

TEST_F(DataSets, PascalContext) {
  std::string labels;
  for (const char* name :
       {"accordion", "aeroplane", "bicycle",   "bird",    "boat",     "bottle",    "bus",     "car",         "cat",
        "chair",     "cow",       "table",     "dog",     "horse",    "motorbike", "person",  "pottedplant", "sheep",
        "sofa",      "train",     "tvmonitor", "bag",     "bed",      "bench",     "book",    "building",    "cabinet",
        "ceiling",   "cloth",     "computer",  "cup",     "door",     "fence",     "floor",   "flower",      "food",
        "grass",     "ground",    "keyboard",  "light",   "mountain", "mouse",     "curtain", "platform",    "sign",
        "plate",     "road",      "rock",      "shelves", "sidewalk", "sky",       "snow",    "bedclothes",  "track",
        "tree",      "truck",     "wall",      "water",   "window",   "wood"})
    labels += std::to_string(std::ranges::count(labels, '\n') + 1) + ": " + name + "\n";
  Text("context/labels.txt", labels);
  for (const char* name : {"2008_000002", "2008_000003"}) {
    Photo(std::string("context/VOC2010/JPEGImages/") + name + ".jpg");
    Mat(std::string("context/trainval/") + name + ".mat", "LabelMap", {1, 2, 51, 60});
  }
  Text("context/VOC2010/ImageSets/Main/train.txt", "2008_000002\n");
  Text("context/VOC2010/ImageSets/Main/val.txt", "2008_000003\n");
  ExpectUsable("context", "pascal-context", "train", "val", 60);
}

TEST_F(DataSets, Cityscapes) {
  for (const char* name : {"train/ulm/ulm_000000_000019", "val/bonn/bonn_000000_000019"}) {
    Photo(std::string("city/leftImg8bit/") + name + "_leftImg8bit.png");
    Png(std::string("city/gtFine/") + name + "_gtFine_labelIds.png", {0, 7, 8, 33});
  }
  ExpectUsable("city", "cityscapes", "train", "val", 19);
}

TEST_F(DataSets, Ade20k) {
  for (const char* name : {"training/ADE_train_00000001", "validation/ADE_val_00000001"}) {
    Photo(std::string("ade/images/") + name + ".jpg");
    Png(std::string("ade/annotations/") + name + ".png", {0, 1, 2, 150});
  }
  ExpectUsable("ade", "ade20k", "train", "val", 150);
}

}  // namespace
}  // namespace fcn::test
