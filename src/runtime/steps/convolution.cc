#include "kernels/conv/conv.h"

#include "kernels/depthwise/depthwise.h"
#include "kernels/winograd/winograd.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

/// A kernel family with the shape of conv.h: the same four functions under another name.
struct Family {
  const char* name;
  int64_t (*packed_floats)(const ConvProblem&, Isa);
  void (*pack)(const ConvProblem&, Isa, const float*, const float*, const Context&, float*);
  int64_t (*scratch_floats)(const ConvProblem&, Isa, int);
  void (*run)(const ConvProblem&, TensorView<const float>, const float*, const Epilogue&, TensorView<float>, float*,
              const Context&);
};

constexpr Family kGemm{"gemm_conv", conv::PackedFloats, conv::Pack, conv::ScratchFloats, conv::Run};
constexpr Family kDepthwise{"depthwise", depthwise::PackedFloats, depthwise::Pack, depthwise::ScratchFloats,
                            depthwise::Run};
constexpr Family kWinograd{"winograd_f6x3", winograd::PackedFloats, winograd::Pack, winograd::ScratchFloats,
                           winograd::Run};

// Below this many channels or output pixels along an axis, the transforms cost more than the products they save.
constexpr int64_t kWinogradMinChannels = 16, kWinogradMinSize = 4;

const Family& Select(const ConvProblem& problem, bool winograd_allowed) {
  if (depthwise::Supports(problem)) return kDepthwise;
  const bool large = std::min(problem.input.c, problem.output.c) >= kWinogradMinChannels &&
                     std::min(problem.output.h, problem.output.w) >= kWinogradMinSize;
  return winograd_allowed && large && winograd::Supports(problem.geometry) ? kWinograd : kGemm;
}

class Convolution final : public StepKernel {
 public:
  Convolution(const ConvProblem& problem, const StepSite& site)
      : problem_(problem),
        family_(Select(problem, site.winograd)),
        parameters_(SumParameters::Of(site)),
        isa_(site.isa),
        threads_(site.threads),
        activation_(site.step.tail.activation) {}

  std::string name() const override { return family_.name; }
  int64_t packed_floats() const override {
    return family_.packed_floats(problem_, isa_) + (parameters_.has_bias() ? parameters_.outputs : 0);
  }
  int64_t raw_floats() const override { return parameters_.raw_floats(); }
  int64_t scratch_floats() const override { return family_.scratch_floats(problem_, isa_, threads_); }

  PackedLayer Pack(const WeightSource& source, const Context& context) const override {
    PackedLayer packed;
    packed.weight_floats = family_.packed_floats(problem_, isa_);
    packed.weights = AllocateAligned<float>(static_cast<size_t>(packed.weight_floats));
    SumParameters::Loaded loaded = parameters_.Load(source);
    family_.pack(problem_, isa_, loaded.weight.values.data(), loaded.scale.empty() ? nullptr : loaded.scale.data(),
                 context, packed.weights.get());
    packed.bias = std::move(loaded.bias);
    return packed;
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const Epilogue epilogue{args.packed->bias.empty() ? nullptr : args.packed->bias.data(), args.residual, activation_};
    family_.run(problem_, args.inputs[0], args.packed->weights.get(), epilogue, args.output, args.scratch, context);
  }

 private:
  ConvProblem problem_;
  const Family& family_;
  SumParameters parameters_;
  Isa isa_;
  int threads_;
  Activation activation_;
};

}  // namespace

Made Make(const Conv2d& op, const StepSite& site) {
  return std::make_unique<Convolution>(ConvProblem{op, site.input(), site.output()}, site);
}

// A fully connected layer is a convolution whose kernel is as large as the map: the weights are the same bytes.
Made Make(const Linear&, const StepSite& site) {
  const Nhwc& in = site.input();
  ConvGeometry whole_map;
  whole_map.kernel = {static_cast<int>(in.h), static_cast<int>(in.w)};
  return std::make_unique<Convolution>(ConvProblem{whole_map, in, site.output()}, site);
}

}  // namespace fcn::steps
