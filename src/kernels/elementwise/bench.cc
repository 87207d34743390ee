#include <benchmark/benchmark.h>

#include <vector>

#include "kernels/elementwise/gradient.h"
#include "tensor/random.h"

namespace fcn::elementwise {
namespace {

void BenchActivationGradient(benchmark::State& state) {
  const Nhwc shape{8, 176, 176, state.range(0)};
  const Context context(static_cast<int>(state.range(1)));
  Tensor g(shape), y(shape);
  for (size_t i = 0; i < g.values().size(); i++) g.values()[i] = y.values()[i] = RandomUniform(1, i);
  while (state.KeepRunning()) ActivationGradient(Activation::kRelu6, g.view(), y.view(), g.view(), context);
  state.counters["bytes"] =
      benchmark::Counter(12.0 * static_cast<double>(shape.elements()), benchmark::Counter::kIsIterationInvariantRate);
}

void BenchChannelSums(benchmark::State& state) {
  const Nhwc shape{8, 176, 176, state.range(0)};
  const Context context(static_cast<int>(state.range(1)));
  Tensor g(shape);
  for (size_t i = 0; i < g.values().size(); i++) g.values()[i] = RandomUniform(1, i);
  std::vector<float> sums(static_cast<size_t>(shape.c)), scratch(static_cast<size_t>(ChannelSumsScratchFloats(shape)));
  while (state.KeepRunning()) ChannelSums(g.view(), sums.data(), scratch.data(), context);
  state.counters["bytes"] =
      benchmark::Counter(4.0 * static_cast<double>(shape.elements()), benchmark::Counter::kIsIterationInvariantRate);
}

void BenchDropout(benchmark::State& state) {
  const Nhwc shape{8, 16, 16, state.range(0)};
  const Context context(static_cast<int>(state.range(1)));
  Tensor x(shape);
  for (size_t i = 0; i < x.values().size(); i++) x.values()[i] = RandomUniform(1, i);
  while (state.KeepRunning()) Dropout(x.view(), 1, 0.5f, x.view(), context);
  state.counters["bytes"] =
      benchmark::Counter(8.0 * static_cast<double>(shape.elements()), benchmark::Counter::kIsIterationInvariantRate);
}

void Sizes(benchmark::internal::Benchmark* b, const std::vector<int64_t>& channels) {
  b->UseRealTime()->Unit(benchmark::kMicrosecond)->ArgNames({"channels", "threads"})->ArgsProduct({channels, {1, 2}});
}

BENCHMARK(BenchActivationGradient)->Name("ActivationGradient")->Apply([](auto* b) { Sizes(b, {96}); });
BENCHMARK(BenchChannelSums)->Name("ChannelSums")->Apply([](auto* b) { Sizes(b, {21, 96}); });
BENCHMARK(BenchDropout)->Name("Dropout")->Apply([](auto* b) { Sizes(b, {4096}); });

}  // namespace
}  // namespace fcn::elementwise
