#include "kernels/batch_norm/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/batch_norm/batch_norm.cc"
#include "hwy/foreach_target.h"
#include "kernels/batch_norm/batch_norm-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(batch_norm::Kernels, batch_norm::KernelsFor, MakeKernels)

namespace fcn::batch_norm {
namespace {

// Few enough that sums in float32 stay accurate, and so many that their sums are little beside them.
constexpr int64_t kBlockPixels = 256;
// Channels of a task that adds the sums of blocks: a cache line.
constexpr int64_t kTaskChannels = 16;

int64_t Blocks(const Nhwc& x) { return (x.pixels() + kBlockPixels - 1) / kBlockPixels; }
int64_t PixelsOf(int64_t block, const Nhwc& x) { return std::min(kBlockPixels, x.pixels() - block * kBlockPixels); }

/// Calls run(block, index) for each block of the pixels; x, g and out may be null.
template <typename Run>
void ForBlocks(const Nhwc& shape, const Block& whole, const Context& context, const Run& run) {
  context.Parallel(Blocks(shape), [&](int64_t index, int) {
    const int64_t begin = index * kBlockPixels;
    Block block = whole;
    block.pixels = PixelsOf(index, shape);
    block.channels = shape.c;
    block.x += begin * whole.x_stride;
    if (block.g != nullptr) block.g += begin * whole.g_stride;
    if (block.out != nullptr) block.out += begin * whole.out_stride;
    run(block, index);
  });
}

/// A few channels whose sums over blocks a task adds.
struct ChannelRange {
  int64_t begin, count;

