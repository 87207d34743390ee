// Trainings in stages: a finer network begins with a coarser one's weights, and answers at first as that does. And what
// else of a form weights have to fit: scaled skips, chosen channels.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "formats/safetensors.h"
#include "models/initialise.h"
#include "runtime/program.h"
#include "runtime/weight_source.h"
#include "support/expect_error.h"
#include "train/start.h"
#include "train/test_files.h"

namespace fcn {
namespace {

using test::ExpectError;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

constexpr int kScores = 3;
constexpr Nhwc kPicture{1, 64, 128, 3};

Ports PortsOf(const NetworkForm& form) {
  Ports ports = kScores;
  ports.form = form;
  return ports;
}

HeadRole Head() { return {.classes = {"a", "b", "c"}}; }

/// The named values, the last one the scores at the picture's size.
std::vector<Tensor> ValuesOf(const Graph& network, const NamedTensors& weights, const std::vector<std::string>& names) {
  Graph graph = network;
  graph.ClearOutputs();
  for (const std::string& name : names) graph.AddOutput(graph.Find(name));
  Tensor picture(kPicture);
  RandomImage(1, 1, kPicture.h, kPicture.w, kPicture.c, picture.values());
  PackedStore store;
  const Context context(2);
  const auto program = Program::Compile(std::make_shared<const Graph>(graph), std::span(&kPicture, 1),
                                        SourceOf(weights), store, {}, context);
  std::vector<Tensor> values;
  values.reserve(graph.outputs().size());
  std::vector<AnyView> views;
  views.reserve(graph.outputs().size());
  for (const ValueId id : graph.outputs()) values.emplace_back(program->plan().shapes[id]);
  for (Tensor& value : values) views.emplace_back(value.view());
  Arena arena;
  const ConstAnyView input = std::as_const(picture).view();
  program->Run(std::span(&input, 1), views, arena, context);
  return values;
}

/// The largest second difference of a map along an axis; beyond its edges lies what is at them, or nothing.
double LargestBend(const Tensor& map, bool vertical, bool repeats) {
  const Nhwc shape = map.shape();
  const auto at = [&](int64_t y, int64_t x, int64_t c) -> double {
    const bool is_outside = y < 0 || x < 0 || y >= shape.h || x >= shape.w;
    if (is_outside && !repeats) return 0;
    y = std::clamp<int64_t>(y, 0, shape.h - 1), x = std::clamp<int64_t>(x, 0, shape.w - 1);
    return map.data()[(y * shape.w + x) * shape.c + c];
  };
  double largest = 0;
  for (int64_t y = -1; y <= shape.h; y++)
    for (int64_t x = -1; x <= shape.w; x++)
      for (int64_t c = 0; c < shape.c; c++) {
        const int64_t dy = vertical ? 1 : 0, dx = 1 - dy;
        largest = std::max(largest, std::abs(at(y - dy, x - dx, c) - 2 * at(y, x, c) + at(y + dy, x + dx, c)));
      }
  return largest;
}

struct Stage {
  const char *coarse, *fine;
  int stride;                       ///< of the coarse scores
  double offset;                    ///< where the centre of the first one lies
  const char *scores, *up, *fused;  ///< the coarse network's scores; the same upsampled, and with the skip's
  const char* note;
  bool repeats = true;  ///< whether upsampling repeats what is at the edges of a map
  NetworkForm form = {};
};

constexpr NetworkForm kNarrow{.fc_channels = 8};
const Stage kStages[] = {
    {"fcn32s-vgg16", "fcn16s-vgg16", 32, 12.5, "score_fr", "upscore2", "fuse_pool4",
     "is of a coarser network, fcn32s-vgg16, and is taken over: 32 tensors of features (26), classifier (4), score_fr "
     "(2); from zero begins score_pool4 (2); as bilinear interpolation upscore2 (1), upscore16 (1); left is "
     "upscore.weight",
     false, kNarrow},
    {"fcn16s-vgg16", "fcn8s-vgg16", 16, 4.5, "fuse_pool4", "upscore_pool4", "fuse_pool3",
     "score_fr (2), upscore2 (1), score_pool4 (2); from zero begins score_pool3 (2); as bilinear interpolation "
     "upscore_pool4 (1), upscore8 (1); left is upscore16.weight",
     false, kNarrow},
    {"fcn32s-vgg16-unpadded", "fcn16s-vgg16-unpadded", 32, 15.5, "score_fr", "resize_to_score_pool4",
     "fuse_score_pool4", "32 tensors of features (26), classifier (4), score_fr (2); from zero begins score_pool4 (2)",
     true, kNarrow},
    {"fcn16s-vgg16-unpadded",
     "fcn8s-vgg16-unpadded",
     16,
     7.5,
     "fuse_score_pool4",
     "upscore_to_score_pool3c",
     "fuse_score_pool3",
     "left is upscore16.weight",
     false,
     {.upsampling = UpsamplingMethod::kLearned, .fc_channels = 8}},
    {"fcn32s-efficientnet-lite0", "fcn16s-efficientnet-lite0", 32, 15.5, "score32", "resize_to_score16", "fuse_score16",
     "score32 (2); from zero begins score16 (2)"},
    {"fcn16s-efficientnet-lite0", "fcn8s-efficientnet-lite0", 16, 7.5, "fuse_score16", "resize_to_score8",
     "fuse_score8", "score32 (2), score16 (2); from zero begins score8 (2)"},
    {"fcn32s-resnet50", "fcn16s-resnet50", 32, 15.5, "score32", "resize_to_score16", "fuse_score16",
     "score32 (2); from zero begins score16 (2)"},
    {"fcn32s-caffenet", "fcn16s-caffenet", 32, 13, "score_fr", "upscore2", "fuse_pool2",
     "fc7 (2), score_fr (2); from zero begins score_pool2 (2); as bilinear interpolation upscore2 (1), upscore16 (1); "
     "left is upscore.weight",
     false, kNarrow},
    {"fcn32s-caffe-googlenet", "fcn16s-caffe-googlenet", 32, 15.5, "score32", "resize_to_score16", "fuse_score16",
     "116 tensors of conv1 (2), conv2 (4), inception_3a (12), inception_3b (12), inception_4a (12)"},
};

class StagedTest : public testing::TestWithParam<Stage> {
 protected:
  test::TemporaryFolder folder_;
};

// Where the new scores are zero, the finer network's are the coarser one's, upsampled in two steps in place of one: by
// 2 and by the rest. Linear interpolation of linearly interpolated values is the same function but within a quarter of
// a coarse pixel from the middle of one, where the function bends: there it cuts the corner, by at most an eighth of
// the second difference along each axis.
TEST_P(StagedTest, TheFirstAnswerIsTheCoarserNetworks) {
  const Stage& stage = GetParam();
  const ModelContents coarse =
      MakeModel(FindModel(stage.coarse), PortsOf(stage.form),
                RandomWeights(FindModel(stage.coarse).build(PortsOf(stage.form)), 3), {Head()});
  const std::string file = (folder_ / "coarse.safetensors").string();
  SaveModel(file, coarse);
  const TrainingStart start =
      StartTraining(stage.fine, {.ports = PortsOf(stage.form), .heads = {Head()}, .file = file});
  EXPECT_THAT(StartNotices(start, file), Contains(AllOf(HasSubstr(file), HasSubstr(stage.note))));
  EXPECT_THAT(StartNotices(start, file), Not(Contains(HasSubstr("only a part"))));

  const auto before = ValuesOf(*coarse.graph, coarse.weights, {stage.scores, "score"});
  const auto after = ValuesOf(*start.model.graph, start.model.weights, {stage.scores, stage.up, stage.fused, "score"});
  EXPECT_TRUE(std::ranges::equal(after[0].values(), before[0].values())) << "coarse scores";
  EXPECT_TRUE(std::ranges::equal(after[1].values(), after[2].values())) << "the skip adds zero";
  double largest = 0;
  for (const float score : before[0].values()) largest = std::max(largest, std::abs(static_cast<double>(score)));
  EXPECT_GT(largest, 0);
  const double rounding = 1e-5 * largest;
  const double corner =
      (LargestBend(before[0], true, stage.repeats) + LargestBend(before[0], false, stage.repeats)) / 8 + rounding;
  const auto is_bent = [&](int64_t pixel) {
    const double place = (static_cast<double>(pixel) - stage.offset) / stage.stride;
    return std::abs(place - std::round(place)) < 0.25;
  };
  // Filters on maps without padding: what the first of the two would write beyond its map is cropped.
  const int64_t edge = stage.form.upsampling == UpsamplingMethod::kLearned ? stage.stride / 4 : 0;
  const auto is_edge = [&](int64_t pixel, int64_t size) { return pixel < edge || pixel >= size - edge; };
  int64_t straight = 0;
  ASSERT_EQ(after[3].shape(), before[1].shape());
  for (int64_t y = 0, i = 0; y < kPicture.h; y++)
    for (int64_t x = 0; x < kPicture.w; x++)
      for (int c = 0; c < kScores; c++, i++) {
        if (is_edge(y, kPicture.h) || is_edge(x, kPicture.w)) continue;
        const bool bends = is_bent(y) || is_bent(x);
        straight += bends ? 0 : 1;
        ASSERT_NEAR(after[3].data()[i], before[1].data()[i], bends ? corner : rounding) << y << ", " << x;
      }
  EXPECT_GE(straight, kPicture.h * kPicture.w * kScores / 8);
}

INSTANTIATE_TEST_SUITE_P(Networks, StagedTest, ::testing::ValuesIn(kStages), [](const auto& parameter) {
  std::string name = parameter.param.fine;
  std::ranges::replace(name, '-', '_');
  return name;
});

class FormWeightsTest : public testing::Test {
 protected:
  std::string Save(const std::string& network, const NetworkForm& form) {
    const Ports ports = PortsOf(form);
    std::string file = (folder_ / (network + ".safetensors")).string();
    SaveModel(file, MakeModel(FindModel(network), ports, RandomWeights(FindModel(network).build(ports), 3), {Head()}));
    return file;
  }
  TrainingStart Start(const std::string& network, const NetworkForm& form, const std::string& file) {
    return StartTraining(network, {.ports = PortsOf(form), .heads = {Head()}, .file = file});
  }

