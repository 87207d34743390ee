// GFLOP/s of one thread, beside the peak that a loop of nothing but multiply-adds reaches: m × n × k as columns.

#include <benchmark/benchmark.h>

#include <cstring>

#include "kernels/gemm/gemm.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

void Multiply(benchmark::State& state, Isa isa) {
  const int64_t m = state.range(0), n = state.range(1), k = state.range(2), stride = k + state.range(3);
  const GemmKernels& gemm = GemmKernelsFor(isa);
  const auto zeroed = [](int64_t count) {
    auto buffer = AllocateAligned<float>(static_cast<size_t>(count));
    std::memset(buffer.get(), 0, static_cast<size_t>(count) * sizeof(float));
    return buffer;
  };
  const auto a = zeroed(m * stride), b = zeroed(gemm.packed_floats(k, n)), c = zeroed(m * n);
  for (auto _ : state) {
    gemm.multiply(m, n, k, a.get(), stride, b.get(), c.get(), n, {});
    benchmark::ClobberMemory();
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(m * n * k), benchmark::Counter::kIsIterationInvariantRate);
}

// A tile that never leaves the first cache and hardly ever stores.
void Peak(benchmark::State& state, Isa isa) {
  const GemmKernels& gemm = GemmKernelsFor(isa);
  const int64_t k = 64, repeats = 1000;
  alignas(64) static float a[32 * 64], b[64 * 64], c[32 * 64];
  for (auto _ : state)
    for (int64_t i = 0; i < repeats; i++) gemm.multiply(gemm.rows, gemm.panel, k, a, k, b, c, gemm.panel, {});
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(gemm.rows * gemm.panel * k * repeats),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

[[maybe_unused]] const bool registered = [] {
  for (const Isa isa : SupportedIsas()) {
    if (isa == Isa::kPortable) continue;
    const std::string name = IsaName(isa);
    benchmark::RegisterBenchmark(("peak/" + name).c_str(), [isa](benchmark::State& s) { Peak(s, isa); });
    benchmark::RegisterBenchmark(("gemm/" + name).c_str(), [isa](benchmark::State& s) { Multiply(s, isa); })
        ->ArgNames({"m", "n", "k", "pad"})
        ->Args({504, 512, 512, 0})
        ->Args({504, 512, 512, 16})
        ->Args({504, 512, 256, 0})
        ->Args({504, 512, 256, 16})
        ->Args({504, 24, 512, 0})
        ->Args({504, 40, 512, 0})
        ->Args({504, 512, 16, 0});
  }
  return true;
}();

}  // namespace
}  // namespace fcn
