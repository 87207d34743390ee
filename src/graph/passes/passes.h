#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/lowered.h"

namespace fcn {

/// A rewrite of a lowered network that keeps what it computes.
struct Pass {
  std::string_view name;
  void (*run)(Lowered&);
};

/// Dropout is the identity when not training.
void RemoveDropout(Lowered& lowered);
/// Batch norm after a convolution or a fully connected layer becomes part of its weights and bias, when these are
/// packed, where nothing else reads the sum.
void FoldBatchNorm(Lowered& lowered);
/// A Crop of what a transposed convolution writes becomes part of it, where nothing else reads the whole: what would be
/// cut away is never computed. (As a "like" the whole may serve others.)
void FuseCrop(Lowered& lowered);
/// An addition of a convolution's (or transposed convolution's) result and another value becomes part of the
/// convolution, where nothing else reads the result. The convolution moves to the addition's place, so that the other
/// value is there before it runs. Where both values could take the addition, the convolution that comes later does.
void FuseResidual(Lowered& lowered);
/// An activation becomes part of the step before, with its slopes if it has any, where that supports it and has none,
/// and nothing else reads what comes between.
void FuseActivation(Lowered& lowered);
/// Max pooling by 2×2 windows side by side becomes part of the 3×3 convolution before, where nothing else reads what it
/// pools: the largest maps of VGG are then never written. Only of convolutions that Winograd's kernels can compute,
/// which have whole windows in a tile.
void FuseMaxPool(Lowered& lowered);

/// A depthwise convolution becomes part of the 1×1 convolution behind it, with the convolution that expands its input,
/// where nothing else reads what comes between and the expanded map is so large that it would leave the caches: it is
/// then computed some rows at a time. EfficientNet's and MobileNetV2's inverted bottlenecks, on their larger maps. Only
/// of convolutions that no Winograd kernel computes, and only where shapes are known.
void FuseBottleneck(Lowered& lowered);

/// An Argmax of what a Resize or a transposed convolution writes becomes part of it, where nothing else reads the
/// scores: with many classes these would be the largest tensor of all by far.
void FuseArgmax(Lowered& lowered);

/// The gradient of a ReLU or ReLU6 after a Normalise becomes part of the NormaliseSums and NormaliseGradient behind it,
/// where nothing else reads it: one pass over the map less, and the activation's output need not live for it.
void FuseActivationGradient(Lowered& lowered);

/// The softmax loss of what a Resize or a transposed convolution writes becomes part of it, and the loss's gradient,
/// and a Resize's, where nothing else reads the scores and, of a Resize, their gradient: they would be the largest
/// tensors of a training step.
void FuseLoss(Lowered& lowered);

/// A max pooling whose gradient is computed notes which tap of each window was the largest, a byte each, so that the
/// gradient needs no input: the largest maps of a network need not be kept. The gradient of a ReLU before the pooling
/// becomes part of it, where nothing comes between.
void KeepWinners(Lowered& lowered);

/// All passes in the order in which they run.
const std::vector<Pass>& AllPasses();

struct PassTiming {
  std::string_view name;
  double milliseconds;
};

/// Runs all passes but those named in `disabled`, verifies after each and returns the time of each. Throws
/// Error(kUsage) for a name in `disabled` that is no pass, with the list of those that are.
std::vector<PassTiming> RunPasses(Lowered& lowered, const std::vector<std::string>& disabled = {});

}  // namespace fcn
