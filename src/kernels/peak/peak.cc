#include "kernels/peak/peak.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/peak/peak.cc"
#include "hwy/foreach_target.h"
#include "kernels/peak/peak-inl.h"
#include "kernels/simd/dispatch.h"

#if HWY_ONCE
FCN_DEFINE_KERNELS_FOR(peak::Kernels, peak::KernelsFor, MakeKernels)
#endif
