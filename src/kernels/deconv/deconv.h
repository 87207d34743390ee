#pragma once

// Transposed convolution, torch's ConvTranspose2d: every input pixel adds its value times the kernel to the output,
// `stride` apart. Computed in gather form: each output pixel sums over the taps through which an input pixel reaches
// it,
//
//   out[n,y,x,k] = epilogue( Σ_{i,j,c} in[n, (y + p − i)/s, (x + p − j)/s, c] · weight[c,k,i,j] )
//
// where the sum runs over the taps (i, j) for which the divisions leave no rest and the quotients lie inside the image,
// and the channels c of k's group, in the order of the kernel's rows, columns and channels. Output size:
// (in − 1)·s − padding + kernel, per axis.

#include <cstdint>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "kernels/simd/epilogue.h"
#include "tensor/geometry.h"

namespace fcn::deconv {

/// One transposed convolution at one size. geometry.padding is what the transposition cuts off at the top and the left;
/// at the bottom and the right it is what lies beyond the output's size, which may be as small as is wanted. So is a
/// part of the output computed alone. Dilation must be 1.
struct DeconvProblem {
  ConvGeometry geometry;
  Nhwc input, output;
};

/// How the weights are packed.
enum class Form : uint8_t {
  kDense,     ///< any weights
  kDiagonal,  ///< channel c of a group reaches channel c alone: the bilinear upsampling of FCNs
};

/// kDiagonal where the weights (IOHW: inputs × outputs/groups × kernel.h × kernel.w) allow it: within each group as
/// many outputs as inputs, and every weight[c, k] with c ≠ k is zero. A function of the weights' values: where they may
/// change later (training), use kDense, or kDiagonal only for groups of one channel.
Form ChooseForm(const DeconvProblem& problem, const float* weight);

/// Floats of the packed weights; depends on geometry and channels, not on the image's size.
int64_t PackedFloats(const DeconvProblem& problem, Form form, Isa isa);

/// Packs weights (IOHW), output channel k times scale[k] where given (a folded batch norm).
void Pack(const DeconvProblem& problem, Form form, Isa isa, const float* weight, const float* scale,
          const Context& context, float* packed);

/// Computes the transposed convolution. `packed` as Pack wrote it for the same geometry, channels, form and
/// context.isa().
void Run(const DeconvProblem& problem, Form form, TensorView<const float> input, const float* packed,
         const Epilogue& epilogue, TensorView<float> output, const Context& context);

/// Floats of scratch memory that RunRows needs.
int64_t RowScratchFloats(const DeconvProblem& problem, int threads);

/// As Run, but the output exists a row at a time: each is handed to `use` on the worker that computed it, one pixel
/// after the other, and then written over.
void RunRows(const DeconvProblem& problem, Form form, TensorView<const float> input, const float* packed,
             const Epilogue& epilogue, float* scratch,
             FunctionRef<void(int64_t n, int64_t y, const float* row, int worker)> use, const Context& context);

}  // namespace fcn::deconv
