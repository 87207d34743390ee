#include "kernels/tail/kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/tail/kernels.cc"
#include "hwy/foreach_target.h"
#include "kernels/tail/tail-inl.h"

#if HWY_ONCE
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(tail::Kernels, tail::KernelsFor, MakeKernels)
#endif
