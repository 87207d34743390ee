// GFLOP/s of one thread, beside the peak that a loop of nothing but multiply-adds reaches.

#include <benchmark/benchmark.h>

#include <string>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "kernels/gemm/gemm.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

/// Processors slow down for the power that numbers with bits to flip take, so zeros would flatter.
AlignedBuffer<float> Filled(int64_t count) {
  auto buffer = AllocateAligned<float>(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) buffer[static_cast<size_t>(i)] = RandomUniform(1, static_cast<uint64_t>(i));
  return buffer;
}

void CountFlops(benchmark::State& state, int64_t flops) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(1e-9 * static_cast<double>(flops), benchmark::Counter::kIsIterationInvariantRate);
}

void Multiply(benchmark::State& state, Isa isa) {
  const int64_t m = state.range(0), n = state.range(1), k = state.range(2);
  const GemmKernels& gemm = GemmKernelsFor(isa);
  const auto a = Filled(m * k), b = Filled(gemm.packed_floats(k, n)), c = Filled(m * n);
  for (auto _ : state) {
    gemm.multiply(m, n, k, a.get(), k, b.get(), c.get(), n, {});
    benchmark::ClobberMemory();
  }
  CountFlops(state, 2 * m * n * k);
}

#if defined(__x86_64__)
constexpr int64_t kSteps = 100000, kSums = 12;

__attribute__((target("avx512f"))) void PeakAvx512(benchmark::State& state) {
  const __m512 x = _mm512_set1_ps(0.5f);
  __m512 sums[kSums];
  // Unlike sums: a compiler computes equal ones only once.
  for (int64_t i = 0; i < kSums; i++) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  for (auto _ : state)
    for (int64_t i = 0; i < kSteps; i++) {
#pragma GCC unroll 16
      for (__m512& sum : sums) sum = _mm512_fmadd_ps(sum, x, x);
    }
  for (const __m512& sum : sums) benchmark::DoNotOptimize(_mm512_cvtss_f32(sum));
  CountFlops(state, int64_t{2 * 16} * kSums * kSteps);
}

__attribute__((target("avx2,fma"))) void PeakAvx2(benchmark::State& state) {
  const __m256 x = _mm256_set1_ps(0.5f);
  __m256 sums[kSums];
  // Unlike sums: a compiler computes equal ones only once.
  for (int64_t i = 0; i < kSums; i++) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  for (auto _ : state)
    for (int64_t i = 0; i < kSteps; i++) {
#pragma GCC unroll 16
      for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, x, x);
    }
  for (const __m256& sum : sums) benchmark::DoNotOptimize(_mm256_cvtss_f32(sum));
  CountFlops(state, int64_t{2 * 8} * kSums * kSteps);
}
#endif

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : SupportedIsas()) {
    const std::string name = IsaName(isa);
#if defined(__x86_64__)
    if (isa == Isa::kAvx512) benchmark::RegisterBenchmark("peak/avx512", PeakAvx512);
    if (isa == Isa::kAvx2) benchmark::RegisterBenchmark("peak/avx2", PeakAvx2);
#endif
    benchmark::RegisterBenchmark(("gemm/" + name).c_str(), [isa](benchmark::State& s) { Multiply(s, isa); })
        ->ArgNames({"m", "n", "k"})
        ->Args({504, 512, 512})
        ->Args({504, 512, 256})
        ->Args({504, 512, 64})
        ->Args({504, 24, 512})
        ->Args({504, 40, 512})
        ->Args({504, 512, 16})
        ->Args({280, 24, 144})
        ->Args({280, 32, 144});
  }
  return true;
}();

}  // namespace
}  // namespace fcn
