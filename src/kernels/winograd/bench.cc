// VGG16's 3×3 layers on a 698×698 padded input, its fc6, and dilated layers of fcn_resnet50. "effective" counts the
// operations of a direct convolution, "products" those of Winograd's products alone.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <utility>

#include "kernels/winograd/streamed/streamed.h"
#include "kernels/winograd/streamed/weight_gradient.h"
#include "kernels/winograd/weight_gradient/weight_gradient.h"
#include "kernels/winograd/winograd.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace fcn::winograd {
namespace {

ConvProblem Layer(int64_t taps, int64_t dilation, int64_t size, int64_t inputs, int64_t outputs) {
  const auto d = static_cast<int>(dilation), r = static_cast<int>(taps), pad = d * (r - 1) / 2;
  return {{{r, r}, {1, 1}, {d, d}, {pad, pad, pad, pad}, 1}, {1, size, size, inputs}, {1, size, size, outputs}};
}

AlignedBuffer<float> Random(int64_t count) {
  auto values = AllocateAligned<float>(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) values[static_cast<size_t>(i)] = RandomUniform(1, static_cast<uint64_t>(i));
  return values;
}

void BM_Run(benchmark::State& state) {
  const ConvProblem problem = Layer(state.range(0), state.range(1), state.range(2), state.range(3), state.range(4));
  const Context context(static_cast<int>(state.range(5)));
  Tensor input(problem.input), output(problem.output);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = RandomUniform(2, i);
  const auto bias = Random(problem.output.c);
  const int64_t packed_floats = PackedFloats(problem, context.isa());
  const auto packed = AllocateAligned<float>(static_cast<size_t>(packed_floats));
  std::fill_n(packed.get(), packed_floats, 0.125f);
  const auto scratch =
      AllocateAligned<float>(static_cast<size_t>(ScratchFloats(problem, context.isa(), context.threads())));
  const Epilogue epilogue{.bias = bias.get(), .residual = {}, .activation = Activation::kRelu};
  while (state.KeepRunning()) Run(problem, input.view(), packed.get(), epilogue, output.view(), scratch.get(), context);
  const auto rate = [](int64_t multiplications) {
    return benchmark::Counter(2.0 * static_cast<double>(multiplications),
                              benchmark::Counter::kIsIterationInvariantRate);
  };
  state.counters["effective"] = rate(problem.output.elements() * problem.input.c * state.range(0) * state.range(0));
  state.counters["products"] = rate(Multiplications(problem) * problem.input.c * problem.output.c);
}
BENCHMARK(BM_Run)
    ->ArgNames({"taps", "dilation", "size", "in", "out", "threads"})
    ->ArgsProduct({{3}, {1}, {698}, {64}, {64}, {1, 2}})
    ->ArgsProduct({{3}, {1}, {349}, {64, 128}, {128}, {1, 2}})
    ->ArgsProduct({{3}, {1}, {175}, {128, 256}, {256}, {1, 2}})
    ->ArgsProduct({{3}, {1}, {88}, {256, 512}, {512}, {1, 2}})
    ->ArgsProduct({{3}, {1}, {44}, {512}, {512}, {1, 2}})
    ->ArgsProduct({{7}, {1}, {16}, {512}, {4096}, {1, 2}})
    ->ArgsProduct({{3}, {2}, {63}, {256}, {256}, {1, 2}})
    ->ArgsProduct({{3}, {4}, {63}, {512}, {512}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_Weight(benchmark::State& state) {
  const int64_t taps = state.range(3);
  const ConvProblem problem = Layer(taps, 1, state.range(0), state.range(1), state.range(2));
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
      benchmark::Counter(2.0 * static_cast<double>(taps * taps * problem.output.elements() * problem.input.c),
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
  const ConvProblem problem = Layer(state.range(0), 1, 22, state.range(1), state.range(2));
  const Context context(static_cast<int>(state.range(3)));
  const auto weight = Random(problem.output.c * problem.input.c * state.range(0) * state.range(0));
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, context.isa())));
  const auto pack = state.range(4) == 0 ? Pack : PackMirrored;
  while (state.KeepRunning()) pack(problem, context.isa(), weight.get(), nullptr, context, packed.get());
  const int64_t floats =
      PackedFloats(problem, context.isa()) + problem.output.c * problem.input.c * state.range(0) * state.range(0);
  state.SetBytesProcessed(state.iterations() * floats * int64_t{sizeof(float)});
}
BENCHMARK(BM_Pack)
    ->ArgNames({"taps", "in", "out", "threads", "mirrored"})
    ->ArgsProduct({{3}, {256}, {256}, {1, 2}, {0, 1}})
    ->ArgsProduct({{3}, {512}, {512}, {1, 2}, {0, 1}})
    ->ArgsProduct({{7}, {512}, {4096}, {1, 2}, {0}})
    ->ArgsProduct({{7}, {4096}, {512}, {2}, {1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// A layer without padding, on a map of `size`, that transforms its filters while it runs.
void BM_Streamed(benchmark::State& state) {
  const auto taps = static_cast<int>(state.range(0));
  const int64_t size = state.range(1), out = size - taps + 1;
  const ConvProblem problem{
      {{taps, taps}, {1, 1}, {1, 1}, {}, 1}, {1, size, size, state.range(2)}, {1, out, out, state.range(3)}};
  const Context context(static_cast<int>(state.range(4)));
  const bool by_input = state.range(5) != 0;
  Tensor x(by_input ? problem.output : problem.input), y(by_input ? problem.input : problem.output);
  for (size_t i = 0; i < x.values().size(); i++) x.values()[i] = RandomUniform(2, i);
  const auto weight = Random(problem.output.c * problem.input.c * taps * taps);
  const auto floats = by_input ? DataStreamedScratchFloats : StreamedScratchFloats;
  const auto run = by_input ? RunDataStreamed : RunStreamed;
  const auto scratch = AllocateAligned<float>(static_cast<size_t>(floats(problem, context.isa())));
  while (state.KeepRunning())
    run(problem, std::as_const(x).view(), weight.get(), nullptr, {}, y.view(), scratch.get(), context);
  state.counters["products"] =
      benchmark::Counter(2.0 * static_cast<double>(Multiplications(problem) * problem.input.c * problem.output.c),
                         benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_Streamed)
    ->ArgNames({"taps", "size", "in", "out", "threads", "by_input"})
    ->ArgsProduct({{7}, {22}, {512}, {4096}, {1, 2}, {0, 1}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

// fc6's gradient by the weights, piece by piece.
void BM_WeightStreamed(benchmark::State& state) {
  const ConvProblem problem{{{7, 7}, {1, 1}, {1, 1}, {}, 1}, {1, 22, 22, 512}, {1, 16, 16, 4096}};
  const Context context(static_cast<int>(state.range(0)));
  Tensor input(problem.input), gradient(problem.output);
  for (size_t i = 0; i < input.values().size(); i++) input.values()[i] = RandomUniform(2, i);
  for (size_t i = 0; i < gradient.values().size(); i++) gradient.values()[i] = RandomUniform(3, i);
  const auto scratch = AllocateAligned<float>(
      static_cast<size_t>(WeightStreamedScratchFloats(problem, context.isa(), context.threads())));
  const auto take = [](int64_t, std::span<const float> values) { benchmark::DoNotOptimize(values.data()); };
  while (state.KeepRunning())
    RunWeightStreamed(problem, std::as_const(gradient).view(), std::as_const(input).view(), take, scratch.get(),
                      context);
  state.counters["products"] = benchmark::Counter(2.0 * static_cast<double>(Multiplications(problem) * 512 * 4096),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(BM_WeightStreamed)->ArgNames({"threads"})->Arg(1)->Arg(2)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace fcn::winograd
