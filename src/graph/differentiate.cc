#include "graph/differentiate.h"

#include <fmt/format.h>

#include <concepts>

#include "fcn/error.h"
#include "graph/backward.h"

namespace fcn {
namespace {

// One rule per operation: the gradients by its inputs, given that by its output, b.g(). Those by parameters come first.

void Gradients(const Conv2d& op, Backward& b) {
  b.Give(2, ChannelSums{}, {b.g()});
  b.Give(1, ConvWeightGradient{op}, {b.g(), b.in(0)});
  b.Give(0, ConvDataGradient{op}, {b.g(), b.in(0), b.in(1)});
}

// As a function of its input it is the transpose of a convolution, so that g takes the place of that convolution's
// input.
void Gradients(const Deconv2d& op, Backward& b) {
  b.Give(2, ChannelSums{}, {b.g()});
  b.Give(1, ConvWeightGradient{op}, {b.in(0), b.g()});
  b.Give(0, Conv2d{op}, {b.g(), b.in(1)});
}

void Gradients(const Linear&, Backward& b) {
  b.Give(2, ChannelSums{}, {b.g()});
  b.Give(1, LinearWeightGradient{}, {b.g(), b.in(0)});
  b.Give(0, LinearDataGradient{}, {b.g(), b.in(0), b.in(1)});
}

void Gradients(const MaxPool& op, Backward& b) {
  b.Give(0, MaxPoolGradient{.kernel = op.kernel, .stride = op.stride, .padding = op.padding}, {b.g(), b.in(0)});
}

void Gradients(const AveragePool& op, Backward& b) {
  b.Give(0,
         AveragePoolGradient{
             .kernel = op.kernel, .stride = op.stride, .padding = op.padding, .count_padding = op.count_padding},
         {b.g(), b.in(0)});
}

void Gradients(const GlobalAveragePool&, Backward& b) { b.Give(0, GlobalAveragePoolGradient{}, {b.g(), b.in(0)}); }
template <Activation function>
void Gradients(const Pointwise<function>&, Backward& b) {
  b.Give(0, PointwiseGradient<function>{}, {b.g(), DerivativeReadsInput(function) ? b.in(0) : b.y()});
}

// With a slope above 0, y has the sign of x, which then need not be kept.
void Gradients(const LeakyRelu& op, Backward& b) {
  b.Give(0, LeakyReluGradient{op.slope}, {b.g(), op.slope > 0 ? b.y() : b.in(0)});
}
void Gradients(const PRelu&, Backward& b) {
  b.Give(1, SlopeGradient{}, {b.g(), b.in(0)});
  b.Give(0, PReluGradient{}, {b.g(), b.in(0), b.in(1)});
}

// Inputs: x, weight, bias, running mean, running variance.
void Gradients(const BatchNorm& op, Backward& b) {
  if (b.Needs(1) || b.Needs(2)) {
    const ValueId sums = b.Append("sums", BatchNormSums{.epsilon = op.epsilon}, {b.g(), b.in(0), b.in(3), b.in(4)});
    b.GiveHalf(2, sums, 0);
    b.GiveHalf(1, sums, 1);
  }
  b.Give(0, BatchNormGradient{.epsilon = op.epsilon}, {b.g(), b.in(1), b.in(4)});
}

// Inputs: x, moments, weight, bias.
void Gradients(const Normalise& op, Backward& b) {
  const Node* const moments = b.WriterOf(b.in(1));
  if (moments == nullptr || !std::holds_alternative<BatchMoments>(moments->op) || moments->inputs[0] != b.in(0))
    b.Refuse("its moments are not its input's");
  const ValueId sums = b.Append("sums", NormaliseSums{.epsilon = op.epsilon}, {b.g(), b.in(0), b.in(1)});
  b.GiveHalf(3, sums, 0);
  b.GiveHalf(2, sums, 1);
  b.Give(0, NormaliseGradient{.epsilon = op.epsilon}, {b.g(), b.in(0), b.in(1), sums, b.in(2)});
}

void Gradients(const Add&, Backward& b) {
  b.Pass(0);
  b.Pass(1);
}

void Gradients(const Multiply&, Backward& b) {
  b.Give(0, Multiply{}, {b.g(), b.in(1)});
  b.Give(1, MultiplyGradient{}, {b.g(), b.in(0), b.in(1)});
}

void Gradients(const Scale& op, Backward& b) { b.Give(0, op, {b.g()}); }

void Gradients(const Concat&, Backward& b) {
  int64_t first = 0;
  for (size_t i = 0; i < b.inputs(); i++) {
    const int64_t count = b.ChannelsOf(b.in(i));
    if (first + count > kLargestAttribute) b.Refuse("it joins too many channels");
    b.Give(i, SliceChannels{.first = static_cast<int>(first), .count = static_cast<int>(count)}, {b.g()});
    first += count;
  }
}

void Gradients(const Crop& op, Backward& b) { b.Give(0, CropGradient{.at = op.at}, {b.g(), b.in(0), b.in(1)}); }
void Gradients(const Resize&, Backward& b) { b.Give(0, ResizeGradient{}, {b.g(), b.in(0)}); }
void Gradients(const LocalResponseNorm& op, Backward& b) {
  b.Give(0, LocalResponseNormGradient{.size = op.size, .alpha = op.alpha, .beta = op.beta, .k = op.k},
         {b.g(), b.in(0)});
}
void Gradients(const Softmax&, Backward& b) { b.Give(0, SoftmaxGradient{}, {b.g(), b.y()}); }

// Where it has not been replaced it is the identity.
void Gradients(const Dropout&, Backward& b) { b.Pass(0); }
void Gradients(const RandomDropout& op, Backward& b) { b.Give(0, op, {b.g(), b.in(1)}); }
void Gradients(const Stretch& op, Backward& b) { b.Give(0, StretchGradient{.at = op.at, .more = op.more}, {b.g()}); }

// Everything begins here, with a gradient of 1 each.
void Gradients(const SoftmaxLoss& op, Backward& b) {
  if (!b.IsLoss()) b.Refuse("it is not the loss");
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < b.inputs(); i++) inputs.push_back(b.in(i));
  b.Give(0, SoftmaxLossGradient{.ignore_label = op.ignore_label, .mean = op.mean, .weight = op.weight},
         std::move(inputs));
}

// There is no derivative, or nobody needs a second one.
template <typename T>
  requires IsOfKind<T, OpKind::kLikeSecond, OpKind::kNowhere>
void Gradients(const T&, Backward& b) {
  b.Refuse("it has no gradient");
}
template <typename T, typename... Others>
concept OneOf = (std::same_as<T, Others> || ...);
template <OneOf<Argmax, Cast, Quantise, Dequantise, BatchNormGradient, SoftmaxLossGradient, MultiplyGradient,
                SliceChannels, StretchGradient>
              T>
void Gradients(const T&, Backward& b) {
  b.Refuse("it has no gradient");
}

bool IsSoftmaxLoss(const Graph& graph, ValueId id) {
  for (const Node& node : graph.nodes())
    if (node.output == id) return std::holds_alternative<SoftmaxLoss>(node.op);
  return false;
}

}  // namespace

Differentiated Differentiate(const Graph& graph, std::span<const ValueId> losses,
                             const std::function<bool(const Value&)>& wanted) {
  for (const ValueId loss : losses)
    if (!IsSoftmaxLoss(graph, loss))
      throw Error(ErrorCode::kInput, fmt::format("value {} is not the output of a SoftmaxLoss", loss),
                  "Make the graph with MakeTrainingForm.");
  Backward backward(graph, losses, wanted);
  for (auto node = graph.nodes().rbegin(); node != graph.nodes().rend(); node++)
    if (backward.Enter(*node)) std::visit([&](const auto& op) { Gradients(op, backward); }, node->op);
  return backward.Finish();
}

}  // namespace fcn
