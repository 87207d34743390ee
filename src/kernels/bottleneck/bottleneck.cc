#include "kernels/bottleneck/bottleneck.h"

#include <algorithm>

#include "base/check.h"
#include "kernels/bottleneck/planes.h"
#include "kernels/conv/gather.h"
#include "kernels/conv/plan.h"
#include "kernels/gemm/gemm.h"
#include "kernels/simd/taps.h"

namespace fcn::bottleneck {
namespace {

// Pixels of the output that are projected together, so that the weights are read once for a few tiles.
constexpr int64_t kBatchPixels = 120;
// Floats of the expanded rows that are kept: with the filtered ones they stay in a second cache of 1 MiB.
constexpr int64_t kCachedFloats = 128 << 10;
// Each strip expands the rows again that it shares with the one before: of all rows at most one in so many, but where
// there are two strips alone.
constexpr int64_t kRowsPerRepeated = 8;
constexpr int64_t kMaxStrips = 64;
constexpr int64_t kLine = 16;  // floats of a cache line
constexpr int kMaxKernel = 5;

int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }
int64_t RoundUp(int64_t a, int64_t b) { return CeilDiv(a, b) * b; }

/// How a problem is cut: a pure function of it.
struct Cut {
  Cut(const Problem& p, const GemmKernels& gemm) {
    const conv::Plan expand(p.expand, gemm);
    const ConvGeometry& g = p.filter.geometry;
    in_place = expand.in_place;
    terms = expand.terms;
    gathered_stride = expand.row_stride;
    channels = p.filter.output.c;
    groups = CeilDiv(channels, kPlaneChannels);
    columns = (p.filter.output.w - 1) * g.stride.w + g.kernel.w;
    left = std::min<int64_t>(g.padding.left, columns);
    pixels = std::min(p.filter.input.w, columns - left);
    row_floats = columns * kPlaneChannels;
    // Rows a multiple of 4 KiB apart would share a set of the first cache.
    filtered_stride = channels % 1024 == 0 ? channels + kLine : channels;

    batch = std::clamp<int64_t>(kBatchPixels / std::max<int64_t>(1, p.filter.output.w), 1, p.filter.output.h);
    while (batch > 1 && Rows(g, batch) * groups * row_floats > kCachedFloats) batch--;
    rows = Rows(g, batch);

    const int64_t repeated = std::max(1, g.kernel.h - g.stride.h);
    const int64_t most = std::clamp<int64_t>(1 + p.filter.input.h / (kRowsPerRepeated * repeated), 2, kMaxStrips);
    strips = 1;
    while (2 * strips <= most) strips *= 2;  // so that they share out evenly
    strip = std::max<int64_t>(1, CeilDiv(p.filter.output.h, strips));
    strips = CeilDiv(p.filter.output.h, strip);
  }

  static int64_t Rows(const ConvGeometry& g, int64_t batch) { return (batch - 1) * g.stride.h + g.kernel.h; }

  int64_t plane_floats() const { return rows * row_floats; }
  int64_t gathered_floats() const { return in_place ? 0 : RoundUp(pixels * gathered_stride, kLine); }
  int64_t filtered_floats(int64_t width) const { return RoundUp(batch * width * filtered_stride, kLine); }
  int64_t worker_floats(int64_t width) const {
    return groups * plane_floats() + gathered_floats() + filtered_floats(width);
  }

  bool in_place;                   ///< a row of the input is a matrix as it is
  int64_t terms, gathered_stride;  ///< of the expansion
  int64_t channels, groups;        ///< of the expanded map
  int64_t columns, left, pixels;   ///< of a plane's row: zeros at the left, so many pixels, zeros
  int64_t row_floats;              ///< of one group
  int64_t filtered_stride;         ///< from one filtered pixel to the next
  int64_t batch;                   ///< rows of the output that are computed together
  int64_t rows;                    ///< of the expanded map that are kept: row y in place y % rows
  int64_t strips, strip;           ///< of the output's rows; the last one may be lower
};

/// Computes strips of rows, one after the other, in one worker's memory.
class Strip {
 public:
  Strip(const Problem& problem, const Cut& cut, Isa isa, float* memory)
      : problem_(problem),
        cut_(cut),
        gemm_(GemmKernelsFor(isa)),
        planes_(PlaneKernelsFor(isa)),
        plane_(memory),
        gathered_(plane_ + cut.groups * cut.plane_floats()),
        filtered_(gathered_ + cut.gathered_floats()) {
    for (int64_t row = 0; row < cut_.groups * cut_.rows; row++) {
      float* const begin = plane_ + row * cut_.row_floats;
      std::fill(begin, begin + cut_.left * kPlaneChannels, 0.0f);
      std::fill(begin + (cut_.left + cut_.pixels) * kPlaneChannels, begin + cut_.row_floats, 0.0f);
    }
  }

