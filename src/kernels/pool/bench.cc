#include <benchmark/benchmark.h>

#include "kernels/pool/gradient.h"
#include "tensor/random.h"

namespace fcn::pool {
namespace {

/// The gradient of max pooling by half.
void HalveGradient(benchmark::State& state) {
  const int kernel = static_cast<int>(state.range(2)), pad = kernel - 2;
  const Window window{{kernel, kernel}, {2, 2}, {pad, 0, pad, 0}};
  const Nhwc in{2, state.range(1), state.range(1), state.range(0)}, out{2, in.h / 2, in.w / 2, in.c};
  const Context context(static_cast<int>(state.range(3)));
  Tensor g(out), input(in), output(in);
  for (size_t i = 0; i < g.values().size(); i++) g.values()[i] = RandomUniform(1, i);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = output.values()[i] = RandomUniform(2, i);
  while (state.KeepRunning()) MaxGradient(window, g.view(), input.view(), output.view(), context);
  state.counters["bytes"] = benchmark::Counter(4.0 * static_cast<double>(out.elements() + 2 * in.elements()),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(HalveGradient)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->ArgNames({"channels", "size", "kernel", "threads"})
    ->ArgsProduct({{64}, {500}, {2, 3}, {1, 2}})
    ->ArgsProduct({{512}, {62}, {2}, {1, 2}});

}  // namespace
}  // namespace fcn::pool
