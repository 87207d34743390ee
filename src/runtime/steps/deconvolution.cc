#include "kernels/deconv/deconv.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

class Deconvolution final : public StepKernel {
 public:
  Deconvolution(const ConvGeometry& geometry, const StepSite& site)
      : problem_{geometry, site.input(), site.output()},
        parameters_(SumParameters::Of(site)),
        isa_(site.isa),
        activation_(site.step.tail.activation) {}

  std::string name() const override { return "deconv"; }
  // Which form the weights allow is not known before they are: the larger one is the forecast.
  int64_t packed_floats() const override { return deconv::PackedFloats(problem_, deconv::Form::kDense, isa_); }
  int64_t raw_floats() const override { return parameters_.raw_floats(); }

  void Pack(const WeightSource& source, const Context& context, PackedLayer& packed) const override {
    SumParameters::Loaded loaded = parameters_.Load(source);
    const deconv::Form form = deconv::ChooseForm(problem_, loaded.weight.values.data());
    packed.form = static_cast<int>(form);
    float* weights = packed.Reserve(deconv::PackedFloats(problem_, form, isa_));
    deconv::Pack(problem_, form, isa_, loaded.weight.values.data(),
                 loaded.scale.empty() ? nullptr : loaded.scale.data(), context, weights);
    packed.bias = std::move(loaded.bias);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const Epilogue epilogue{args.packed->bias.empty() ? nullptr : args.packed->bias.data(), args.residual, activation_};
    deconv::Run(problem_, static_cast<deconv::Form>(args.packed->form), args.inputs[0], args.packed->weights(),
                epilogue, args.output, context);
  }

 private:
  deconv::DeconvProblem problem_;
  SumParameters parameters_;
  Isa isa_;
  Activation activation_;
};

}  // namespace

Made Make(const Deconv2d& op, const StepSite& site) { return std::make_unique<Deconvolution>(op, site); }

}  // namespace fcn::steps
