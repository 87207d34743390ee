// The bytes that networks give, by instruction set: a change of how something is computed must change none of them
// unless it means to. Where it does, the test says what the new lines of data/bytes.txt are.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "golden_file.h"
#include "models/initialise.h"
#include "models/layers.h"
#include "models/zoo.h"
#include "segment/predictor/predictor.h"
#include "tensor/random.h"
#include "train/optimiser.h"
#include "train/parameters.h"
#include "train/training_step.h"

namespace fcn {
namespace {

constexpr uint64_t kSeed = 7;

/// FNV-1a.
class Hash {
 public:
  template <typename T>
  void Add(std::span<const T> values) {
    for (const std::byte byte : std::as_bytes(values)) state_ = (state_ ^ static_cast<uint64_t>(byte)) * 0x100000001b3;
  }
  std::string Text() const { return fmt::format("{:016x}", state_); }

 private:
  uint64_t state_ = 0xcbf29ce484222325;
};

/// What the other networks lack: wide convolutions of each size that Winograd transforms, and wide padding, as in the
/// paper, of which inference computes the image's window alone.
Graph PaddedNetwork() {
  Graph graph;
  Map x = AddImage(graph);
  x = AddOp(graph, "relu1", Relu{}, AddConv(graph, "conv1", "conv1", x, 16, Square(3, 1, 30)));
  x = AddOp(graph, "pool1", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = true}, x);
  x = AddOp(graph, "relu2", Relu{}, AddConv(graph, "conv2", "conv2", x, 32, Square(3, 1, 1)));
  x = AddOp(graph, "relu3", Relu{}, AddConv(graph, "conv3", "conv3", x, 32, Square(5, 1, 2)));
  x = AddOp(graph, "relu4", Relu{}, AddConv(graph, "conv4", "conv4", x, 32, Square(7)));
  x = AddOp(graph, "score", Resize{}, AddConv(graph, "coarse", "coarse", x, 5, Square(1)), PictureOf(graph));
  graph.AddOutput(x.id);
  return graph;
}

/// Labels and probabilities of a picture.
std::string OfSegmentation(const std::string& name, const Graph& network, const Preprocessing& preprocessing, int width,
                           int height, const CompileOptions& options, const Context& context) {
  const auto graph = std::make_shared<const Graph>(network);
  Image image{width, height, {}};
  for (uint64_t i = 0; i < uint64_t{3} * static_cast<uint64_t>(width * height); i++)
    image.rgb.push_back(static_cast<uint8_t>(RandomBits(kSeed, i / 50) % 200 + RandomBits(kSeed + 1, i) % 50));
  Predictor predictor({name, graph, GeneratedWeights(kSeed), preprocessing}, options, context);
  SegmentRequest request;
  request.probabilities = true;
  const Segmentation result = predictor.Segment(image, request);
  Hash hash;
  hash.Add(std::span<const uint16_t>(result.labels()));
  hash.Add(std::span<const float>(result.probabilities()));
  return hash.Text();
}

std::string OfSegmentation(const std::string& model, int width, int height, const Context& context) {
  const ZooEntry& entry = FindModel(model);
  return OfSegmentation(model, entry.build(21), entry.preprocessing, width, height, {}, context);
}

/// Losses and parameters of two steps.
std::string OfTraining(const Graph& network, const CompileOptions& options, const Context& context) {
  const Nhwc shape{2, 65, 97, 3};
  Tensor images(shape);
  RandomImage(kSeed, 1, shape.n * shape.h, shape.w, shape.c, images.values());
  LabelTensor labels({shape.n, shape.h, shape.w, 1});
  for (int64_t i = 0; i < labels.shape().elements(); i++)
    labels.data()[i] = static_cast<int32_t>(RandomBits(kSeed, static_cast<uint64_t>(i) / 40) % 5);
  Parameters parameters(network, RandomWeights(network, kSeed));
  TrainingStep step(
      network, {.batch_statistics = true, .dropout = true},
      [](const Value& parameter) { return parameter.name.find("running_") == std::string::npos; }, shape, options,
      context);
  const Optimiser optimiser({.solver = Solver::kSgd, .momentum = 0.9, .weight_decay = 1e-4});
  std::map<std::string, std::vector<std::vector<float>>> states;
  Hash hash;
  for (int64_t i = 1; i <= 2; i++) {
    const float loss = step.Run(std::as_const(images).view(), std::as_const(labels).view(), static_cast<uint64_t>(i),
                                parameters.Source(), context);
    hash.Add(std::span<const float>(&loss, 1));
    for (const Gradient& gradient : step.gradients()) {
      auto& state = states[gradient.parameter];
      state.resize(static_cast<size_t>(optimiser.states()), std::vector<float>(gradient.values.size()));
      std::vector<std::span<float>> views(state.begin(), state.end());
      EXPECT_TRUE(optimiser.Update(context, parameters.at(gradient.parameter), gradient.values, views,
                                   {.rate = 1e-4, .step = i}));
      hash.Add(std::span<const float>(parameters.at(gradient.parameter)));
    }
  }
  return hash.Text();
}

/// Hashes by "ISA CASE", from data/bytes.txt.
std::map<std::string, std::string> Pinned() {
  std::map<std::string, std::string> pinned;
  for (const std::string& line : ReadGoldenLines("bytes.txt")) {
    std::istringstream words(line);
    std::string isa, what, hash;
    if (words >> isa >> what >> hash) pinned[isa + " " + what] = hash;
  }
  return pinned;
}

class PinnedBytes : public ::testing::TestWithParam<Isa> {
 protected:
  void Expect(const std::string& what, const std::string& hash) const {
    const std::string key = fmt::format("{} {}", IsaName(GetParam()), what);
    const auto pinned = Pinned();
    if (GetParam() == Isa::kNeon) GTEST_SKIP() << "nobody has run this on ARM yet: " << key << " " << hash;
    ASSERT_TRUE(pinned.contains(key)) << "to be added: " << key << " " << hash;
    EXPECT_EQ(pinned.at(key), hash) << key;
  }
  const Context context{2, GetParam()};
};

TEST_P(PinnedBytes, OfSegmentations) {
  Expect("fcn8s-efficientnet-lite0", OfSegmentation("fcn8s-efficientnet-lite0", 113, 87, context));
  Expect("fcn_resnet50", OfSegmentation("fcn_resnet50", 57, 41, context));
}

TEST_P(PinnedBytes, OfTrainings) {
  Expect("training-fcn8s-efficientnet-lite0", OfTraining(FindModel("fcn8s-efficientnet-lite0").build(5), {}, context));
}

TEST_P(PinnedBytes, OfAPaddedNetwork) {
  const auto segmentation = [&](const CompileOptions& options) {
    return OfSegmentation("padded", PaddedNetwork(), kCaffePreprocessing, 203, 147, options, context);
  };
  const auto training = [&](const CompileOptions& options) { return OfTraining(PaddedNetwork(), options, context); };
  Expect("padded", segmentation({}));
  Expect("training-padded", training({}));
  // So Winograd has a part in both.
  CompileOptions direct;
  direct.winograd = false;
  EXPECT_NE(segmentation({}), segmentation(direct));
  EXPECT_NE(training({}), training(direct));
}

INSTANTIATE_TEST_SUITE_P(EveryIsa, PinnedBytes, ::testing::ValuesIn(SupportedIsas()),
                         [](const auto& isa) { return IsaName(isa.param); });

}  // namespace
}  // namespace fcn
