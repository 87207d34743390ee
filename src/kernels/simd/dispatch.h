#pragma once

#include <stdexcept>

#include "base/check.h"
#include "base/isa.h"
#include "hwy/highway.h"

// How a kernel family offers one table of functions per instruction set, chosen by value and not by Highway's global
// state: which kernel runs is then a pure function of the Isa that a program was compiled for, and tests can run all of
// them in one process. In <family>.cc:
//
//   #undef HWY_TARGET_INCLUDE
//   #define HWY_TARGET_INCLUDE "kernels/gemm/gemm.cc"
//   #include "hwy/foreach_target.h"
//   #include "kernels/gemm/gemm-inl.h"          // defines fcn::HWY_NAMESPACE::MakeGemmKernels()
//   #if HWY_ONCE
//   FCN_DEFINE_KERNELS_FOR(GemmKernels, GemmKernelsFor, MakeGemmKernels)
//   #endif
//
// Highway compiles for SSE4, AVX2 and AVX-512 (AVX3) and for EMU128, its portable baseline.

#if HWY_TARGETS & HWY_AVX3
#define FCN_IF_AVX3(...) __VA_ARGS__
#else
#define FCN_IF_AVX3(...)
#endif
#if HWY_TARGETS & HWY_AVX2
#define FCN_IF_AVX2(...) __VA_ARGS__
#else
#define FCN_IF_AVX2(...)
#endif
#if HWY_TARGETS & HWY_SSE4
#define FCN_IF_SSE4(...) __VA_ARGS__
#else
#define FCN_IF_SSE4(...)
#endif
#if HWY_TARGETS & HWY_NEON
#define FCN_IF_NEON(...) __VA_ARGS__
#else
#define FCN_IF_NEON(...)
#endif
#if HWY_TARGETS & HWY_EMU128
#define FCN_IF_EMU128(...) __VA_ARGS__
#else
#define FCN_IF_EMU128(...)
#endif

#define FCN_RETURN_TABLE(Table, Namespace, Make)  \
  {                                               \
    static const Table table = Namespace::Make(); \
    return table;                                 \
  }

/// Defines `const Table& Function(Isa)`: the table that Make() builds in the namespace of the first of Highway's
/// targets, from the largest, whose features the instruction set has.
#define FCN_DEFINE_KERNELS_FOR(Table, Function, Make)                                         \
  namespace fcn {                                                                             \
  const Table& Function(Isa isa) {                                                            \
    [[maybe_unused]] const CpuFeatures features = FeaturesOf(isa);                            \
    FCN_IF_AVX3(if (features.Has(CpuFeature::kAvx512)) FCN_RETURN_TABLE(Table, N_AVX3, Make)) \
    FCN_IF_AVX2(if (features.Has(CpuFeature::kAvx2)) FCN_RETURN_TABLE(Table, N_AVX2, Make))   \
    FCN_IF_SSE4(if (features.Has(CpuFeature::kSse4)) FCN_RETURN_TABLE(Table, N_SSE4, Make))   \
    FCN_IF_NEON(if (features.Has(CpuFeature::kNeon)) FCN_RETURN_TABLE(Table, N_NEON, Make))   \
    FCN_IF_EMU128(FCN_RETURN_TABLE(Table, N_EMU128, Make))                                    \
    CheckFailed("kernels exist for the instruction set", __FILE__, __LINE__);                 \
  }                                                                                           \
  }
