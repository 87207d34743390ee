#include "kernels/resize/gradient.h"

#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resize/gradient.cc"
#include "hwy/foreach_target.h"
#include "kernels/resize/gradient-inl.h"

#if HWY_ONCE
#include "base/check.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(resize::GradientKernels, resize::GradientKernelsFor, MakeGradientKernels)

namespace fcn::resize {
namespace {

/// The taps of all samples of an axis of the input, in the order of the output's samples.
class Adjoint {
 public:
  Adjoint(int64_t in, int64_t out) : taps_(static_cast<size_t>(in)) {
    const std::vector<Source> sources = BilinearSources(in, out);
    for (int64_t i = 0; i < out; i++) {
      const Source& source = sources[static_cast<size_t>(i)];
      Add(source.i0, {i, source.i0 == source.i1 ? source.w0 + source.w1 : source.w0});
      if (source.i1 != source.i0) Add(source.i1, {i, source.w1});
    }
  }
  const std::vector<Tap>& operator[](int64_t i) const { return taps_[static_cast<size_t>(i)]; }

 private:
  void Add(int64_t i, Tap tap) {
    if (tap.weight != 0) taps_[static_cast<size_t>(i)].push_back(tap);
  }
  std::vector<std::vector<Tap>> taps_;
};

}  // namespace

// Along the columns first: what a row of the output gets of each row of g is summed to one row, for which every worker
// has memory, and that along its length. The rows that the next row of the output reads too are still in the cache.
void BilinearGradient(TensorView<const float> g, TensorView<float> output, const Context& context) {
  const Nhwc &in = g.shape, &out = output.shape;
  FCN_CHECK(in.n == out.n && in.c == out.c && in.pixels() > 0 && out.pixels() > 0);
  const Adjoint rows(out.h, in.h), columns(out.w, in.w);
  const auto kernel = GradientKernelsFor(context.isa()).weighted_sum;
  const int64_t row_floats = in.w * in.c;
  const auto memory = AllocateAligned<float>(static_cast<size_t>(row_floats * context.threads()));
  context.Parallel(out.n * out.h, [&](int64_t task, int worker) {
    const int64_t n = task / out.h, y = task % out.h;
    float* row = memory.get() + worker * row_floats;
    // Without gaps, a row is like one pixel of many channels.
    const bool flat = g.contiguous();
    kernel({.taps = rows[y].data(),
            .tap_count = static_cast<int64_t>(rows[y].size()),
            .in = g.at(n, 0, 0),
            .tap_stride = g.row_stride(),
            .pixels = flat ? 1 : in.w,
            .channels = flat ? row_floats : in.c,
            .in_stride = g.pixel_stride,
            .out_stride = in.c,
            .out = row});
    for (int64_t x = 0; x < out.w; x++)
      kernel({.taps = columns[x].data(),
              .tap_count = static_cast<int64_t>(columns[x].size()),
              .in = row,
              .tap_stride = in.c,
              .pixels = 1,
              .channels = in.c,
              .in_stride = in.c,
              .out_stride = in.c,
              .out = output.at(n, y, x)});
  });
}

}  // namespace fcn::resize
#endif