  /// Calls body(c) for each c in [0, count). The count is nearly always the same, and then vectors do it.
  template <typename Body>
  void ForEach(const Body& body) const {
    if (count == kTaskChannels) {
      for (int64_t c = 0; c < kTaskChannels; c++) body(c);
    } else {
      for (int64_t c = 0; c < count; c++) body(c);
    }
  }
};

/// Calls run(range) for parts of the channels.
template <typename Run>
void ForChannelRanges(int64_t channels, const Context& context, const Run& run) {
  context.Parallel((channels + kTaskChannels - 1) / kTaskChannels, [&](int64_t task, int) {
    const int64_t begin = task * kTaskChannels;
    run(ChannelRange{begin, std::min(channels - begin, kTaskChannels)});
  });
}

double InverseDeviation(float variance, float epsilon) {
  return 1 / std::sqrt(static_cast<double>(variance) + static_cast<double>(epsilon));
}

/// What Normalise multiplies x − mean by.
std::vector<float> NormaliseFactors(int64_t channels, const float* moments, const float* weight, float epsilon) {
  std::vector<float> factors(static_cast<size_t>(channels));
  for (int64_t c = 0; c < channels; c++)
    factors[static_cast<size_t>(c)] = static_cast<float>(weight[c] * InverseDeviation(moments[channels + c], epsilon));
  return factors;
}

std::vector<float> MaskFactors(int64_t channels, const float* moments, const Mask& mask, float epsilon) {
  if (mask.activation == Activation::kNone) return {};
  return NormaliseFactors(channels, moments, mask.weight, epsilon);
}

}  // namespace

int64_t ScratchFloats(const Nhwc& x) { return Blocks(x) * 2 * x.c; }

// The blocks' moments are combined as in Chan, Golub and LeVeque 1979.
void Moments(TensorView<const float> x, float* moments, float* scratch, const Context& context) {
  const int64_t channels = x.shape.c, blocks = Blocks(x.shape);
  FCN_CHECK(blocks > 0);
  const Kernels& kernels = KernelsFor(context.isa());
  ForBlocks(x.shape, {.x = x.data, .x_stride = x.pixel_stride}, context,
            [&](const Block& block, int64_t index) { kernels.moments(block, scratch + index * 2 * channels); });
  const auto count = static_cast<double>(x.shape.pixels());
  ForChannelRanges(channels, context, [&](const ChannelRange& range) {
    double mean[kTaskChannels] = {}, squares[kTaskChannels] = {};
    for (int64_t b = 0; b < blocks; b++) {
      const float* means = scratch + b * 2 * channels + range.begin;
      const auto pixels = static_cast<double>(PixelsOf(b, x.shape));
      range.ForEach([&](int64_t c) { mean[c] += pixels * static_cast<double>(means[c]); });
    }
    for (double& m : mean) m /= count;
    for (int64_t b = 0; b < blocks; b++) {
      const float *means = scratch + b * 2 * channels + range.begin, *parts = means + channels;
      const auto pixels = static_cast<double>(PixelsOf(b, x.shape));
      range.ForEach([&](int64_t c) {
        const double apart = static_cast<double>(means[c]) - mean[c];
        squares[c] += static_cast<double>(parts[c]) + pixels * apart * apart;
      });
    }
    range.ForEach([&](int64_t c) {
      moments[range.begin + c] = static_cast<float>(mean[c]);
      // Rounding may leave a little less than nothing. A NaN stays one.
      moments[channels + range.begin + c] = static_cast<float>(squares[c] < 0 ? 0 : squares[c] / count);
    });
  });
}

void Normalise(TensorView<const float> x, const float* moments, const float* weight, const float* bias, float epsilon,
               Activation activation, TensorView<float> output, const Context& context) {
  FCN_CHECK(x.shape == output.shape);
  const std::vector<float> factor = NormaliseFactors(x.shape.c, moments, weight, epsilon);
  const Kernels& kernels = KernelsFor(context.isa());
  ForBlocks(x.shape,
            {.x = x.data,
             .x_stride = x.pixel_stride,
             .out = output.data,
             .out_stride = output.pixel_stride,
             .activation = activation,
             .mean = moments,
             .x_factor = factor.data(),
             .shift = bias},
            context, [&](const Block& block, int64_t) { kernels.normalise(block); });
}

void Sums(TensorView<const float> g, TensorView<const float> x, const float* moments, float epsilon, const Mask& mask,
          float* sums, float* scratch, const Context& context) {
  FCN_CHECK(g.shape == x.shape);
  const int64_t channels = x.shape.c, blocks = Blocks(x.shape);
  const std::vector<float> mask_factor = MaskFactors(channels, moments, mask, epsilon);
  const Kernels& kernels = KernelsFor(context.isa());
  ForBlocks(x.shape,
            {.x = x.data,
             .x_stride = x.pixel_stride,
             .g = g.data,
             .g_stride = g.pixel_stride,
             .activation = mask.activation,
             .mean = moments,
             .mask_factor = mask_factor.data(),
             .mask_shift = mask.bias},
            context, [&](const Block& block, int64_t index) { kernels.sums(block, scratch + index * 2 * channels); });
  ForChannelRanges(channels, context, [&](const ChannelRange& range) {
    double sum[kTaskChannels] = {}, products[kTaskChannels] = {};
    for (int64_t b = 0; b < blocks; b++) {
      const float *parts = scratch + b * 2 * channels + range.begin, *product_parts = parts + channels;
      range.ForEach([&](int64_t c) {
        sum[c] += static_cast<double>(parts[c]);
        products[c] += static_cast<double>(product_parts[c]);
      });
    }
    range.ForEach([&](int64_t i) {
      const int64_t c = range.begin + i;
      sums[c] = static_cast<float>(sum[i]);
      sums[channels + c] = static_cast<float>(products[i] * InverseDeviation(moments[channels + c], epsilon));
    });
  });
}

// out = a · g + (b · (x − mean) + c) with one a, b and c per channel.
void Gradient(TensorView<const float> g, TensorView<const float> x, const float* moments, const float* sums,
              const float* weight, float epsilon, const Mask& mask, TensorView<float> output, const Context& context) {
  FCN_CHECK(g.shape == x.shape && x.shape == output.shape);
  const int64_t channels = x.shape.c;
  const auto count = static_cast<double>(x.shape.pixels());
  std::vector<float> factors(static_cast<size_t>(3 * channels));
  float *g_factor = factors.data(), *x_factor = g_factor + channels, *shift = x_factor + channels;
  for (int64_t c = 0; c < channels; c++) {
    const double inverse = InverseDeviation(moments[channels + c], epsilon), a = weight[c] * inverse;
    g_factor[c] = static_cast<float>(a);
    x_factor[c] = static_cast<float>(-a * inverse * sums[channels + c] / count);
    shift[c] = static_cast<float>(-a * sums[c] / count);
  }
  const std::vector<float> mask_factor = MaskFactors(channels, moments, mask, epsilon);
  const Kernels& kernels = KernelsFor(context.isa());
  ForBlocks(x.shape,
            {.x = x.data,
             .x_stride = x.pixel_stride,
             .g = g.data,
             .g_stride = g.pixel_stride,
             .out = output.data,
             .out_stride = output.pixel_stride,
             .activation = mask.activation,
             .mean = moments,
             .g_factor = g_factor,
             .x_factor = x_factor,
             .shift = shift,
             .mask_factor = mask_factor.data(),
             .mask_shift = mask.bias},
            context, [&](const Block& block, int64_t) { kernels.gradient(block); });
}

}  // namespace fcn::batch_norm
#endif
