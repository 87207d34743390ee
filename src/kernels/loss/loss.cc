#include "kernels/loss/loss.h"

#include <algorithm>
#include <array>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/loss/loss.cc"
#include "hwy/foreach_target.h"
#include "kernels/loss/loss-inl.h"

#if HWY_ONCE
#include "kernels/loss/labels.h"
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(loss::Kernels, loss::KernelsFor, MakeKernels)

namespace fcn::loss {
namespace {

// Pixels of a task, whole groups of them.
constexpr int64_t kBlockPixels = 64 * kGroupPixels;

int64_t Blocks(const Nhwc& scores) { return (scores.pixels() + kBlockPixels - 1) / kBlockPixels; }

struct Inputs {
  TensorView<const float> scores;
  Labels labels;
};

/// A worker's memory for one group of pixels: their scores and two values of each.
class Workspaces {
 public:
  Workspaces(int64_t channels, int threads)
      : floats_((channels + 2) * kGroupPixels), data_(AllocateAligned<float>(static_cast<size_t>(floats_ * threads))) {}

  Group For(int64_t channels, int worker) const {
    float* scores = data_.get() + worker * floats_;
    float* label_scores = scores + channels * kGroupPixels;
    return {channels, scores, label_scores, label_scores + kGroupPixels};
  }

 private:
  int64_t floats_;
  AlignedBuffer<float> data_;
};

/// The pixels of a group and their labels.
struct Pixels {
  int64_t first, count;
  std::array<int32_t, kGroupPixels> labels;
  bool any_valid = false;
};

/// Fills the group: ignored pixels and those beyond the last have scores of 0, which trouble nobody.
Pixels Load(const Inputs& in, int64_t first, int64_t end, const Group& group) {
  Pixels pixels{first, std::min(kGroupPixels, end - first), {}};
  for (int64_t p = 0; p < kGroupPixels; p++) {
    const int32_t label = p < pixels.count ? in.labels.At(first + p) : -1;
    pixels.labels[static_cast<size_t>(p)] = label;
    pixels.any_valid = pixels.any_valid || label >= 0;
  }
  if (!pixels.any_valid) return pixels;
  for (int64_t p = 0; p < kGroupPixels; p++) {
    const int32_t label = pixels.labels[static_cast<size_t>(p)];
    float* scores = group.scores + p;
    if (label < 0) {
      for (int64_t c = 0; c < group.channels; c++) scores[c * kGroupPixels] = 0;
      group.label_scores[p] = 0;
    } else {
      const float* from = in.scores.data + (first + p) * in.scores.pixel_stride;
      for (int64_t c = 0; c < group.channels; c++) scores[c * kGroupPixels] = from[c];
      group.label_scores[p] = from[label];
    }
  }
  return pixels;
}

/// Calls run(block, begin, end, worker) for each block of the pixels.
template <typename Run>
void ForBlocks(const Nhwc& scores, const Context& context, const Run& run) {
  context.Parallel(Blocks(scores), [&](int64_t block, int worker) {
    const int64_t begin = block * kBlockPixels;
    run(block, begin, std::min(scores.pixels(), begin + kBlockPixels), worker);
  });
}

void CheckShapes(const Nhwc& scores, const Nhwc& labels) {
  FCN_CHECK(scores.c > 0 && labels == (Nhwc{scores.n, scores.h, scores.w, 1}));
}

double SumOfWeights(const Inputs& in, float* scratch, const Context& context) {
  ForBlocks(in.scores.shape, context, [&](int64_t block, int64_t begin, int64_t end, int) {
    Part part{};
    for (int64_t p = begin; p < end; p++) part.weight += static_cast<double>(in.labels.Weight(in.labels.At(p)));
    Store(part, block, scratch);
  });
  return Total(Blocks(in.scores.shape), scratch).weight;
}

}  // namespace

int64_t ScratchFloats(const Nhwc& scores) { return Blocks(scores) * kPartFloats; }

float SoftmaxLoss(TensorView<const float> scores, TensorView<const int32_t> labels, const Options& options,
                  float* scratch, const Context& context) {
  CheckShapes(scores.shape, labels.shape);
  const Inputs in{scores, {labels, scores.shape.c, options}};
  const Kernels& kernels = KernelsFor(context.isa());
  const Workspaces workspaces(scores.shape.c, context.threads());
  ForBlocks(scores.shape, context, [&](int64_t block, int64_t begin, int64_t end, int worker) {
    const Group group = workspaces.For(scores.shape.c, worker);
    Part part{};
    for (int64_t first = begin; first < end; first += kGroupPixels) {
      const Pixels pixels = Load(in, first, end, group);
      if (!pixels.any_valid) continue;
      kernels.losses(group);
      for (int64_t p = 0; p < pixels.count; p++) {
        const int32_t label = pixels.labels[static_cast<size_t>(p)];
        if (label < 0) continue;
        const auto weight = static_cast<double>(in.labels.Weight(label));
        part.loss += weight * static_cast<double>(group.out[p]);
        part.weight += weight;
      }
    }
    Store(part, block, scratch);
  });
  return LossOf(Total(Blocks(scores.shape), scratch), options);
}

void SoftmaxLossGradient(TensorView<const float> scores, TensorView<const int32_t> labels, const Options& options,
                         TensorView<float> output, float* scratch, const Context& context) {
  CheckShapes(scores.shape, labels.shape);
  FCN_CHECK(scores.shape == output.shape);
  const Inputs in{scores, {labels, scores.shape.c, options}};
  const Kernels& kernels = KernelsFor(context.isa());
  const double total = SumOfWeights(in, scratch, context);
  const auto scale = static_cast<float>(options.mean ? 1 / total : 1);
  const Workspaces workspaces(scores.shape.c, context.threads());
  ForBlocks(scores.shape, context, [&](int64_t, int64_t begin, int64_t end, int worker) {
    const Group group = workspaces.For(scores.shape.c, worker);
    for (int64_t first = begin; first < end; first += kGroupPixels) {
      const Pixels pixels = Load(in, first, end, group);
      const bool zero = total == 0 || !pixels.any_valid;
      if (!zero) {
        for (int64_t p = 0; p < kGroupPixels; p++)
          group.out[p] = in.labels.Weight(pixels.labels[static_cast<size_t>(p)]) * scale;
        kernels.softmax(group);
      }
      for (int64_t p = 0; p < pixels.count; p++) {
        float* to = output.data + (first + p) * output.pixel_stride;
        const int32_t label = pixels.labels[static_cast<size_t>(p)];
        for (int64_t c = 0; c < group.channels; c++) to[c] = zero ? 0.0f : group.scores[c * kGroupPixels + p];
        if (!zero && label >= 0) to[label] -= group.out[p];
      }
    }
  });
}

}  // namespace fcn::loss
#endif