  /// Row y of the expanded map, one group of channels.
  void Expand(TensorView<const float> input, const Layer& layer, int64_t n, int64_t y, int64_t group) {
    const float* rows = nullptr;
    int64_t stride = cut_.gathered_stride;
    if (cut_.in_place) {
      rows = input.at(n, y, 0), stride = input.pixel_stride;
    } else {
      const int64_t first = (n * problem_.expand.output.h + y) * problem_.expand.output.w;
      conv::Gather(problem_.expand, input, 0, problem_.expand.input.c, first, cut_.pixels, 0, cut_.terms, stride,
                   gathered_);
      rows = gathered_;
    }
    const int64_t channel = group * kPlaneChannels;
    GemmEpilogue epilogue;
    epilogue.bias = layer.bias != nullptr ? layer.bias + channel : nullptr;
    epilogue.activation = layer.activation;
    gemm_.multiply(cut_.pixels, ChannelsOf(group), cut_.terms, rows, stride, layer.packed + channel * cut_.terms,
                   PlaceOf(group, y) + cut_.left * kPlaneChannels, kPlaneChannels, epilogue);
  }

  /// Row y of the filtered map, one group of channels, to row r of the batch.
  void Filter(const Layer& layer, int64_t y, int64_t r, int64_t group) {
    const ConvGeometry& g = problem_.filter.geometry;
    const int64_t top = y * g.stride.h - g.padding.top, channel = group * kPlaneChannels;
    const auto [tap_begin, tap_end] = TapsInside(top, g.kernel.h, 1, problem_.filter.input.h);
    const float* rows[kMaxKernel];
    for (int tap = tap_begin; tap < tap_end; tap++) rows[tap - tap_begin] = PlaceOf(group, top + tap);
    const int64_t width = problem_.filter.output.w;
    planes_.run({.kernel = g.kernel.w,
                 .stride = g.stride.w,
                 .channels = ChannelsOf(group),
                 .rows = rows,
                 .row_count = tap_end - tap_begin,
                 .weights = layer.packed + (group * g.kernel.h + tap_begin) * g.kernel.w * kPlaneChannels,
                 .bias = layer.bias != nullptr ? layer.bias + channel : nullptr,
                 .activation = layer.activation,
                 .output = filtered_ + r * width * cut_.filtered_stride + channel,
                 .width = width,
                 .output_stride = cut_.filtered_stride});
  }

  /// The batch's rows of the output, from row y on.
  void Project(const float* packed, const Epilogue& epilogue, int64_t n, int64_t y, int64_t rows,
               TensorView<float> output) {
    const bool flat = output.flat() && (epilogue.residual.data == nullptr || epilogue.residual.flat());
    const int64_t width = output.shape.w, together = flat ? rows : 1;
    for (int64_t r = 0; r < rows; r += together) {
      GemmEpilogue e;
      e.bias = epilogue.bias;
      e.activation = epilogue.activation;
      if (epilogue.residual.data != nullptr) {
        e.residual = epilogue.residual.at(n, y + r, 0);
        e.residual_stride = epilogue.residual.pixel_stride;
      }
      gemm_.multiply(together * width, output.shape.c, cut_.channels, filtered_ + r * width * cut_.filtered_stride,
                     cut_.filtered_stride, packed, output.at(n, y + r, 0), output.pixel_stride, e);
    }
  }

 private:
  float* PlaceOf(int64_t group, int64_t y) const {
    return plane_ + (group * cut_.rows + y % cut_.rows) * cut_.row_floats;
  }
  int64_t ChannelsOf(int64_t group) const { return std::min(kPlaneChannels, cut_.channels - group * kPlaneChannels); }

