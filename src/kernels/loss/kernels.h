#pragma once

#include <cstdint>

#include "base/isa.h"

namespace fcn::loss {

/// Pixels that are computed together, in lanes of vectors.
inline constexpr int64_t kGroupPixels = 16;

/// The scores of kGroupPixels pixels, channel by channel: scores[c · kGroupPixels + p]. All aligned to whole vectors.
struct Group {
  int64_t channels;
  float* scores;
  float* label_scores;  ///< per pixel, that of its label
  float* out;           ///< per pixel
  float* losses;        ///< the same
};

struct Kernels {
  /// out[p] = log Σ_c exp(scores) − label_scores[p]. Overwrites nothing else.
  void (*losses)(const Group& group);
  /// scores := softmax(scores) · out[p].
  void (*softmax)(const Group& group);
  /// Both: losses[p] as `losses` gives out[p], then `softmax`.
  void (*softmax_and_losses)(const Group& group);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::loss
