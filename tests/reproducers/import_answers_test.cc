// What an import or a training does with weights is what was asked, or is said: scores of another number of classes are
// not missing scores (they were thrown away, exit 0), names are separated by commas, and pictures are prepared as those
// were that the weights learned from (opencv 9625, pytorch-fcn 90: VGG16 of torchvision with Caffe's preprocessing).
//
// What was looked at for more of the kind: every layer that depends on the number of classes, of FCNs and of
// classifiers
// (--classes of a classifier); names repeated, with spaces, empty; every network of the zoo for whose weights they are
// (timm's EfficientNet-lite learned samples from -1 to 1, pytorch-fcn's VGG16 blue, green, red); the same in training,
// where another number of classes is the normal case and is said; resumed trainings, which must not choose anew.

#include "fcn/error.h"
#include "fcn/preprocessing.h"
#include "formats/safetensors.h"
#include "models/import.h"
#include "support/program_fixture.h"
#include "train/config.h"
#include "train/start.h"

namespace fcn {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kNetwork = "fcn32s-efficientnet-lite0";

class ImportAnswers : public test::ProgramTest {
 protected:
  /// A file of random weights that score so many classes.
  std::string Weights(const char* network, int classes) const {
    WriteSafetensors(Path("weights.safetensors"), RandomWeights(FindModel(network).build(classes), 1));
    return Path("weights.safetensors");
  }
  test::ProgramResult Import(const std::string& weights, const char* network,
                             std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {"import",     weights, "--model", network, "-o", Path("model.safetensors"),
                                        "--overwrite"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  }
  ModelContents Written() const { return LoadModel(Path("model.safetensors")); }
};

TEST_F(ImportAnswers, NamesAreSeparatedByCommas) {
  for (const std::vector<std::string>& names : {std::vector<std::string>{"--classes", "floor, scratch ,part"},
                                                {"--classes=floor", "--classes", "scratch,part"},
                                                {"--classes", "floor", "scratch", "part"}}) {
    EXPECT_EQ(Import(Weights(kNetwork, 3), kNetwork, names).exit_code, 0);
    EXPECT_THAT(Written().head().classes, ElementsAre("floor", "scratch", "part"));
    EXPECT_THAT(Written().weights.at("score32.weight").ToFloats(), Contains(Not(0.0f)));
  }
  EXPECT_EQ(Import(Weights(kNetwork, 3), kNetwork, {"--classes", "floor,,part"}).exit_code, 2);
}

TEST_F(ImportAnswers, ScoresOfAnotherNumberOfClassesAreNotMissing) {
  const test::ProgramResult result = Import(Weights(kNetwork, 21), kNetwork, {"--classes", "floor,scratch"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("the weights score 21 classes, 2 are named"), HasSubstr("--new-head")));
  EXPECT_FALSE(std::filesystem::exists(Path("model.safetensors")));
  std::string twenty = "0";
  for (int i = 1; i < 20; i++) twenty.append(",").append(std::to_string(i));
  EXPECT_THAT(Import(Weights(kNetwork, 21), kNetwork, {"--classes", twenty}).err,
              HasSubstr("21 classes, 20 are named"));
  // A classifier's too.
  EXPECT_THAT(Import(Weights("efficientnet-lite0", 1000), "efficientnet-lite0", {"--classes", "cat"}).err,
              HasSubstr("1000 classes, 1 is named"));
}

TEST_F(ImportAnswers, AnewOnRequest) {
  const test::ProgramResult result =
      Import(Weights(kNetwork, 21), kNetwork, {"--classes", "floor,scratch", "--new-head", "--json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_THAT(json["initialised"], ElementsAre("score32.weight", "score32.bias"));
  EXPECT_EQ(json["scored_classes"], 21);
  EXPECT_THAT(Written().weights.at("score32.weight").ToFloats(), Each(0.0f));
  EXPECT_EQ(Import(Weights(kNetwork, 2), kNetwork, {"--classes", "floor,scratch", "--new-head"}).exit_code, 0);
  EXPECT_THAT(Written().weights.at("score32.weight").ToFloats(), Each(0.0f));
}

TEST_F(ImportAnswers, AClassifiersScoresAreNotThoseOfAnFcn) {
  EXPECT_EQ(Import(Weights("efficientnet-lite0", 1000), kNetwork, {"--classes", "floor,scratch"}).exit_code, 0);
  EXPECT_EQ(Written().head().classes.size(), 2u);
}

TEST_F(ImportAnswers, ATrainingSaysWhatBeginsAnew) {
  const auto start_with = [](const std::string& file) {
    return StartTraining(kNetwork, {.ports = 2, .heads = {{.classes = {"a", "b"}}}, .file = file, .seed = 1});
  };
  const TrainingStart start = start_with(Weights(kNetwork, 21));
  EXPECT_THAT(start.model.weights.at("score32.weight").ToFloats(), Each(0.0f));
  EXPECT_THAT(StartNotices(start, "w"), ElementsAre(HasSubstr("w scores 21 classes, the data has 2"),
                                                    HasSubstr("new, not from w: score32.weight, score32.bias")));
  EXPECT_THAT(StartNotices(start_with(Weights(kNetwork, 2)), "w"), IsEmpty());
}

// Preprocessing.

/// Tensors of VGG16's shapes over one page of zeros.
NamedTensors Vgg16(const char* network, int classes, const std::map<std::string, std::string>& renamed = {}) {
  static const auto zeros = std::make_shared<std::vector<uint8_t>>(size_t{25088} * 4096 * 2);
  const Graph graph = FindModel(network).build(classes);
  NamedTensors tensors;
  for (const ValueId id : graph.Parameters()) {
    const Shape& shape = graph.value(id).parameter_shape;
    std::string name = graph.value(id).name;
    const size_t dot = name.rfind('.');
    if (const auto other = renamed.find(name.substr(0, dot)); other != renamed.end())
      name = other->second + name.substr(dot);
    tensors[name] = {DType::kFloat16, shape, {zeros->data(), static_cast<size_t>(shape.elements()) * 2}, zeros};
  }
  return tensors;
}

Imported ImportTensors(const char* network, NamedTensors tensors, const ImportOptions& options = {}) {
  return ImportWeights(FindModel(network),
                       {.file = "w", .tensors = std::move(tensors), .architecture = {}, .notes = {}}, options);
}

TEST(ImportPreprocessing, FollowsTheWeights) {
  // torchvision's classifier; --preprocessing says otherwise.
  const Imported torchvision = ImportTensors("fcn8s-vgg16", Vgg16("vgg16", 1000));
  EXPECT_EQ(torchvision.model.input().preprocessing, kTorchvisionPreprocessing);
  EXPECT_THAT(torchvision.report.preprocessing, HasSubstr("torchvision (torchvision's names; --preprocessing caffe"));
  ImportOptions options;
  options.preprocessing = kCaffePreprocessing;
  EXPECT_EQ(ImportTensors("fcn8s-vgg16", Vgg16("vgg16", 1000), options).model.input().preprocessing,
            kCaffePreprocessing);
  // The same names with convolutions are fcn's own, which are the paper's network.
  EXPECT_EQ(ImportTensors("fcn8s-vgg16", Vgg16("fcn8s-vgg16", 21)).model.input().preprocessing, kCaffePreprocessing);
  // Caffe's names, even as a classifier: its crop stays the network's.
  const std::map<std::string, std::string> caffe = {
      {"features.0", "conv1_1"},  {"features.2", "conv1_2"},  {"features.5", "conv2_1"},  {"features.7", "conv2_2"},
      {"features.10", "conv3_1"}, {"features.12", "conv3_2"}, {"features.14", "conv3_3"}, {"features.17", "conv4_1"},
      {"features.19", "conv4_2"}, {"features.21", "conv4_3"}, {"features.24", "conv5_1"}, {"features.26", "conv5_2"},
      {"features.28", "conv5_3"}, {"classifier.0", "fc6"},    {"classifier.3", "fc7"},    {"classifier.6", "fc8"}};
  EXPECT_EQ(ImportTensors("fcn8s-vgg16", Vgg16("vgg16", 1000, caffe)).model.input().preprocessing, kCaffePreprocessing);
  const Preprocessing classifier = ImportTensors("vgg16", Vgg16("vgg16", 1000, caffe)).model.input().preprocessing;
  EXPECT_EQ(PreprocessingText(classifier), "caffe");
  EXPECT_EQ(classifier.crop, 224);
}

TEST_F(ImportAnswers, PreprocessingIsAskedForAndRecorded) {
  const test::ProgramResult result = Import(Weights(kNetwork, 3), kNetwork, {"--preprocessing", "tensorflow"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("preprocessing: tensorflow (as asked)"));
  EXPECT_EQ(Written().input().preprocessing, kTensorflowPreprocessing);
  EXPECT_EQ(Import(Weights(kNetwork, 3), kNetwork, {"--preprocessing", "bgr:104,117,123:1"}).exit_code, 0);
  EXPECT_EQ(PreprocessingText(Written().input().preprocessing), "bgr:104,117,123:1,1,1");
  EXPECT_THAT(Import(Weights(kNetwork, 3), kNetwork).out, HasSubstr("preprocessing: lite (the network's usual one)"));
  const test::ProgramResult refused = Import(Weights(kNetwork, 3), kNetwork, {"--preprocessing", "imagenet"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, AllOf(HasSubstr("\"imagenet\" is no preprocessing"), HasSubstr("torchvision, caffe")));
}

TEST(ImportPreprocessing, ItsTextComesBack) {
  for (const NamedPreprocessing& row : NamedPreprocessings()) {
    EXPECT_EQ(PreprocessingText(row.preprocessing), row.name);
    EXPECT_EQ(PreprocessingFromText(row.name), row.preprocessing);
  }
  const Preprocessing odd = {
      .order = Preprocessing::Order::kBgr, .mean = {100.1f, 1.5f, -3}, .deviation = {7.0f / 3, 2, 1}};
  EXPECT_EQ(PreprocessingFromText(PreprocessingText(odd)), odd);
  for (const char* text : {"", "RGB:1:1", "rgb:1", "rgb:1:0", "rgb:1,2:1", "rgb:nan:1", "rgb:1:1:1", "rgb:1:x",
                           "rgb:1:-1", "rgb:0.485,0.456,0.406:0.229,0.224,0.225", "rgb:0.5:0.5", "rgb:0.5:1",
                           "rgb:0.485,0.456,0.406:58,57,57", "rgb:123,116,103:0.229"})
    EXPECT_THROW(PreprocessingFromText(text), Error) << text;
}

TEST_F(ImportAnswers, ATrainingKeepsThePreprocessingItBeganWith) {
  ASSERT_EQ(
      Fcn({"dataset", "generate", "-o", Path("scenes"), "--count", "4", "--val", "2", "--size", "64x48"}).exit_code, 0);
  ModelContents model = MakeModel(FindModel(kNetwork), RandomWeights(FindModel(kNetwork).build(3), 1), {"a", "b", "c"});
  model.input().preprocessing = PreprocessingFromText("rgb:120:60");
  SaveModel(Path("start.safetensors"), model);
  const auto train = [&](const char* run, std::vector<std::string> more) {
    std::vector<std::string> command = {"train",
                                        "--dataset",
                                        "scenes",
                                        "--data",
                                        Path("scenes"),
                                        "--model",
                                        kNetwork,
                                        "-o",
                                        Path(run),
                                        "--weights",
                                        Path("start.safetensors"),
                                        "--max-iters",
                                        "2",
                                        "-b",
                                        "2",
                                        "--crop-size",
                                        "64x48",
                                        "--val-interval",
                                        "1"};
    command.insert(command.end(), more.begin(), more.end());
    return Fcn(command);
  };
  const test::ProgramResult own = train("run", {});
  EXPECT_EQ(own.exit_code, 0) << own.err;
  EXPECT_THAT(own.err, HasSubstr("preprocessing: rgb:120,120,120:60,60,60 (the file's own)"));
  EXPECT_EQ(LoadModel(Path("run/model.safetensors")).input().preprocessing, model.input().preprocessing);
  EXPECT_EQ(ReadConfig(Path("run/config.toml")).preprocessing, "rgb:120,120,120:60,60,60");
  // The weights are not read again.
  std::filesystem::remove(Path("start.safetensors"));
  std::filesystem::remove(Path("run/model.safetensors"));
  EXPECT_EQ(Fcn({"train", "--resume", Path("run")}).exit_code, 0);
  EXPECT_EQ(LoadModel(Path("run/model.safetensors")).input().preprocessing, model.input().preprocessing);

  SaveModel(Path("start.safetensors"), model);
  EXPECT_EQ(train("asked", {"--preprocessing", "unit"}).exit_code, 0);
  EXPECT_EQ(PreprocessingText(LoadModel(Path("asked/model.safetensors")).input().preprocessing), "unit");
  EXPECT_EQ(train("wrong", {"--preprocessing", "imagenet"}).exit_code, 2);
}

}  // namespace
}  // namespace fcn
