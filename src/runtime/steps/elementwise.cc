#include "kernels/elementwise/elementwise.h"
#include "kernels/elementwise/gradient.h"

#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

const char* NameOf(Activation function) {
  switch (function) {
    case Activation::kNone:
      break;
    case Activation::kRelu:
      return "relu";
    case Activation::kRelu6:
      return "relu6";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kTanh:
      return "tanh";
    case Activation::kHardSigmoid:
      return "hard_sigmoid";
    case Activation::kHardSwish:
      return "hard_swish";
  }
  return "copy";
}

/// A batch norm that no convolution took: scale and shift of each channel are its packed layer.
class ScaleShift final : public StepKernel {
 public:
  explicit ScaleShift(const StepSite& site, float epsilon)
      : channels_(site.output().c), epsilon_(epsilon), activation_(site.step.tail.activation) {
    for (size_t i = 1; i < site.step.inputs.size(); i++) parameters_.push_back(site.graph.value(site.step.inputs[i]));
  }

  std::string name() const override { return "scale_shift"; }
  int in_place() const override { return 1; }
  int64_t packed_bytes() const override { return FloatBytes(2 * channels_); }

  void Pack(const WeightSource& source, const Context&, PackedLayer& packed) const override {
    ChannelAffine affine = BatchNormAffine(parameters_, epsilon_, source);
    std::copy(affine.scale.begin(), affine.scale.end(), packed.Reserve<float>(channels_));
    packed.bias = std::move(affine.shift);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    elementwise::ScaleShift(args.inputs[0], args.packed->weights(), args.packed->bias.data(), activation_, args.output,
                            context);
  }

 private:
  int64_t channels_;
  float epsilon_;
  Activation activation_;
  std::vector<Value> parameters_;
};

}  // namespace

Made MakePointwise(Activation function) {
  return MakeFunctionStep(NameOf(function), true, 0, [function](const StepArgs& args, const Context& context) {
    elementwise::Activate(function, args.inputs[0], args.output, context);
  });
}

Made MakePointwiseGradient(Activation function) {
  return MakeFunctionStep(
      std::string(NameOf(function)) + "_gradient", true, 0, [function](const StepArgs& args, const Context& context) {
        elementwise::ActivationGradient(function, args.inputs[0], args.inputs[1], args.output, context);
      });
}

// What is left of a Dropout where the pass that removes it was disabled: a copy.
Made Make(const Dropout&, const StepSite&) { return MakePointwise(Activation::kNone); }

Made Make(const BatchNorm& op, const StepSite& site) { return std::make_unique<ScaleShift>(site, op.epsilon); }

Made Make(const Add&, const StepSite& site) {
  return MakeFunctionStep("add", 2, 0,
                          [activation = site.step.tail.activation](const StepArgs& args, const Context& context) {
                            elementwise::Add(args.inputs[0], args.inputs[1], activation, args.output, context);
                          });
}

Made Make(const Scale& op, const StepSite&) {
  return MakeFunctionStep("scale", true, 0, [factor = op.factor](const StepArgs& args, const Context& context) {
    elementwise::Scale(args.inputs[0], factor, args.output, context);
  });
}

Made Make(const Softmax&, const StepSite&) {
  return MakeFunctionStep("softmax", true, 0, [](const StepArgs& args, const Context& context) {
    elementwise::Softmax(args.inputs[0], args.output, context);
  });
}

Made Make(const Argmax&, const StepSite&) {
  return MakeFunctionStep("argmax", false, 0, [](const StepArgs& args, const Context& context) {
    elementwise::ArgMax(args.inputs[0], args.output, context);
  });
}

}  // namespace fcn::steps
