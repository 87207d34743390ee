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

/// Pixels whose scores lie in one piece, and the labels, of which theirs begin at `first_label`.
struct Inputs {
  const float* scores;
  int64_t scores_stride;
  Labels labels;
  int64_t first_label = 0;

  int32_t LabelOf(int64_t pixel) const { return labels.At(first_label + pixel); }
};

/// Floats of a worker's memory for one group of pixels: their scores and three values of each.
int64_t GroupFloats(int64_t channels) { return (channels + 3) * kGroupPixels; }

Group GroupAt(float* memory, int64_t channels) {
  float* label_scores = memory + channels * kGroupPixels;
  return {channels, memory, label_scores, label_scores + kGroupPixels, label_scores + 2 * kGroupPixels};
}

class Workspaces {
 public:
  Workspaces(int64_t channels, int threads)
      : channels_(channels), data_(AllocateAligned<float>(static_cast<size_t>(GroupFloats(channels) * threads))) {}

  Group For(int worker) const { return GroupAt(data_.get() + worker * GroupFloats(channels_), channels_); }

 private:
  int64_t channels_;
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
    const int32_t label = p < pixels.count ? in.LabelOf(first + p) : -1;
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
      const float* from = in.scores + (first + p) * in.scores_stride;
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

double SumOfWeights(const Nhwc& scores, const Labels& labels, float* scratch, const Context& context) {
  ForBlocks(scores, context, [&](int64_t block, int64_t begin, int64_t end, int) {
    Part part{};
    for (int64_t p = begin; p < end; p++) part.weight += static_cast<double>(labels.Weight(labels.At(p)));
    Store(part, block, scratch);
  });
  return Total(Blocks(scores), scratch).weight;
}

/// The gradients of the pixels [begin, end), and what they add to the loss where `kLosses`.
template <bool kLosses>
Part Gradients(const Inputs& in, int64_t begin, int64_t end, double total_weight, const Group& group,
               const Kernels& kernels, float* gradient, int64_t gradient_stride) {
  const float scale = GradientScale(total_weight, in.labels.options);
  Part part{};
  for (int64_t first = begin; first < end; first += kGroupPixels) {
    const Pixels pixels = Load(in, first, end, group);
    const bool zero = total_weight == 0 || !pixels.any_valid;
    if (!zero) {
      for (int64_t p = 0; p < kGroupPixels; p++)
        group.out[p] = in.labels.Weight(pixels.labels[static_cast<size_t>(p)]) * scale;
      (kLosses ? kernels.softmax_and_losses : kernels.softmax)(group);
    }
    for (int64_t p = 0; p < pixels.count; p++) {
      float* to = gradient + (first + p) * gradient_stride;
      const int32_t label = pixels.labels[static_cast<size_t>(p)];
      for (int64_t c = 0; c < group.channels; c++) to[c] = zero ? 0.0f : group.scores[c * kGroupPixels + p];
      if (zero || label < 0) continue;
      to[label] -= group.out[p];
      if (kLosses) part.loss += static_cast<double>(in.labels.Weight(label)) * static_cast<double>(group.losses[p]);
    }
  }
  return part;
}

}  // namespace

int64_t ScratchFloats(const Nhwc& scores) { return Blocks(scores) * kPartFloats; }

float SoftmaxLoss(TensorView<const float> scores, TensorView<const int32_t> labels, const Options& options,
                  float* scratch, const Context& context) {
  CheckShapes(scores.shape, labels.shape);
  const Inputs in{scores.data, scores.pixel_stride, {labels, scores.shape.c, options}};
  const Kernels& kernels = KernelsFor(context.isa());
  const Workspaces workspaces(scores.shape.c, context.threads());
  ForBlocks(scores.shape, context, [&](int64_t block, int64_t begin, int64_t end, int worker) {
    const Group group = workspaces.For(worker);
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
  const Inputs in{scores.data, scores.pixel_stride, {labels, scores.shape.c, options}};
  const Kernels& kernels = KernelsFor(context.isa());
  const double total = SumOfWeights(scores.shape, in.labels, scratch, context);
  const Workspaces workspaces(scores.shape.c, context.threads());
  ForBlocks(scores.shape, context, [&](int64_t, int64_t begin, int64_t end, int worker) {
    Gradients<false>(in, begin, end, total, workspaces.For(worker), kernels, output.data, output.pixel_stride);
  });
}

int64_t RowScratchFloats(const Nhwc& scores, int threads) {
  const int64_t parts = std::max(scores.n * scores.h, Blocks(scores)) * kPartFloats;
  return (parts + kGroupPixels - 1) / kGroupPixels * kGroupPixels + threads * GroupFloats(scores.c);
}

RowLoss::RowLoss(const Nhwc& scores, TensorView<const int32_t> labels, const Options& options, float* scratch,
                 const Context& context)
    : shape_(scores),
      labels_(labels),
      options_(options),
      parts_(scratch),
      workspaces_(scratch + RowScratchFloats(scores, 0)),
      total_weight_(SumOfWeights(scores, {labels, scores.c, options}, scratch, context)),
      isa_(context.isa()) {
  CheckShapes(scores, labels.shape);
}

void RowLoss::Run(int64_t n, int64_t y, const float* scores, float* gradient, int64_t gradient_stride,
                  int worker) const {
  const int64_t row = n * shape_.h + y;
  const Inputs in{scores, shape_.c, {labels_, shape_.c, options_}, row * shape_.w};
  Store(Gradients<true>(in, 0, shape_.w, total_weight_, GroupAt(workspaces_ + worker * GroupFloats(shape_.c), shape_.c),
                        KernelsFor(isa_), gradient, gradient_stride),
        row, parts_);
}

float RowLoss::Loss() const {
  Part total = Total(shape_.n * shape_.h, parts_);
  total.weight = total_weight_;
  return LossOf(total, options_);
}

}  // namespace fcn::loss
#endif