  test::TemporaryFolder folder_;
};

TEST_F(FormWeightsTest, ScaledSkipsAreMadeUpForInTheWeights) {
  const char* network = "fcn8s-efficientnet-lite0";
  const std::string file = Save(network, {.skip_scale = 0.01});
  const ModelContents at_once = LoadModel(file);
  const TrainingStart plain = Start(network, {}, file), same = Start(network, {.skip_scale = 0.01}, file);
  EXPECT_THAT(StartNotices(plain, file),
              Contains(HasSubstr("weights are multiplied, score16.weight by 0.01, score8.weight by 0.0001")));
  EXPECT_THAT(StartNotices(same, file), Not(Contains(HasSubstr("multiplied"))));
  const Tensor expected = std::move(ValuesOf(*at_once.graph, at_once.weights, {"score"})[0]);
  for (const TrainingStart* start : {&plain, &same}) {
    const Tensor scores = std::move(ValuesOf(*start->model.graph, start->model.weights, {"score"})[0]);
    for (size_t i = 0; i < scores.values().size(); i++)
      ASSERT_NEAR(scores.values()[i], expected.values()[i],
                  start == &same ? 0 : 1e-4 * std::abs(expected.values()[i]) + 1e-4);
  }
}

TEST_F(FormWeightsTest, UpsamplingThatStaysBilinearIsNotTaken) {
  const NetworkForm learned{.upsampling = UpsamplingMethod::kLearned, .fc_channels = 4};
  const char* network = "fcn16s-vgg16-unpadded";
  ModelContents model = LoadModel(Save(network, learned));
  for (const char* name : {"upscore16.weight", "upscore_to_score_pool4.weight"}) {
    StoredTensor& filter = model.weights.at(name);
    filter =
        StoredTensor::FromFloats(filter.shape, std::vector<float>(static_cast<size_t>(filter.shape.elements()), 1.0f));
  }
  const std::string file = (folder_ / "learned.safetensors").string();
  SaveModel(file, model);
  const auto anew = [&](UpsamplingMethod method) {
    NetworkForm form = learned;
    form.upsampling = method;
    return Start(network, form, file).report.initialised;
  };
  EXPECT_THAT(anew(UpsamplingMethod::kLearned), ElementsAre());
  EXPECT_THAT(anew(UpsamplingMethod::kPaper), ElementsAre("upscore16.weight"));
  EXPECT_THAT(anew(UpsamplingMethod::kBilinear),
              UnorderedElementsAre("upscore_to_score_pool4.weight", "upscore16.weight"));
}

TEST_F(FormWeightsTest, ConvolutionsAloneBeginAnFcnOfChosenChannels) {
  NamedTensors convolutions = RandomWeights(FindModel("fcn32s-vgg16-unpadded").build(PortsOf(kNarrow)), 3);
  std::erase_if(convolutions, [](const auto& weight) { return !weight.first.starts_with("features."); });
  const std::string file = (folder_ / "vgg16-convolutions.safetensors").string();
  WriteSafetensors(file, convolutions);
  const TrainingStart start = Start("fcn8s-vgg16-unpadded", kNarrow, file);
  EXPECT_EQ(start.report.taken.size(), 26u);
  EXPECT_THAT(start.report.initialised, Contains("classifier.0.weight"));
  for (const auto& [name, weight] : convolutions)
    EXPECT_EQ(start.model.weights.at(name).ToFloats(), weight.ToFloats()) << name;
  double squares = 0;
  for (const float weight : start.model.weights.at("classifier.0.weight").ToFloats()) squares += weight * weight;
  EXPECT_GT(squares, 0) << "hidden layers do not begin as zeros";
  ExpectError(ErrorCode::kInput, "\"classifier.0.weight\"", [&] { Start("fcn8s-vgg16-unpadded", {}, file); });
}

TEST_F(FormWeightsTest, OtherChannelsThanAskedForBeginAnewOrAreNamed) {
  const std::string file = Save("fcn32s-vgg16-unpadded", kNarrow);
  ExpectError(ErrorCode::kInput, "fc6 and fc7 have 8 channels there: --fc-channels 8.",
              [&] { Start("fcn16s-vgg16-unpadded", {}, file); });
  const TrainingStart start = Start("fcn16s-vgg16-unpadded", {.fc_channels = 4}, file);
  EXPECT_THAT(start.report.initialised,
              UnorderedElementsAre("classifier.0.weight", "classifier.0.bias", "classifier.3.weight",
                                   "classifier.3.bias", "score_fr.weight", "score_pool4.weight", "score_pool4.bias"));
}

}  // namespace
}  // namespace fcn
