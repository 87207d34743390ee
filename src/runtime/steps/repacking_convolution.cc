#include <algorithm>
#include <span>
#include <utility>

#include "runtime/steps/conv_family.h"
#include "runtime/steps/conv_slices.h"

namespace fcn::steps {
namespace {

int64_t RoundUp16(int64_t floats) { return (floats + 15) / 16 * 16; }

class Repacking final : public StepKernel {
 public:
  Repacking(const ConvProblem& problem, const ConvFamily& family, SumParameters parameters, const StepSite& site,
            bool by_input)
      : problem_(problem),
        slices_(problem),
        family_(family),
        parameters_(std::move(parameters)),
        isa_(site.isa),
        threads_(site.threads),
        activation_(ActivationOf(site.step.tail)),
        by_input_(by_input),
        streams_(family.streamed.pays != nullptr && family.streamed.pays(problem)) {}

  std::string name() const override { return family_.kernel.name + std::string(streams_ ? "_streamed" : ""); }
  bool has_parameters() const override { return true; }
  int64_t raw_bytes() const override { return parameters_.raw_bytes(); }
  int64_t scratch_bytes() const override {
    if (streams_) return FloatBytes(family_.streamed.scratch_floats(problem_, isa_, threads_));
    const auto scratch = [&](const ConvProblem& slice) { return family_.scratch_floats(slice, isa_, threads_); };
    return FloatBytes(SliceFloats() + slices_.Most(scratch));
  }

  void Pack(const WeightSource& source, const Context&, PackedLayer& packed) const override {
    SumParameters::Loaded loaded = parameters_.Load(source);
    packed.raw = std::move(loaded.weight);
    packed.scale = std::move(loaded.scale);
    packed.bias = std::move(loaded.bias);
    packed.slopes = std::move(loaded.slopes);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const PackedLayer& layer = *args.packed;
    const TensorView<const float> input = args.inputs[0], residual = args.residual;
    const TensorView<float> output = args.output;
    float* const packed = args.scratch_floats();
    if (streams_) {
      const Epilogue epilogue = EpilogueOf(layer, residual, activation_);
      family_.streamed.run(problem_, input, layer.raw.values.data(), layer.scale.empty() ? nullptr : layer.scale.data(),
                           epilogue, output, packed, context);
      return;
    }
    float* const scratch = packed + SliceFloats();
    for (int64_t i = 0; i < slices_.count(); i++) {
      const ConvProblem slice = slices_.At(i);
      const int64_t first = slices_.first(i);
      family_.pack(slice, isa_, layer.raw.values.data() + slices_.first_weight(i),
                   layer.scale.empty() ? nullptr : layer.scale.data() + first, context, packed);
      if (by_input_) {
        // The sum over all output channels: each slice adds its own to what is there.
        const Epilogue epilogue{nullptr, i == 0 ? residual : TensorView<const float>(output), activation_};
        family_.run(slice, slices_.View(input, i), packed, epilogue, output, scratch, context);
      } else {
        Epilogue epilogue = EpilogueOf(layer, slices_.View(residual, i), activation_);
        if (epilogue.bias != nullptr) epilogue.bias += first;
        if (epilogue.slopes != nullptr) epilogue.slopes += first;
        family_.run(slice, input, packed, epilogue, slices_.View(output, i), scratch, context);
      }
    }
  }

 private:
  int64_t SliceFloats() const {
    return RoundUp16(slices_.Most([&](const ConvProblem& slice) { return family_.packed_floats(slice, isa_); }));
  }

  ConvProblem problem_;
  ConvSlices slices_;
  const ConvFamily& family_;
  SumParameters parameters_;
  Isa isa_;
  int threads_;
  Activation activation_;
  bool by_input_, streams_;
};

class WeightGradient final : public StepKernel {
 public:
  WeightGradient(const ConvProblem& problem, const WeightGradientFamily& family, const StepSite& site)
      : problem_(problem),
        slices_(ConvSlices::ForHandingOn(problem)),
        family_(family),
        isa_(site.isa),
        threads_(site.threads),
        streams_(slices_.count() > 1 && family.streamed.pays != nullptr && family.streamed.pays(problem)),
        hands_on_(site.may_hand_on && slices_.count() > 1) {}

  std::string name() const override { return family_.kernel.name + std::string(streams_ ? "_streamed" : ""); }
  bool hands_on() const override { return hands_on_; }
  int64_t scratch_bytes() const override {
    if (streams_) return FloatBytes(family_.streamed.scratch_floats(problem_, isa_, threads_));
    const auto scratch = [&](const ConvProblem& slice) { return family_.scratch_floats(slice, isa_, threads_); };
    return FloatBytes(hands_on_ ? RoundUp16(slices_.weights(0)) + slices_.Most(scratch) : scratch(problem_));
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const TensorView<const float> gradient = args.inputs[0], input = args.inputs[1];
    float* const output = args.output.As<float>().data;
    float* const scratch = args.scratch_floats();
    if (streams_) {
      const auto copy = [&](int64_t first, std::span<const float> values) {
        std::copy(values.begin(), values.end(), output + first);
      };
      family_.streamed.run(problem_, gradient, input,
                           hands_on_ ? args.hand_on : FunctionRef<void(int64_t, std::span<const float>)>(copy), scratch,
                           context);
    } else if (!hands_on_) {
      family_.run(problem_, gradient, input, output, scratch, context);
    } else {
      for (int64_t i = 0; i < slices_.count(); i++) {
        family_.run(slices_.At(i), slices_.View(gradient, i), input, scratch, scratch + RoundUp16(slices_.weights(0)),
                    context);
        args.hand_on(slices_.first_weight(i), {scratch, static_cast<size_t>(slices_.weights(i))});
      }
    }
  }

 private:
  ConvProblem problem_;
  ConvSlices slices_;
  const WeightGradientFamily& family_;
  Isa isa_;
  int threads_;
  bool streams_, hands_on_;
};

}  // namespace

Made RepackingConvolution(const ConvProblem& problem, const ConvFamily& family, SumParameters parameters,
                          const StepSite& site, bool by_input) {
  return std::make_unique<Repacking>(problem, family, std::move(parameters), site, by_input);
}

Made ConvolutionWeightGradient(const ConvProblem& problem, const WeightGradientFamily& family, const StepSite& site) {
  return std::make_unique<WeightGradient>(problem, family, site);
}

}  // namespace fcn::steps
