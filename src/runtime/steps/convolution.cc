#include "kernels/conv/conv.h"
#include "kernels/conv/streamed.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/conv_gradient/streamed_weight.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/gradient.h"
#include "kernels/pool/pool.h"
#include "kernels/winograd/streamed/streamed.h"
#include "kernels/winograd/streamed/weight_gradient.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/weight_gradient/weight_gradient.h"
#include "kernels/winograd/winograd.h"
#include "runtime/steps/conv_family.h"
#include "runtime/steps/make.h"
#include "runtime/steps/parameters.h"

namespace fcn::steps {
namespace {

using Family = ConvFamily;

constexpr Family kGemm{
    "gemm_conv",        conv::PackedFloats,          conv::Pack,       conv::ScratchFloats, conv::Run, nullptr,
    conv::PaysStreamed, conv::StreamedScratchFloats, conv::RunStreamed};
constexpr Family kDepthwise{"depthwise", depthwise::PackedFloats, depthwise::Pack, depthwise::ScratchFloats,
                            depthwise::Run};
constexpr Family Winograd(const char* name) {
  return {name,
          winograd::PackedFloats,
          winograd::Pack,
          winograd::ScratchFloats,
          winograd::Run,
          winograd::RunPooled,
          winograd::PaysStreamed,
          [](const ConvProblem& p, Isa isa, int) { return winograd::StreamedScratchFloats(p, isa); },
          winograd::RunStreamed};
}
/// The gradient of a convolution by its input is a convolution as well.
constexpr Family WinogradData(const char* name) {
  return {
      name,
      [](const ConvProblem& p, Isa isa) { return winograd::PackedFloats(conv_gradient::Mirrored(p), isa); },
      [](const ConvProblem& p, Isa isa, const float* weight, const float* scale, const Context& context,
         float* packed) { winograd::PackMirrored(conv_gradient::Mirrored(p), isa, weight, scale, context, packed); },
      [](const ConvProblem& p, Isa isa, int threads) {
        return winograd::ScratchFloats(conv_gradient::Mirrored(p), isa, threads);
      },
      [](const ConvProblem& p, TensorView<const float> gradient, const float* packed, const Epilogue& epilogue,
         TensorView<float> output, float* scratch, const Context& context) {
        winograd::Run(conv_gradient::Mirrored(p), gradient, packed, epilogue, output, scratch, context);
      },
      nullptr,
      winograd::PaysStreamed,

      [](const ConvProblem& p, Isa isa, int) { return winograd::DataStreamedScratchFloats(p, isa); },

      winograd::RunDataStreamed};
}
/// By the size of the kernel: 3, 5, 7.
constexpr Family kWinograd[] = {Winograd("winograd_f6x3"), Winograd("winograd_f4x5"), Winograd("winograd_f2x7")};
constexpr Family kWinogradData[] = {WinogradData("winograd_f6x3_data"), WinogradData("winograd_f4x5_data"),
                                    WinogradData("winograd_f2x7_data")};
constexpr Family kGemmData{
    "gemm_conv_data", conv_gradient::PackedFloats, conv_gradient::Pack, conv_gradient::DataScratchFloats,
    conv_gradient::RunData, nullptr,
    // Of strides other than 1 it is no convolution, but then the convolution is none that is streamed.
    [](const ConvProblem& p) { return conv::PaysStreamed(p) && conv::PaysStreamed(conv_gradient::Mirrored(p)); },
    [](const ConvProblem& p, Isa isa, int threads) {
      return conv::StreamedScratchFloats(conv_gradient::Mirrored(p), isa, threads);
    },
    [](const ConvProblem& p, TensorView<const float> gradient, const float* weight, const float* scale,
       const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
      conv::RunMirroredStreamed(conv_gradient::Mirrored(p), gradient, weight, scale, epilogue, output, scratch,
                                context);
    }};
constexpr Family kDepthwiseData{"depthwise_data", depthwise::GradientPackedFloats, depthwise::GradientPack,
                                depthwise::DataScratchFloats, depthwise::RunData};

// Below this many channels the transforms cost more than the products they save.
constexpr int64_t kWinogradMinChannels = 16;

// A weight that is read from memory costs about as much as this many multiplications by it.
constexpr int64_t kMultiplicationsPerWeight = 16;

/// Whether Winograd saves at least a fifth of the work, transforms aside. It has 64 weights where the direct
/// convolution has one for each tap; where the map is small, reading them is what takes the time.
bool WinogradPays(const ConvProblem& problem) {
  if (!winograd::Supports(problem.geometry)) return false;
  if (std::min(problem.input.c, problem.output.c) < kWinogradMinChannels) return false;
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  const int64_t work = std::max(winograd::Multiplications(problem), winograd::kPoints * kMultiplicationsPerWeight);
  const int64_t direct = taps * std::max(problem.output.pixels(), kMultiplicationsPerWeight);
  return 5 * work <= 4 * direct;
}

const Family& Select(const ConvProblem& problem, bool winograd_allowed) {
  if (depthwise::Supports(problem)) return kDepthwise;
  return winograd_allowed && WinogradPays(problem) ? kWinograd[problem.geometry.kernel.h / 2 - 1] : kGemm;
}

const Family& SelectData(const ConvProblem& problem, bool winograd_allowed) {
  if (depthwise::Supports(problem)) return kDepthwiseData;
  const bool winograd =
      winograd_allowed && problem.geometry.stride == Size2{1, 1} && WinogradPays(conv_gradient::Mirrored(problem));
  return winograd ? kWinogradData[problem.geometry.kernel.h / 2 - 1] : kGemmData;
}

/// A convolution, or its gradient by the input: `problem` is the convolution's in both.
class Convolution final : public StepKernel {
 public:
  Convolution(const ConvProblem& problem, const Family& family, SumParameters parameters, const StepSite& site)
      : problem_(problem),
        family_(family),
        parameters_(std::move(parameters)),
        isa_(site.isa),
        threads_(site.threads),
        activation_(site.step.tail.activation),
        pools_(site.step.tail.max_pool) {}

