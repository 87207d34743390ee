#include "kernels/winograd/transforms/tile.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/winograd/transforms/tile.cc"
#include "hwy/foreach_target.h"
#include "kernels/simd/dispatch.h"
#include "kernels/winograd/transforms/tile-inl.h"

#if HWY_ONCE
FCN_DEFINE_KERNELS_FOR(winograd::TransformKernels, winograd::TransformKernelsFor, MakeWinogradKernels)
#endif
