#include "kernels/winograd/transforms/data_gradient.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/winograd/transforms/data_gradient.cc"
#include "hwy/foreach_target.h"
#include "kernels/simd/dispatch.h"
#include "kernels/winograd/transforms/data_gradient-inl.h"

#if HWY_ONCE
FCN_DEFINE_KERNELS_FOR(winograd::DataTransformKernels, winograd::DataTransformsFor, MakeWinogradDataKernels)
#endif
