#include "kernels/winograd/transforms/filter.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/winograd/transforms/filter.cc"
#include "hwy/foreach_target.h"
#include "kernels/simd/dispatch.h"
#include "kernels/winograd/transforms/filter-inl.h"

#if HWY_ONCE
FCN_DEFINE_KERNELS_FOR(winograd::FilterKernels, winograd::FilterKernelsFor, MakeWinogradFilterKernels)
#endif
