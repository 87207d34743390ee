#include <algorithm>
#include <optional>

#include "base/check.h"
#include "kernels/deconv/deconv.h"
#include "kernels/elementwise/kernels.h"
#include "kernels/loss/loss.h"
#include "runtime/steps/function_step.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

/// What is cropped away at the top and the left is padding more.
ConvGeometry Cropped(ConvGeometry geometry, const StepSite& site) {
  const auto& crop = site.step.tail.Get<TailCrop>();
  if (!crop) return geometry;
  const CropOffset offset = CropOffsetOf(crop->at, site.coordinates[crop->whole], site.coordinates[crop->like]);
  FCN_CHECK(offset.top >= 0 && offset.left >= 0);
  geometry.padding.top += offset.top, geometry.padding.left += offset.left;
  return geometry;
}

/// The scores, also where labels are what is written.
Nhwc ScoresOf(const ConvGeometry& geometry, const StepSite& site) {
  Nhwc scores = site.output();
  scores.c = site.graph.value(site.step.inputs[1]).parameter_shape[1] * geometry.groups;
  return scores;
}

class Deconvolution final : public StepKernel {
 public:
  Deconvolution(const ConvGeometry& geometry, const StepSite& site)
      : problem_{Cropped(geometry, site), site.input(), ScoresOf(geometry, site)},
        parameters_(SumParameters::Of(site)),
        isa_(site.isa),
        activation_(ActivationOf(site.step.tail)),
        argmax_(site.step.tail.Has<TailArgmax>()),
        loss_(site.step.tail.Get<TailLoss>()),
        threads_(site.threads) {
    if (loss_ && loss_->class_weights != kNoValue) class_weights_.push_back(site.graph.value(loss_->class_weights));
  }

  std::string name() const override { return argmax_ ? "deconv_argmax" : loss_ ? "deconv_softmax_loss" : "deconv"; }
  int64_t scratch_bytes() const override {
    if (!loss_ && !argmax_) return 0;
    return FloatBytes((loss_ ? LossScratchFloats() : 0) + deconv::RowScratchFloats(problem_, threads_));
  }
  // Which form the weights allow is not known before they are: the larger one is the forecast.
  int64_t packed_bytes() const override {
    return FloatBytes(deconv::PackedFloats(problem_, deconv::Form::kDense, isa_) + ClassWeightFloats());
  }
  int64_t raw_bytes() const override { return parameters_.raw_bytes() + FloatBytes(ClassWeightFloats()); }

  void Pack(const WeightSource& source, const Context& context, PackedLayer& packed) const override {
    SumParameters::Loaded loaded = parameters_.Load(source);
    const deconv::Form form = deconv::ChooseForm(problem_, loaded.weight.values.data());
    packed.form = static_cast<int>(form);
    const int64_t floats = deconv::PackedFloats(problem_, form, isa_);
    float* weights = packed.Reserve<float>(floats + ClassWeightFloats());
    for (const Value& value : class_weights_) {
      const ParameterData data = LoadParameter(value, source);
      std::copy(data.values.begin(), data.values.end(), weights + floats);
    }
    deconv::Pack(problem_, form, isa_, loaded.weight.values.data(),
                 loaded.scale.empty() ? nullptr : loaded.scale.data(), context, weights);
    packed.bias = std::move(loaded.bias);
    packed.slopes = std::move(loaded.slopes);
  }

  void Run(const StepArgs& args, const Context& context) const override {
    const Epilogue epilogue = EpilogueOf(*args.packed, args.residual, activation_);
    const auto form = static_cast<deconv::Form>(args.packed->form);
    if (argmax_)
      WriteLabels(form, epilogue, args, context);
    else if (loss_)
      WriteGradient(loss_->op, form, epilogue, args, context);
    else
      deconv::Run(problem_, form, args.inputs[0], args.packed->weights(), epilogue, args.output, context);
  }

 private:
  void WriteLabels(deconv::Form form, const Epilogue& epilogue, const StepArgs& args, const Context& context) const {
    const TensorView<int32_t> labels = args.output;
    const auto arg_max = elementwise::KernelsFor(context.isa()).arg_max;
    deconv::RunRows(
        problem_, form, args.inputs[0], args.packed->weights(), epilogue, args.scratch_floats(),
        [&](int64_t n, int64_t y, const float* row, int) {
          elementwise::Span span;
          span.pixels = problem_.output.w, span.channels = problem_.output.c;
          span.a = row, span.a_stride = problem_.output.c;
          span.out_stride = labels.pixel_stride;
          arg_max(span, labels.at(n, y, 0));
        },
        context);
  }

  int64_t ClassWeightFloats() const { return class_weights_.empty() ? 0 : problem_.output.c; }
  int64_t LossScratchFloats() const { return loss::RowScratchFloats(problem_.output, threads_); }

  /// Loss and gradient of each row of the scores while it is in the nearest cache.
  void WriteGradient(const SoftmaxLoss& op, deconv::Form form, const Epilogue& epilogue, const StepArgs& args,
                     const Context& context) const {
    const float* packed = args.packed->weights();
    const loss::Options options{op.ignore_label, op.mean,
                                class_weights_.empty() ? nullptr : packed + deconv::PackedFloats(problem_, form, isa_),
                                op.weight};
    const TensorView<float> gradient = args.output;
    const loss::RowLoss rows(problem_.output, args.labels, options, args.scratch_floats(), context);
    deconv::RunRows(
        problem_, form, args.inputs[0], packed, epilogue, args.scratch_floats() + LossScratchFloats(),
        [&](int64_t n, int64_t y, const float* row, int worker) {
          rows.Run(n, y, row, gradient.at(n, y, 0), gradient.pixel_stride, worker);
        },
        context);
    *args.loss.As<float>().data = rows.Loss();
  }

  deconv::DeconvProblem problem_;
  SumParameters parameters_;
  Isa isa_;
  Activation activation_;
  bool argmax_;
  std::optional<TailLoss> loss_;
  std::vector<Value> class_weights_;  // of the loss: one or none
  int threads_;
};

}  // namespace

Made Make(const Deconv2d& op, const StepSite& site) { return std::make_unique<Deconvolution>(op, site); }

}  // namespace fcn::steps
