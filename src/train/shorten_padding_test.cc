// Whether a training step that computes less of a wide padding is the same training step.

#include "graph/shorten_padding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "graph/test_graphs.h"
#include "models/initialise.h"
#include "support/guarded.h"
#include "tensor/random.h"
#include "train/parameters.h"
#include "train/training_step.h"

namespace fcn {
namespace {

using test::Square;

constexpr int kClasses = 3;

/// A small FCN with a skip: two poolings, a layer with a stride, a dilated layer, and padding of its own at each.
Graph Network(const Padding& padding, bool ceil) {
  test::Builder b;
  const auto pool = [&](const char* name, const char* from) {
    b.Node(name, MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}, .ceil = ceil}, {b[from]});
  };
  ConvGeometry first = Square(3), dilated = Square(3, 1, 2), strided = Square(4, 2, 1);
  first.padding = padding;
  dilated.dilation = {2, 2};
  strided.padding = {2, 1, 0, 2};
  b.Node("relu1", Relu{}, {b.Conv("conv1", b.x, 3, 8, first)});
  b.Node("relu2", Relu6{}, {b.Conv("conv2", b["relu1"], 8, 8, dilated)});
  pool("pool1", "relu2");
  b.Node("relu3", Relu{}, {b.Conv("conv3", b["pool1"], 8, 8, strided)});
  b.Node("relu4", Relu{}, {b.Conv("conv4", b["relu3"], 8, 8, Square(3, 1, 1))});
  pool("pool2", "relu4");
  b.Node("relu5", Relu{}, {b.Conv("conv5", b["pool2"], 8, 8, Square(3, 1, 1))});
  b.Node("sum", Add{}, {b["relu5"], b["pool2"]});
  b.Conv("score", b["sum"], 8, kClasses);
  b.Deconv("up", b["score"], kClasses, kClasses, Square(16, 8));
  b.graph.AddOutput(b.Node("scores", Resize{}, {b["up"], b.x}));
  return b.graph;
}

struct Result {
  float loss = 0;
  std::map<std::string, std::vector<float>> gradients;
  size_t steps = 0;
  int64_t bytes = 0;
};

Result StepOf(const Graph& network, const Nhwc& images_shape, bool shorten, const Context& context) {
  Parameters parameters(network, RandomWeights(network, 3));
  for (const ValueId id : network.Parameters()) {
    const std::string& name = network.value(id).name;
    if (!name.ends_with(".bias")) continue;
    // Padding alone gives values on either side of 0, so that it takes part in all sums.
    const std::span<float> bias = parameters.at(name);
    for (size_t i = 0; i < bias.size(); i++) bias[i] = 0.5f * RandomUniform(SeedFromName(name.c_str()), i);
  }
  TrainingStep step(
      network, {}, [](const Value&) { return true; }, images_shape,
      {.winograd = false, .disabled_passes = {}, .image_window = shorten}, context);
  Tensor images(images_shape);
  LabelTensor labels({images_shape.n, images_shape.h, images_shape.w, 1});
  test::FillUniform(images.data(), images.shape().elements(), 5);
  for (size_t i = 0; i < labels.values().size(); i++)
    labels.values()[i] = static_cast<int32_t>(RandomBits(9, i) % kClasses);
  Result result;
  result.loss = step.Run(std::as_const(images).view(), std::as_const(labels).view(), 1, parameters.Source(), context);
  for (const Gradient& gradient : step.gradients())
    result.gradients[gradient.parameter].assign(gradient.values.begin(), gradient.values.end());
  result.steps = step.plan().steps.size();
  result.bytes = step.planned_bytes();
  return result;
}

double RootMeanSquare(const std::vector<float>& values) {
  double sum = 0;
  for (const float value : values) sum += double{value} * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Sizes have all remainders by the stride, 8, along both axes. What is left is the order of sums in float32.
TEST(ShortenPaddingTest, LossAndGradientsStay) {
  const Context context(2);
  for (const bool ceil : {false, true})
    for (const Padding& padding : {Padding{90, 90, 90, 90}, Padding{70, 101, 0, 88}}) {
      const Graph network = Network(padding, ceil);
      for (int64_t size = 17; size < 25; size++) {
        const Nhwc images{2, size, 41 - size, 3};
        const Result whole = StepOf(network, images, false, context),
                     shortened = StepOf(network, images, true, context);
        ASSERT_GT(shortened.steps, whole.steps) << "nothing was shortened";
        EXPECT_LT(shortened.bytes, whole.bytes);
        EXPECT_NEAR(shortened.loss, whole.loss, 1e-6 * whole.loss);
        ASSERT_EQ(shortened.gradients.size(), 13u);
        for (const auto& [name, expected] : whole.gradients) {
          const double scale = RootMeanSquare(expected);
          EXPECT_GT(scale, 0) << name;
          for (size_t i = 0; i < expected.size(); i++)
            ASSERT_NEAR(shortened.gradients.at(name)[i], expected[i], 2e-5 * scale)
                << name << " " << i << " " << ToString(images);
        }
      }
    }
}

TEST(ShortenPaddingTest, SameBytesForAnyNumberOfThreads) {
  const Graph network = Network({90, 90, 90, 90}, true);
  const Result one = StepOf(network, {1, 19, 23, 3}, true, Context(1));
  for (const int threads : {2, 3}) {
    const Result many = StepOf(network, {1, 19, 23, 3}, true, Context(threads));
    EXPECT_EQ(many.loss, one.loss);
    EXPECT_TRUE(many.gradients == one.gradients) << threads;
  }
}

}  // namespace
}  // namespace fcn
