#pragma once

#include <vector>

#include "kernels/loss/reference.h"
#include "kernels/resize/gradient_reference.h"

namespace fcn::tail {

/// ResizeSoftmaxLoss in its plainest form, on any scalar and on dense tensors: scores at full resolution exist.
template <typename T>
T ReferenceResizeSoftmaxLoss(const Nhwc& in, const T* scores, const Nhwc& out, const int32_t* labels,
                             const loss::Options& options, T* gradient) {
  std::vector<T> resized(static_cast<size_t>(out.elements())), g(resized.size());
  resize::ReferenceBilinear(in, scores, out, resized.data());
  loss::ReferenceSoftmaxLossGradient(out, resized.data(), labels, options, g.data());
  resize::ReferenceBilinearGradient(out, g.data(), in, gradient);
  return loss::ReferenceSoftmaxLoss(out, resized.data(), labels, options);
}

}  // namespace fcn::tail
