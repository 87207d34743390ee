// VGG16's 3×3 layers on a 698×698 padded input. "effective" counts the multiplications of a direct convolution.

#include <benchmark/benchmark.h>

#include <utility>
#include <vector>

#include "kernels/winograd/weight_gradient.h"
#include "kernels/winograd/winograd.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

ConvProblem Layer(int64_t size, int64_t inputs, int64_t outputs) {
  return {{{3, 3}, {1, 1}, {1, 1}, {1, 1, 1, 1}, 1}, {1, size, size, inputs}, {1, size, size, outputs}};
}

AlignedBuffer<float> Random(int64_t count) {
  auto values = AllocateAligned<float>(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) values[static_cast<size_t>(i)] = RandomUniform(1, static_cast<uint64_t>(i));
  return values;
}

void BM_Run(benchmark::State& state) {
  const ConvProblem problem = Layer(state.range(0), state.range(1), state.range(2));
  const Context context(static_cast<int>(state.range(3)));
  Tensor input(problem.input), output(problem.output);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = RandomUniform(2, i);
  const auto weight = Random(problem.output.c * problem.input.c * 9), bias = Random(problem.output.c);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, context.isa())));
  Pack(problem, context.isa(), weight.get(), nullptr, context, packed.get());
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(ScratchFloats(problem, context.isa(), context.threads())));
  const Epilogue epilogue{.bias = bias.get(), .residual = {}, .activation = Activation::kRelu};
  while (state.KeepRunning()) Run(problem, input.view(), packed.get(), epilogue, output.view(), scratch.get(), context);
  state.counters["effective"] =
      benchmark::Counter(18.0 * static_cast<double>(problem.output.elements() * problem.input.c),
                         benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Run)
    ->ArgsProduct({{698}, {64}, {64}, {1, 2}})
    ->ArgsProduct({{349}, {64, 128}, {128}, {1, 2}})
    ->ArgsProduct({{175}, {128, 256}, {256}, {1, 2}})
    ->ArgsProduct({{88}, {256, 512}, {512}, {1, 2}})
    ->ArgsProduct({{44}, {512}, {512}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_Weight(benchmark::State& state) {
  const int taps = static_cast<int>(state.range(3)), border = taps / 2;
  ConvProblem problem = Layer(state.range(0), state.range(1), state.range(2));
  problem.geometry.kernel = {taps, taps};
  problem.geometry.padding = {border, border, border, border};
  const Context context(static_cast<int>(state.range(4)));
  Tensor input(problem.input), gradient(problem.output);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = RandomUniform(2, i);
  for (size_t i = 0; i < gradient.values().size(); i++) gradient.values()[i] = RandomUniform(3, i);
  const auto output = Random(problem.output.c * problem.input.c * taps * taps);
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(WeightScratchFloats(problem, context.isa(), context.threads())));
  while (state.KeepRunning())
    RunWeight(problem, std::as_const(gradient).view(), std::as_const(input).view(), output.get(), scratch.get(),
              context);
  state.counters["effective"] =
      benchmark::Counter(2.0 * taps * taps * static_cast<double>(problem.output.elements() * problem.input.c),
                         benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Weight)
    ->ArgsProduct({{698}, {64}, {64}, {3}, {1, 2}})
    ->ArgsProduct({{349}, {64, 128}, {128}, {3}, {1, 2}})
    ->ArgsProduct({{175}, {128, 256}, {256}, {3}, {1, 2}})
    ->ArgsProduct({{88}, {256, 512}, {512}, {3}, {1, 2}})
    ->ArgsProduct({{44}, {512}, {512}, {3}, {1, 2}})
    ->ArgsProduct({{16}, {512}, {4096}, {7}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_Pack(benchmark::State& state) {
  const ConvProblem problem = Layer(88, state.range(0), state.range(0));
  const Context context(static_cast<int>(state.range(1)));
  const auto weight = Random(problem.output.c * problem.input.c * 9);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, context.isa())));
  while (state.KeepRunning()) Pack(problem, context.isa(), weight.get(), nullptr, context, packed.get());
}
BENCHMARK(BM_Pack)->ArgsProduct({{512}, {1, 2}})->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fcn::winograd
