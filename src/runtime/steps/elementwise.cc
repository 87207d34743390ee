#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/gradient.h"
#include "kernels/elementwise/response_norm.h"

#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

constexpr Activation kLeaky = Activation::kLeakyRelu;

/// A batch norm that no convolution took: scale and shift of each channel are its packed layer.
class ScaleShift final : public StepKernel {
 public:
  explicit ScaleShift(const StepSite& site, float epsilon)
      : channels_(site.output().c),
        epsilon_(epsilon),
        activation_(ActivationOf(site.step.tail)),
        slopes_(ActivationOf(site.step.tail), site) {
    for (size_t i = 1; i < site.step.inputs.size(); i++) parameters_.push_back(site.graph.value(site.step.inputs[i]));
  }

  std::string name() const override { return "scale_shift"; }
  int in_place() const override { return kInPlace; }
  int64_t packed_bytes() const override { return FloatBytes(2 * channels_ + slopes_.floats()); }

  void Pack(const WeightSource& source, const Context&, PackedLayer& packed) const override {
    ChannelAffine affine = BatchNormAffine(parameters_, epsilon_, source);
    std::copy(affine.scale.begin(), affine.scale.end(), packed.Reserve<float>(channels_));
    packed.bias = std::move(affine.shift);
    packed.slopes = slopes_.Load(source);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    elementwise::ScaleShift(args.inputs[0], args.packed->weights(), args.packed->bias.data(), activation_, args.output,
                            context, SlopesOf(args));
  }

 private:
  int64_t channels_;
  float epsilon_;
  Activation activation_;
  Slopes slopes_;
  std::vector<Value> parameters_;
};

static_assert(kLargestResponseNorm <= elementwise::kLargestNorm);
template <typename T>
elementwise::ResponseNorm NormOf(const T& op) {
  return {.size = op.size, .alpha = op.alpha, .beta = op.beta, .k = op.k};
}

std::string NameOf(Activation function) { return std::string(NamesOf(function).profile); }

Made MakeActivation(std::string name, Activation function, Slopes slopes) {
  return MakeFunctionStep(
      std::move(name), kInPlace, 0,
      [function](const StepArgs& args, const Context& context) {
        elementwise::Activate(function, args.inputs[0], args.output, context, SlopesOf(args));
      },
      {}, std::move(slopes));
}

Made MakeActivationGradient(const std::string& name, Activation function, Slopes slopes) {
  return MakeFunctionStep(
      name + "_gradient", kInPlace, 0,
      [function](const StepArgs& args, const Context& context) {
        elementwise::ActivationGradient(function, args.inputs[0], args.inputs[1], args.output, context, SlopesOf(args));
      },
      {}, std::move(slopes));
}

}  // namespace

Made MakePointwise(Activation function) { return MakeActivation(NameOf(function), function, {}); }
Made MakePointwiseGradient(Activation function) { return MakeActivationGradient(NameOf(function), function, {}); }

Made Make(const LeakyRelu& op, const StepSite& site) {
  return MakeActivation("leaky_relu", kLeaky, Slopes({kLeaky, op.slope}, site));
}
Made Make(const LeakyReluGradient& op, const StepSite& site) {
  return MakeActivationGradient("leaky_relu", kLeaky, Slopes({kLeaky, op.slope}, site));
}
Made Make(const PRelu&, const StepSite& site) {
  return MakeActivation("prelu", kLeaky, Slopes({kLeaky, 0, site.step.inputs[1]}, site));
}
Made Make(const PReluGradient&, const StepSite& site) {
  return MakeActivationGradient("prelu", kLeaky, Slopes({kLeaky, 0, site.step.inputs[2]}, site));
}

// What is left of a Dropout where the pass that removes it was disabled: a copy.
Made Make(const Dropout&, const StepSite&) { return MakePointwise(Activation::kNone); }

Made Make(const BatchNorm& op, const StepSite& site) { return std::make_unique<ScaleShift>(site, op.epsilon); }

Made Make(const Add&, const StepSite& site) {
  const TailActivation activation = ActivationOf(site.step.tail);
  return MakeFunctionStep(
      "add", kInPlaceOfEither, 0,
      [function = activation.function](const StepArgs& args, const Context& context) {
        elementwise::Add(args.inputs[0], args.inputs[1], function, args.output, context, SlopesOf(args));
      },
      {}, Slopes(activation, site));
}

Made Make(const Multiply&, const StepSite& site) {
  const TailActivation activation = ActivationOf(site.step.tail);
  const bool same = site.input(0) == site.input(1);
  return MakeFunctionStep(
      "multiply", same ? kInPlaceOfEither : kInPlace, 0,
      [function = activation.function](const StepArgs& args, const Context& context) {
        elementwise::Multiply(args.inputs[0], args.inputs[1], function, args.output, context, SlopesOf(args));
      },
      {}, Slopes(activation, site));
}

Made Make(const Scale& op, const StepSite&) {
  return MakeFunctionStep("scale", kInPlace, 0, [factor = op.factor](const StepArgs& args, const Context& context) {
    elementwise::Scale(args.inputs[0], factor, args.output, context);
  });
}

Made Make(const LocalResponseNorm& op, const StepSite&) {
  return MakeFunctionStep("local_response_norm", kNotInPlace, 0,
                          [norm = NormOf(op)](const StepArgs& args, const Context& context) {
                            elementwise::LocalResponseNorm(norm, args.inputs[0], args.output, context);
                          });
}
Made Make(const LocalResponseNormGradient& op, const StepSite&) {
  return MakeFunctionStep("local_response_norm_gradient", kNotInPlace, 0,
                          [norm = NormOf(op)](const StepArgs& args, const Context& context) {
                            elementwise::LocalResponseNormGradient(norm, args.inputs[0], args.inputs[1], args.output,
                                                                   context);
                          });
}

Made Make(const Softmax&, const StepSite&) {
  return MakeFunctionStep("softmax", kInPlace, 0, [](const StepArgs& args, const Context& context) {
    elementwise::Softmax(args.inputs[0], args.output, context);
  });
}

Made Make(const Argmax&, const StepSite&) {
  return MakeFunctionStep("argmax", kNotInPlace, 0, [](const StepArgs& args, const Context& context) {
    elementwise::ArgMax(args.inputs[0], args.output, context);
  });
}

}  // namespace fcn::steps
