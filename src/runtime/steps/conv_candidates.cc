#include "runtime/steps/conv_candidates.h"

#include <algorithm>

#include "kernels/conv/conv.h"
#include "kernels/conv/streamed.h"
#include "kernels/conv_gradient/conv_gradient.h"
#include "kernels/conv_gradient/streamed_weight.h"
#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/gradient.h"
#include "kernels/winograd/streamed/streamed.h"
#include "kernels/winograd/streamed/weight_gradient.h"
#include "kernels/winograd/tables.h"
#include "kernels/winograd/weight_gradient/weight_gradient.h"
#include "kernels/winograd/winograd.h"

namespace fcn::steps {
namespace {

using conv_gradient::Mirrored;

// Below this many channels the transforms cost more than the products they save.
constexpr int64_t kWinogradMinChannels = 16;

// A weight that is read from memory costs about as much as this many multiplications by it.
constexpr int64_t kMultiplicationsPerWeight = 16;

// Below this many tiles of the gradient, transforming the weights back costs more than the products saved.
constexpr int64_t kWinogradMinTiles = 16;

bool HasManyChannels(const ConvProblem& problem) {
  return std::min(problem.input.c, problem.output.c) >= kWinogradMinChannels;
}

/// Whether Winograd saves at least a fifth of the work, transforms aside. It has 64 weights where the direct
/// convolution has one for each tap; where the map is small, reading them is what takes the time.
bool WinogradPays(const ConvProblem& problem) {
  if (!HasManyChannels(problem)) return false;
  const int64_t taps = int64_t{problem.geometry.kernel.h} * problem.geometry.kernel.w;
  const int64_t work = std::max(winograd::Multiplications(problem), winograd::kPoints * kMultiplicationsPerWeight);
  const int64_t direct = taps * std::max(problem.output.pixels(), kMultiplicationsPerWeight);
  return 5 * work <= 4 * direct;
}

/// Winograd's transforms for kernels of taps × taps.
template <int taps>
constexpr ConvFamily Winograd(const char* name) {
  return {
      .kernel = {.name = name,
                 .supports =
                     [](const ConvProblem& p) { return p.geometry.kernel.h == taps && winograd::Supports(p.geometry); },
                 .pays = WinogradPays,
                 .is_winograd = true},
      .packed_floats = winograd::PackedFloats,
      .pack = winograd::Pack,
      .scratch_floats = winograd::ScratchFloats,
      .run = winograd::Run,
      .run_pooled = winograd::RunPooled,
      .streamed = {
          .pays = winograd::PaysStreamed,
          .scratch_floats = [](const ConvProblem& p, Isa isa, int) { return winograd::StreamedScratchFloats(p, isa); },
          .run = winograd::RunStreamed}};
}

/// The gradient of a convolution by its input is a convolution as well.
template <int taps>
constexpr ConvFamily WinogradData(const char* name) {
  return {.kernel = {.name = name,
                     .supports =
                         [](const ConvProblem& p) {
                           return p.geometry.stride == Size2{1, 1} && p.geometry.kernel.h == taps &&
                                  winograd::Supports(Mirrored(p).geometry);
                         },
                     .pays = [](const ConvProblem& p) { return WinogradPays(Mirrored(p)); },
                     .is_winograd = true},
          .packed_floats = [](const ConvProblem& p, Isa isa) { return winograd::PackedFloats(Mirrored(p), isa); },
          .pack = [](const ConvProblem& p, Isa isa, const float* weight, const float* scale, const Context& context,
                     float* packed) { winograd::PackMirrored(Mirrored(p), isa, weight, scale, context, packed); },
          .scratch_floats = [](const ConvProblem& p, Isa isa,
                               int threads) { return winograd::ScratchFloats(Mirrored(p), isa, threads); },
          .run =
              [](const ConvProblem& p, TensorView<const float> gradient, const float* packed, const Epilogue& epilogue,
                 TensorView<float> output, float* scratch, const Context& context) {
                winograd::Run(Mirrored(p), gradient, packed, epilogue, output, scratch, context);
              },
          .streamed = {.pays = winograd::PaysStreamed,
                       .scratch_floats = [](const ConvProblem& p, Isa isa,
                                            int) { return winograd::DataStreamedScratchFloats(p, isa); },
                       .run = winograd::RunDataStreamed}};
}

template <int taps>
constexpr WeightGradientFamily WinogradWeight(const char* name) {
  constexpr auto kPays = [](const ConvProblem& p) {
    constexpr int64_t kTilePixels = int64_t{9 - taps} * (9 - taps);
    return HasManyChannels(p) && p.output.pixels() >= kWinogradMinTiles * kTilePixels;
  };
  return {.kernel = {.name = name,
                     .supports =
                         [](const ConvProblem& p) {
                           return p.geometry.kernel.h == taps && winograd::SupportsWeightGradient(p.geometry);
                         },
                     .pays = kPays,
                     .is_winograd = true},
          .scratch_floats = winograd::WeightScratchFloats,
          .run = winograd::RunWeight,
          .streamed = {.pays = winograd::SupportsStreamedWeight,
                       .scratch_floats = winograd::WeightStreamedScratchFloats,
                       .run = winograd::RunWeightStreamed}};
}

constexpr ConvFamily kConv[] = {
    {.kernel = {.name = "depthwise", .supports = depthwise::Supports},
     .packed_floats = depthwise::PackedFloats,
     .pack = depthwise::Pack,
     .scratch_floats = depthwise::ScratchFloats,
     .run = depthwise::Run},
    Winograd<3>("winograd_f6x3"),
    Winograd<5>("winograd_f4x5"),
    Winograd<7>("winograd_f2x7"),
    {.kernel = {.name = "gemm_conv"},
     .packed_floats = conv::PackedFloats,
     .pack = conv::Pack,
     .scratch_floats = conv::ScratchFloats,
     .run = conv::Run,
     .streamed = {.pays = conv::PaysStreamed, .scratch_floats = conv::StreamedScratchFloats, .run = conv::RunStreamed}},
};

constexpr ConvFamily kDataGradient[] = {
    {.kernel = {.name = "depthwise_data", .supports = depthwise::Supports},
     .packed_floats = depthwise::GradientPackedFloats,
     .pack = depthwise::GradientPack,
     .scratch_floats = depthwise::DataScratchFloats,
     .run = depthwise::RunData},
    WinogradData<3>("winograd_f6x3_data"),
    WinogradData<5>("winograd_f4x5_data"),
    WinogradData<7>("winograd_f2x7_data"),
    {.kernel = {.name = "gemm_conv_data"},
     .packed_floats = conv_gradient::PackedFloats,
     .pack = conv_gradient::Pack,
     .scratch_floats = conv_gradient::DataScratchFloats,
     .run = conv_gradient::RunData,
     // Of strides other than 1 it is no convolution, but then the convolution is none that is streamed.
     .streamed = {
         .pays = [](const ConvProblem& p) { return conv::PaysStreamed(p) && conv::PaysStreamed(Mirrored(p)); },
         .scratch_floats = [](const ConvProblem& p, Isa isa,
                              int threads) { return conv::StreamedScratchFloats(Mirrored(p), isa, threads); },
         .run =
             [](const ConvProblem& p, TensorView<const float> gradient, const float* weight, const float* scale,
                const Epilogue& epilogue, TensorView<float> output, float* scratch, const Context& context) {
               conv::RunMirroredStreamed(Mirrored(p), gradient, weight, scale, epilogue, output, scratch, context);
             }}},
};

constexpr WeightGradientFamily kWeightGradient[] = {
    {.kernel = {.name = "depthwise_weight", .supports = depthwise::Supports},
     .scratch_floats = depthwise::WeightScratchFloats,
     .run = depthwise::RunWeight},
    WinogradWeight<3>("winograd_f3x6_weight"),
    WinogradWeight<5>("winograd_f5x4_weight"),
    WinogradWeight<7>("winograd_f7x2_weight"),
    {.kernel = {.name = "gemm_conv_weight"},
     .scratch_floats = conv_gradient::WeightScratchFloats,
     .run = conv_gradient::RunWeight,
     .streamed = {.pays = conv_gradient::PaysStreamedWeight,
                  .scratch_floats = conv_gradient::WeightStreamedScratchFloats,
                  .run = conv_gradient::RunWeightStreamed}},
};

}  // namespace

std::span<const ConvFamily> ConvCandidates() { return kConv; }
std::span<const ConvFamily> DataGradientCandidates() { return kDataGradient; }
std::span<const WeightGradientFamily> WeightGradientCandidates() { return kWeightGradient; }

}  // namespace fcn::steps