  std::string name() const override { return pools_ ? std::string(family_.name) + "_max_pool" : family_.name; }
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
  const Family& family_;
  SumParameters parameters_;
  Isa isa_;
  int threads_;
  Activation activation_;
  bool pools_;
};

Made Forward(const ConvProblem& problem, const StepSite& site) {
  const Family& family = Select(problem, site.winograd);
  if (site.training) return RepackingConvolution(problem, family, SumParameters::Of(site), site, false);
  return std::make_unique<Convolution>(problem, family, SumParameters::Of(site), site);
}

Made DataGradient(const ConvProblem& problem, const Family& family, const StepSite& site) {
  SumParameters parameters;
  parameters.weight = site.graph.value(site.step.inputs[2]);
  if (site.training) return RepackingConvolution(problem, family, std::move(parameters), site, true);
  return std::make_unique<Convolution>(problem, family, std::move(parameters), site);
}

using WeightFamily = WeightGradientFamily;

constexpr WeightFamily kGemmWeight{"gemm_conv_weight",
                                   conv_gradient::WeightScratchFloats,
                                   conv_gradient::RunWeight,
                                   conv_gradient::PaysStreamedWeight,
                                   conv_gradient::WeightStreamedScratchFloats,
                                   conv_gradient::RunWeightStreamed};
constexpr WeightFamily kDepthwiseWeight{"depthwise_weight", depthwise::WeightScratchFloats, depthwise::RunWeight};
constexpr WeightFamily WinogradWeight(const char* name) {
  return {name,
          winograd::WeightScratchFloats,
          winograd::RunWeight,
          winograd::SupportsStreamedWeight,
          winograd::WeightStreamedScratchFloats,
          winograd::RunWeightStreamed};
}
/// By the size of the kernel: 3, 5, 7.
constexpr WeightFamily kWinogradWeight[] = {WinogradWeight("winograd_f3x6_weight"),
                                            WinogradWeight("winograd_f5x4_weight"),
                                            WinogradWeight("winograd_f7x2_weight")};

// Below this many tiles of the gradient, transforming the weights back costs more than the products saved.
constexpr int64_t kWinogradMinTiles = 16;

const WeightFamily& SelectWeight(const ConvProblem& problem, bool winograd_allowed) {
  if (depthwise::Supports(problem)) return kDepthwiseWeight;
  const int taps = problem.geometry.kernel.h;
  const int64_t tile_pixels = int64_t{9 - taps} * (9 - taps);
  const bool large = std::min(problem.input.c, problem.output.c) >= kWinogradMinChannels &&
                     problem.output.pixels() >= kWinogradMinTiles * tile_pixels;
  if (!winograd_allowed || !large || !winograd::SupportsWeightGradient(problem.geometry)) return kGemmWeight;
  return kWinogradWeight[taps / 2 - 1];
}

Made WeightGradient(const ConvProblem& problem, const StepSite& site) {
  return ConvolutionWeightGradient(problem, SelectWeight(problem, site.winograd), site);
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
  if (site.step.tail.max_pool) {  // the step's output is smaller than the convolution's, which has stride 1
    const Nhwc& input = site.input();
    output.h = input.h + op.padding.top + op.padding.bottom - int64_t{op.dilation.h} * (op.kernel.h - 1);
    output.w = input.w + op.padding.left + op.padding.right - int64_t{op.dilation.w} * (op.kernel.w - 1);
  }
  return Forward({op, site.input(), output}, site);
}
Made Make(const Linear&, const StepSite& site) { return Forward(WholeMap(site.input(), site.output()), site); }

Made Make(const ConvDataGradient& op, const StepSite& site) {
  const ConvProblem problem{op, site.output(), site.input()};
  return DataGradient(problem, SelectData(problem, site.winograd), site);
}
Made Make(const LinearDataGradient&, const StepSite& site) {
  // Of one pixel: there is nothing to save.
  return DataGradient(WholeMap(site.output(), site.input()), kGemmData, site);
}

Made Make(const ConvWeightGradient& op, const StepSite& site) {
  return WeightGradient({op, site.input(1), site.input(0)}, site);
}
Made Make(const LinearWeightGradient&, const StepSite& site) {
  return WeightGradient(WholeMap(site.input(1), site.input(0)), site);
}

}  // namespace fcn::steps
