#pragma once

#include <cstdint>

#include "base/isa.h"

namespace fcn::tail {

/// Columns of the output that are computed together, in lanes of vectors.
inline constexpr int64_t kBlock = 16;
/// Floats behind the last column of a planar row that may be read.
inline constexpr int64_t kPlanarPadding = 16;

/// A block of one row of the input, blended along the columns. All pointers but `planar` are aligned to whole vectors.
struct Blend {
  const float* planar;  ///< the row channel by channel, planar_stride apart
  int64_t planar_stride, channels;
  const int32_t *left, *right;  ///< the columns of the input of each of the kBlock columns of the output, ascending
  const float *left_weight, *right_weight;
  float* out;  ///< channels × kBlock
};

/// The two blended rows around some rows of the output. Where a score is NaN, or none above −∞, labels are anything.
struct ArgMaxBlock {
  const float *above, *below;  ///< channels × kBlock
  int64_t channels;
  const float *above_weights, *below_weights;  ///< of each row of the output
  int64_t rows;
  int32_t* labels;  ///< rows × kBlock
};

struct LossBlock {
  const float *above, *below;  ///< channels × kBlock
  int64_t channels;
  float above_weight, below_weight;
  const int32_t* labels;                   ///< kBlock of them, -1 where ignored
  const float* weights;                    ///< of each label
  float* scores;                           ///< channels × kBlock: working memory
  float* losses;                           ///< receives log Σ exp(score) − score[label]; anything where ignored
  float *above_gradient, *below_gradient;  ///< channels × kBlock, which the gradient times the row's weight is added to
};

/// The adjoint of Blend: adds to the columns of a row.
struct Spread {
  const float* gradient;  ///< channels × kBlock
  int64_t count;          ///< of the kBlock columns that exist
  int64_t channels;
  const int32_t *left, *right;
  const float *left_weight, *right_weight;
  float* transposed;  ///< kBlock × channels: working memory
  float* row;         ///< pixels of `channels` floats without gaps
};

struct Kernels {
  void (*blend)(const Blend& blend);
  void (*arg_max)(const ArgMaxBlock& block);
  void (*loss)(const LossBlock& block);
  void (*spread)(const Spread& spread);
};

const Kernels& KernelsFor(Isa isa);

}  // namespace fcn::tail
