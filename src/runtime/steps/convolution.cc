#include "kernels/pool/pool.h"
#include "runtime/steps/conv_candidates.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

KernelChoice ChoiceOf(const StepSite& site) {
  return {site.isa, site.winograd, site.graph.value(site.step.inputs[0]).type.element};
}

/// A convolution, or its gradient by the input: `problem` is the convolution's in both.
class Convolution final : public StepKernel {
 public:
  Convolution(const ConvProblem& problem, const ConvFamily& family, SumParameters parameters, const StepSite& site)
      : problem_(problem),
        family_(family),
        parameters_(std::move(parameters)),
        isa_(site.isa),
        threads_(site.threads),
        activation_(ActivationOf(site.step.tail)),
        pools_(site.step.tail.Has<TailMaxPool>()) {}

  std::string name() const override {
    return pools_ ? std::string(family_.kernel.name) + "_max_pool" : family_.kernel.name;
  }
  int64_t packed_bytes() const override {
    return FloatBytes(family_.packed_floats(problem_, isa_) + parameters_.channel_floats());
  }
  int64_t raw_bytes() const override { return parameters_.raw_bytes(); }
  int64_t scratch_bytes() const override {
    return FloatBytes(family_.scratch_floats(problem_, isa_, threads_) +
                      (has_map() ? problem_.output.elements() + kMapAlignment : 0));
  }

  void Pack(const WeightSource& source, const Context& context, PackedLayer& packed) const override {
    SumParameters::Loaded loaded = parameters_.Load(source);
    family_.pack(problem_, isa_, loaded.weight.values.data(), loaded.scale.empty() ? nullptr : loaded.scale.data(),
                 context, packed.Reserve<float>(family_.packed_floats(problem_, isa_)));
    packed.bias = std::move(loaded.bias);
    packed.slopes = std::move(loaded.slopes);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const Epilogue epilogue = EpilogueOf(*args.packed, args.residual, activation_);
    const float* weights = args.packed->weights();
    float* const scratch = args.scratch_floats();
    if (!pools_) {
      family_.run(problem_, args.inputs[0], weights, epilogue, args.output, scratch, context);
    } else if (!has_map()) {
      family_.run_pooled(problem_, args.inputs[0], weights, epilogue, args.output, scratch, context);
    } else {
      const int64_t own = family_.scratch_floats(problem_, isa_, threads_);
      const TensorView<float> map(scratch + (own + kMapAlignment - 1) / kMapAlignment * kMapAlignment, problem_.output);
      family_.run(problem_, args.inputs[0], weights, epilogue, map, scratch, context);
      pool::Max({.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, map, args.output, context);
    }
  }

 private:
  static constexpr int64_t kMapAlignment = 16;  // floats

  /// Whether what is pooled is a map in scratch memory.
  bool has_map() const { return pools_ && family_.run_pooled == nullptr; }

  ConvProblem problem_;
  const ConvFamily& family_;
  SumParameters parameters_;
  Isa isa_;
  int threads_;
  Activation activation_;
  bool pools_;
};

Made Forward(const ConvProblem& problem, const StepSite& site) {
  const ConvFamily& family = FirstThatFits(ConvCandidates(), problem, ChoiceOf(site));
  if (site.training) return RepackingConvolution(problem, family, SumParameters::Of(site), site, false);
  return std::make_unique<Convolution>(problem, family, SumParameters::Of(site), site);
}

Made DataGradient(const ConvProblem& problem, const ConvFamily& family, const StepSite& site) {
  SumParameters parameters;
  parameters.weight = site.graph.value(site.step.inputs[2]);
  if (site.training) return RepackingConvolution(problem, family, std::move(parameters), site, true);
  return std::make_unique<Convolution>(problem, family, std::move(parameters), site);
}

Made WeightGradient(const ConvProblem& problem, const StepSite& site) {
  return ConvolutionWeightGradient(problem, FirstThatFits(WeightGradientCandidates(), problem, ChoiceOf(site)), site);
}

/// A fully connected layer is a convolution whose kernel is as large as the map: the weights are the same bytes.
ConvProblem WholeMap(const Nhwc& input, const Nhwc& output) {
  ConvGeometry whole_map;
  whole_map.kernel = {static_cast<int>(input.h), static_cast<int>(input.w)};
  return {whole_map, input, output};
}

}  // namespace

Made Make(const Conv2d& op, const StepSite& site) {
  if (!site.step.before.empty()) return Bottleneck(site);
  Nhwc output = site.output();
  if (site.step.tail.Has<TailMaxPool>()) {  // the step's output is smaller than the convolution's, which has stride 1
    const Nhwc& input = site.input();
    output.h = input.h + op.padding.top + op.padding.bottom - int64_t{op.dilation.h} * (op.kernel.h - 1);
    output.w = input.w + op.padding.left + op.padding.right - int64_t{op.dilation.w} * (op.kernel.w - 1);
  }
  return Forward({op, site.input(), output}, site);
}
Made Make(const Linear&, const StepSite& site) { return Forward(WholeMap(site.input(), site.output()), site); }

Made Make(const ConvDataGradient& op, const StepSite& site) {
  const ConvProblem problem{op, site.output(), site.input()};
  return DataGradient(problem, FirstThatFits(DataGradientCandidates(), problem, ChoiceOf(site)), site);
}
Made Make(const LinearDataGradient&, const StepSite& site) {
  // Of one pixel: there is nothing to save.
  return DataGradient(WholeMap(site.output(), site.input()), DataGradientCandidates().back(), site);
}

Made Make(const ConvWeightGradient& op, const StepSite& site) {
  return WeightGradient({op, site.input(1), site.input(0)}, site);
}
Made Make(const LinearWeightGradient&, const StepSite& site) {
  return WeightGradient(WholeMap(site.input(1), site.input(0)), site);
}

}  // namespace fcn::steps
