#include "kernels/bottleneck/planes.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bottleneck/planes.cc"
#include "hwy/foreach_target.h"
#include "kernels/bottleneck/planes-inl.h"

#if HWY_ONCE
#include "kernels/simd/dispatch.h"

FCN_DEFINE_KERNELS_FOR(bottleneck::PlaneKernels, bottleneck::PlaneKernelsFor, MakePlaneKernels)
#endif
