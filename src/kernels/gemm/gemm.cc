#include "kernels/gemm/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/gemm/gemm.cc"
#include "hwy/foreach_target.h"
#include "kernels/gemm/gemm-inl.h"
#include "kernels/simd/dispatch.h"

#if HWY_ONCE
FCN_DEFINE_KERNELS_FOR(GemmKernels, GemmKernelsFor, MakeGemmKernels)
#endif
