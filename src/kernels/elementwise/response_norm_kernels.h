#pragma once

#include "base/isa.h"
#include "kernels/elementwise/kernels.h"
#include "kernels/elementwise/response_norm.h"

namespace fcn::elementwise {

/// In a span, a is x, or of the gradient g, and b is x.
struct ResponseNormKernels {
  void (*norm)(const ResponseNorm& norm, const Span& span);
  void (*gradient)(const ResponseNorm& norm, const Span& span);
};

const ResponseNormKernels& ResponseNormKernelsFor(Isa isa);

}  // namespace fcn::elementwise
