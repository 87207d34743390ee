#include <benchmark/benchmark.h>

#include "kernels/resize/gradient.h"
#include "tensor/random.h"

namespace fcn::resize {
namespace {

void Upsample(benchmark::State& state) {
  const Nhwc in{1, state.range(1), state.range(1), state.range(0)};
  const Nhwc out{1, state.range(2), state.range(2), state.range(0)};
  const Context context(static_cast<int>(state.range(3)));
  Tensor input(in), output(out);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = RandomUniform(1, i);
  const auto scratch = AllocateAligned<float>(static_cast<size_t>(BilinearScratchFloats(out, context.threads())));
  while (state.KeepRunning()) Bilinear(input.view(), output.view(), scratch.get(), context);
  state.counters["bytes"] = benchmark::Counter(4.0 * static_cast<double>(in.elements() + out.elements()),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

/// The gradient of enlarging a batch of scores.
void UpsampleGradient(benchmark::State& state) {
  const Nhwc in{8, state.range(1), state.range(1), state.range(0)};
  const Nhwc out{8, state.range(2), state.range(2), state.range(0)};
  const Context context(static_cast<int>(state.range(3)));
  Tensor g(out), output(in);
  for (size_t i = 0; i < g.values().size(); i++) g.values()[i] = RandomUniform(1, i);
  while (state.KeepRunning()) BilinearGradient(g.view(), output.view(), context);
  state.counters["bytes"] = benchmark::Counter(4.0 * static_cast<double>(in.elements() + out.elements()),
                                               benchmark::Counter::kIsIterationInvariantRate);
}

BENCHMARK(Upsample)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->ArgNames({"channels", "from", "to", "threads"})
    ->ArgsProduct({{21}, {16}, {32}, {1}})
    ->ArgsProduct({{21}, {63}, {500}, {1, 2}})
    ->ArgsProduct({{21}, {45}, {420}, {1, 2}})
    ->ArgsProduct({{1, 3}, {63}, {500}, {1}})
    ->ArgsProduct({{3}, {1000}, {224}, {1}});

BENCHMARK(UpsampleGradient)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->ArgNames({"channels", "from", "to", "threads"})
    ->ArgsProduct({{11, 21}, {44}, {352}, {1, 2}})
    ->ArgsProduct({{21}, {22}, {44}, {1, 2}});

}  // namespace
}  // namespace fcn::resize