  const Problem& problem_;
  const Cut& cut_;
  const GemmKernels& gemm_;
  const PlaneKernels& planes_;
  float *plane_, *gathered_, *filtered_;
};

bool IsDense(const ConvProblem& problem, Isa isa) {
  return problem.geometry.groups == 1 && conv::Plan(problem, GemmKernelsFor(isa)).slices == 1;
}

}  // namespace

bool Supports(const Problem& p, Isa isa) {
  const ConvGeometry &g = p.filter.geometry, &last = p.project.geometry;
  const Padding& pad = g.padding;
  return IsDense(p.expand, isa) && IsDense(p.project, isa) && p.expand.output == p.filter.input &&
         p.filter.output == p.project.input && g.groups == p.filter.input.c && p.filter.output.c == p.filter.input.c &&
         (g.kernel == Size2{3, 3} || g.kernel == Size2{5, 5}) && (g.stride == Size2{1, 1} || g.stride == Size2{2, 2}) &&
         g.dilation == Size2{1, 1} && std::min({pad.top, pad.bottom, pad.left, pad.right}) >= 0 &&
         last.kernel == Size2{1, 1} && last.stride == Size2{1, 1} && last.padding == Padding{};
}

int64_t FilterFloats(const ConvProblem& filter) {
  return RoundUp(filter.output.c, kPlaneChannels) * filter.geometry.kernel.h * filter.geometry.kernel.w;
}

void PackFilter(const ConvProblem& filter, const float* weight, const float* scale, const Context& context,
                float* packed) {
  const int64_t taps = int64_t{filter.geometry.kernel.h} * filter.geometry.kernel.w;
  context.Parallel(CeilDiv(filter.output.c, kPlaneChannels), [&](int64_t group, int) {
    const int64_t first = group * kPlaneChannels, channels = std::min(kPlaneChannels, filter.output.c - first);
    float* row = packed + group * taps * kPlaneChannels;
    for (int64_t tap = 0; tap < taps; tap++, row += kPlaneChannels) {
      for (int64_t c = 0; c < channels; c++)
        row[c] = weight[(first + c) * taps + tap] * (scale != nullptr ? scale[first + c] : 1.0f);
      std::fill(row + channels, row + kPlaneChannels, 0.0f);
    }
  });
}

int64_t ScratchFloats(const Problem& problem, Isa isa, int threads) {
  return threads * Cut(problem, GemmKernelsFor(isa)).worker_floats(problem.filter.output.w);
}

void Run(const Problem& problem, TensorView<const float> input, const Layer& expand, const Layer& filter,
         const float* project, const Epilogue& epilogue, TensorView<float> output, float* scratch,
         const Context& context) {
  FCN_CHECK(Supports(problem, context.isa()));
  FCN_CHECK(input.shape == problem.expand.input && output.shape == problem.project.output);
  const Cut cut(problem, GemmKernelsFor(context.isa()));
  const ConvGeometry& g = problem.filter.geometry;
  context.Parallel(output.shape.n * cut.strips, [&](int64_t task, int worker) {
    const int64_t n = task / cut.strips, begin = task % cut.strips * cut.strip;
    const int64_t end = std::min(begin + cut.strip, output.shape.h);
    Strip strip(problem, cut, context.isa(), scratch + worker * cut.worker_floats(output.shape.w));
    int64_t expanded = std::max<int64_t>(0, begin * g.stride.h - g.padding.top);  // rows before it are there, or past
    for (int64_t y = begin; y < end; y += cut.batch) {
      const int64_t rows = std::min(cut.batch, end - y);
      const int64_t reach = (y + rows - 1) * g.stride.h - g.padding.top + g.kernel.h;
      const int64_t needed = std::clamp(reach, expanded, problem.filter.input.h);
      for (int64_t group = 0; group < cut.groups; group++) {
        for (int64_t row = expanded; row < needed; row++) strip.Expand(input, expand, n, row, group);
        for (int64_t r = 0; r < rows; r++) strip.Filter(filter, y + r, r, group);
      }
      expanded = needed;
      strip.Project(project, epilogue, n, y, rows, output);
    }
  });
}

}  // namespace fcn::bottleneck
