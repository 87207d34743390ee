#include "graph/channels.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"
#include "graph/remedies.h"

namespace fcn {
namespace {

constexpr int64_t kMostChannels = int64_t{1} << 40;
constexpr int64_t kNone = 0;

// What a node reads.
struct Channels {
  std::vector<int64_t> activations;
  std::vector<const Shape*> parameters;

  int64_t x() const { return activations[0]; }
  int64_t OfWeight(int dimension) const {
    const Shape& weight = *parameters[0];
    if (dimension >= weight.rank())
      throw Error(ErrorCode::kInput, fmt::format("a weight of shape {} has too few dimensions", weight.ToString()),
                  kBadGraph);
    return weight[dimension];
  }
};

template <typename T>
  requires IsOfKind<T, OpKind::kPointwise, OpKind::kLikeFirst>
int64_t ChannelsOf(const T&, const Channels& in) {
  return in.x();
}
template <typename T>
  requires IsOfKind<T, OpKind::kLikeSecond>
int64_t ChannelsOf(const T&, const Channels& in) {
  return in.activations[1];
}
int64_t ChannelsOf(const Conv2d&, const Channels& in) { return in.OfWeight(0); }
int64_t ChannelsOf(const Deconv2d& op, const Channels& in) { return in.OfWeight(1) * op.groups; }
int64_t ChannelsOf(const Linear&, const Channels& in) { return in.OfWeight(0); }
int64_t ChannelsOf(const MaxPool&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const AveragePool&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const GlobalAveragePool&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const Concat&, const Channels& in) {
  int64_t sum = 0;
  for (int64_t channels : in.activations) sum = std::min(sum + channels, kMostChannels + 1);
  return sum;
}
int64_t ChannelsOf(const Crop&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const Resize&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const Argmax&, const Channels&) { return 1; }

int64_t ChannelsOf(const Stretch&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const BatchMoments&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const NormaliseSums&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const BatchNormSums&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const SoftmaxLoss&, const Channels&) { return 1; }
int64_t ChannelsOf(const ConvWeightGradient&, const Channels&) { return kNone; }
int64_t ChannelsOf(const ChannelSums&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const MultiplyGradient&, const Channels& in) { return in.activations[2]; }
int64_t ChannelsOf(const SlopeGradient&, const Channels& in) { return in.x(); }
int64_t ChannelsOf(const LinearWeightGradient&, const Channels&) { return kNone; }
int64_t ChannelsOf(const SliceChannels& op, const Channels&) { return op.count; }
int64_t ChannelsOf(const StretchGradient&, const Channels& in) { return in.x(); }

}  // namespace

ByValue<int64_t> InferChannels(const Graph& graph) {
  ByValue<int64_t> channels(graph, kNone);
  for (ValueId id : graph.inputs()) channels[id] = graph.value(id).channels;
  for (const Node& node : graph.nodes()) {
    Channels in;
    for (ValueId id : node.inputs) {
      if (graph.value(id).kind == ValueKind::kParameter)
        in.parameters.push_back(&graph.value(id).parameter_shape);
      else
        in.activations.push_back(channels[id]);
    }
    try {
      const int64_t count = std::visit([&](const auto& op) { return ChannelsOf(op, in); }, node.op);
      if (count > kMostChannels)
        throw Error(ErrorCode::kInput, fmt::format("it has more than {} channels", kMostChannels), kBadGraph);
      channels[node.output] = count;
    } catch (const Error& error) {
      throw Error(error.code(),
                  fmt::format("layer {} ({}): {}", graph.value(node.output).name, OpName(node.op), error.message()),
                  error.hint());
    }
  }
  return channels;
}

}  // namespace fcn
