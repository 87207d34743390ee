// Kernels of steps that slide read and write rectangles of larger maps: the same bytes as without a map around them,
// and not one pixel outside.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>

#include "graph/coordinates.h"
#include "graph/shapes.h"
#include "graph/sliding.h"
#include "runtime/steps/step_kernel.h"
#include "runtime/test_networks.h"
#include "support/square.h"

namespace fcn {
namespace {

using test::Square;

struct Case {
  const char* what;
  Op op;
  int64_t inputs = 24, outputs = 24;
  bool residual = false;
};

/// A value as a rectangle of a map of NaN.
class Surrounded {
 public:
  Surrounded(const Nhwc& shape, Padding margin, uint64_t seed)
      : map_({shape.n, shape.h + margin.top + margin.bottom, shape.w + margin.left + margin.right, shape.c}),
        dense_(shape) {
    for (float& v : map_.values()) v = std::nanf("");
    view = map_.view().Rectangle(margin.top, margin.left, shape.h, shape.w);
    if (seed == 0) return;
    test::FillUniform(dense_.data(), shape.elements(), seed);
    const int64_t row = shape.w * shape.c;
    for (int64_t n = 0; n < shape.n; n++)
      for (int64_t y = 0; y < shape.h; y++) std::copy_n(dense_.view().at(n, y, 0), row, view.at(n, y, 0));
  }

  TensorView<float> dense() { return dense_.view(); }

  TensorView<float> view;

  /// Whether the rectangle holds what the dense view does, and the map around it is untouched.
  bool Agree() {
    int64_t numbers = 0;
    for (float v : map_.values()) numbers += std::isnan(v) ? 0 : 1;
    bool same = numbers == dense_.shape().elements();
    const size_t row = sizeof(float) * static_cast<size_t>(view.shape.w * view.shape.c);
    for (int64_t n = 0; n < view.shape.n; n++)
      for (int64_t y = 0; y < view.shape.h; y++)
        same = same && std::memcmp(view.at(n, y, 0), dense_.view().at(n, y, 0), row) == 0;
    return same;
  }

 private:
  Tensor map_, dense_;
};

void ExpectTheSame(const Case& c, const Nhwc& size, Isa isa) {
  Graph graph;
  std::vector<ValueId> inputs;
  const OpInputs takes = InputsOf(c.op);
  inputs.reserve(static_cast<size_t>(takes.min_activations));
  constexpr const char* kActivations[] = {"a", "b"};
  constexpr const char* kParameters[] = {"weight", "bias", "mean", "variance"};
  for (int i = 0; i < takes.min_activations; i++)
    inputs.push_back(graph.AddInput(kActivations[i], static_cast<int>(c.inputs)));
  if (const auto* conv = std::get_if<Conv2d>(&c.op)) {
    inputs.push_back(
        graph.AddParameter("weight", {c.outputs, c.inputs / conv->groups, conv->kernel.h, conv->kernel.w}));
    inputs.push_back(graph.AddParameter("bias", {c.outputs}));
  } else {
    for (int i = 0; i < takes.min_parameters; i++) inputs.push_back(graph.AddParameter(kParameters[i], {c.inputs}));
  }
  const ValueId output = graph.AddNode("layer", c.op, inputs);
  std::vector<Nhwc> sizes(graph.inputs().size(), size);
  ByValue<Nhwc> shapes = InferShapes(graph, sizes);
  const ByValue<CoordinateMap> coordinates = InferCoordinates(graph, shapes);
  Step step{"layer", c.op, inputs, output, {}};
  if (c.residual)  // any id: its view is given below
    step.tail = {TailResidual{inputs[0]}, TailActivation{Activation::kHardSwish}};
  const auto kernel = MakeStepKernel({graph, step, shapes, coordinates, isa, 2, true});

  const Context context(2, isa);
  PackedLayer packed;
  if (kernel->packed_bytes() > 0) kernel->Pack(test::RandomSource(), context, packed);
  const AlignedBuffer<uint8_t> scratch = AllocateAligned<uint8_t>(static_cast<size_t>(kernel->scratch_bytes()));
  const Nhwc& out_shape = shapes[output];
  std::vector<Surrounded> read;
  for (size_t i = 0; i < graph.inputs().size(); i++) read.emplace_back(size, Padding{2, 1, 1, 3}, i + 1);
  Surrounded residual(out_shape, {1, 1, 2, 0}, 9), written(out_shape, {3, 2, 0, 1}, 0);

  for (bool rectangles : {false, true}) {
    std::vector<ConstAnyView> views;
    views.reserve(read.size());
    for (Surrounded& value : read) views.emplace_back(rectangles ? value.view : value.dense());
    StepArgs args;
    args.inputs = views;
    if (c.residual) args.residual = rectangles ? residual.view : residual.dense();
    args.output = rectangles ? written.view : written.dense();
    args.packed = &packed;
    args.scratch = scratch.get();
    kernel->Run(args, context);
  }
  EXPECT_TRUE(written.Agree()) << c.what << " (" << kernel->name() << ") of " << ToString(size) << ", " << IsaName(isa);
}

TEST(Rectangles, GiveTheSameBytes) {
  const Case cases[] = {
      {"3x3", Conv2d{Square(3, 1, 1)}, 24, 40, true},
      {"3x3 of few channels", Conv2d{Square(3, 1, 2)}, 3, 24, false},
      {"3x3 of few outputs", Conv2d{Square(3, 1, 0)}, 24, 5, true},
      {"5x5", Conv2d{Square(5, 1, 2)}, 24, 24, true},
      {"7x7", Conv2d{Square(7, 1, 3)}, 24, 24, false},
      {"strided", Conv2d{Square(3, 2, 1)}, 24, 24, true},
      {"dilated", Conv2d{Square(3, 1, 2, 2)}, 24, 24, true},
      {"grouped", Conv2d{Square(3, 1, 1, 1, 2)}, 24, 24, true},
      {"1x1", Conv2d{Square(1, 1, 0)}, 24, 24, true},
      {"1x1 of long sums", Conv2d{Square(1, 1, 0)}, 1040, 24, true},
      {"1x1 of 1024 channels", Conv2d{Square(1, 1, 0)}, 1024, 24, true},
      {"depthwise", Conv2d{Square(3, 1, 1, 1, 24)}, 24, 24, true},
      {"depthwise, strided", Conv2d{Square(5, 2, 2, 1, 24)}, 24, 24, false},
      {"max pool", MaxPool{{3, 3}, {2, 2}, {1, 1, 1, 1}, true}},
      {"max pool 2", MaxPool{{2, 2}, {2, 2}, {}, true}},
      {"average pool", AveragePool{{3, 3}, {2, 2}, {1, 1, 1, 1}, true, false}},
      {"relu", Relu{}},
      {"relu6", Relu6{}},
      {"hard swish", HardSwish{}},
      {"leaky relu", LeakyRelu{}},
      {"prelu", PRelu{}},
      {"batch norm", BatchNorm{}},
      {"add", Add{}},
      {"scale", Scale{0.3f}},
      {"concat", Concat{}},
      {"local response norm", LocalResponseNorm{.size = 5, .alpha = 2}},
      {"softmax", Softmax{}},
      {"dropout", Dropout{}},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(SlidingWindowsOf(c.op)) << c.what;
    for (const Nhwc& size : {Nhwc{1, 7, 8, c.inputs}, Nhwc{2, 19, 33, c.inputs}})
      for (Isa isa : SupportedIsas()) ExpectTheSame(c, size, isa);
  }
}

}  // namespace
}  // namespace fcn
