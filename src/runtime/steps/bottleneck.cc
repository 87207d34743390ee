#include "kernels/bottleneck/bottleneck.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "kernels/conv/conv.h"
#include "runtime/steps/conv_family.h"

namespace fcn::steps {
namespace {

constexpr size_t kLayers = 3;  // expand, filter, project

int64_t RoundUp16(int64_t floats) { return (floats + 15) / 16 * 16; }

ConvProblem ProblemOf(const Step& step, const Nhwc& input, const StepSite& site) {
  return {std::get<Conv2d>(step.op), input, site.shapes[step.output]};
}

SumParameters ParametersOf(const Step& step, const StepSite& site) {
  return SumParameters::Of(
      {site.graph, step, site.shapes, site.coordinates, site.isa, site.threads, site.winograd, site.training});
}

class FusedBottleneck final : public StepKernel {
 public:
  explicit FusedBottleneck(const StepSite& site) : isa_(site.isa), threads_(site.threads) {
    const Step &expand = site.step.before[0], &filter = site.step.before[1];
    problem_.expand = ProblemOf(expand, site.input(), site);
    problem_.filter = ProblemOf(filter, problem_.expand.output, site);
    problem_.project = ProblemOf(site.step, problem_.filter.output, site);
    FCN_CHECK(bottleneck::Supports(problem_, isa_));
    parameters_ = {ParametersOf(expand, site), ParametersOf(filter, site), ParametersOf(site.step, site)};
    activations_ = {ActivationOf(expand.tail), ActivationOf(filter.tail), ActivationOf(site.step.tail)};
  }

  std::string name() const override { return "bottleneck"; }
  int64_t packed_bytes() const override { return FloatBytes(WeightsAt(kLayers)); }
  int64_t raw_bytes() const override {
    int64_t most = 0;
    for (const SumParameters& layer : parameters_) most = std::max(most, layer.raw_bytes());
    return most;
  }
  int64_t scratch_bytes() const override { return FloatBytes(bottleneck::ScratchFloats(problem_, isa_, threads_)); }

  void Pack(const WeightSource& source, const Context& context, PackedLayer& packed) const override {
    float* const to = packed.Reserve<float>(WeightsAt(kLayers));
    std::fill_n(to, WeightsAt(kLayers), 0.0f);
    for (size_t i = 0; i < kLayers; i++) {
      const SumParameters::Loaded loaded = parameters_[i].Load(source);
      const float* weight = loaded.weight.values.data();
      const float* scale = loaded.scale.empty() ? nullptr : loaded.scale.data();
      std::copy(loaded.bias.begin(), loaded.bias.end(), to + BiasAt(i));
      if (i == 1) {
        bottleneck::PackFilter(problem_.filter, weight, scale, context, to + WeightsAt(i));
      } else {
        conv::Pack(i == 0 ? problem_.expand : problem_.project, isa_, weight, scale, context, to + WeightsAt(i));
      }
    }
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const float* const packed = args.packed->weights();
    const auto bias = [&](size_t i) { return parameters_[i].has_bias() ? packed + BiasAt(i) : nullptr; };
    const auto layer = [&](size_t i) { return bottleneck::Layer{packed + WeightsAt(i), bias(i), activations_[i]}; };
    bottleneck::Run(problem_, args.inputs[0], layer(0), layer(1), packed + WeightsAt(2),
                    {bias(2), args.residual, activations_[2]}, args.output, args.scratch_floats(), context);
  }

 private:
  int64_t WeightFloats(size_t i) const {
    if (i == 1) return bottleneck::FilterFloats(problem_.filter);
    return conv::PackedFloats(i == 0 ? problem_.expand : problem_.project, isa_);
  }
  /// Where a layer's weights begin among the packed floats, and where its bias does, behind them; after the last layer,
  /// how many there are.
  int64_t WeightsAt(size_t layer) const {
    int64_t at = 0;
    for (size_t i = 0; i < layer; i++) at += RoundUp16(WeightFloats(i)) + RoundUp16(parameters_[i].outputs);
    return at;
  }
  int64_t BiasAt(size_t layer) const { return WeightsAt(layer) + RoundUp16(WeightFloats(layer)); }

  bottleneck::Problem problem_;
  std::array<SumParameters, kLayers> parameters_;
  std::array<Activation, kLayers> activations_;
  Isa isa_;
  int threads_;
};

}  // namespace

Made Bottleneck(const StepSite& site) { return std::make_unique<FusedBottleneck>(site); }

}  // namespace fcn::steps
