#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>

#include "kernels/depthwise/depthwise.h"
#include "kernels/depthwise/gradient.h"
#include "tensor/random.h"

// EfficientNet-lite0's depthwise layers at 224×224: channels, size, kernel, stride.
namespace fcn::depthwise {
namespace {

void Layer(benchmark::State& state) {
  const auto arg = [&](int i) { return static_cast<int>(state.range(i)); };
  const int channels = arg(0), size = arg(1), kernel = arg(2), stride = arg(3), pad = (kernel - 1) / 2;
  const int out = (size - 1) / stride + 1;
  const ConvGeometry geometry{{kernel, kernel}, {stride, stride}, {1, 1}, {pad, pad, pad, pad}, channels};
  const ConvProblem problem{geometry, {1, size, size, channels}, {1, out, out, channels}};
  const Context context(arg(4));
  Tensor input(problem.input), output(problem.output), weight({1, kernel, kernel, channels});
  for (Tensor* t : {&input, &weight})
    for (size_t i = 0; i < t->values().size(); i++) t->values()[i] = RandomUniform(1, i);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(PackedFloats(problem, context.isa())));
  Pack(problem, context.isa(), weight.data(), nullptr, context, packed.get());
  Epilogue epilogue;
  epilogue.bias = weight.data();
  epilogue.activation = Activation::kRelu6;
  while (state.KeepRunning()) Run(problem, input.view(), packed.get(), epilogue, output.view(), nullptr, context);
  const double flop = 2.0 * kernel * kernel * static_cast<double>(problem.output.elements());
  const double bytes = 4.0 * static_cast<double>(problem.input.elements() + problem.output.elements());
  using benchmark::Counter;
  state.counters["flops"] = Counter(flop, Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

BENCHMARK(Layer)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond)
    ->Args({32, 112, 3, 1, 1})
    ->Args({96, 112, 3, 2, 1})
    ->Args({144, 56, 3, 1, 1})
    ->Args({144, 56, 5, 2, 1})
    ->Args({240, 28, 5, 1, 1})
    ->Args({240, 28, 3, 2, 1})
    ->Args({480, 14, 3, 1, 1})
    ->Args({480, 14, 5, 1, 1})
    ->Args({672, 14, 5, 2, 1})
    ->Args({1152, 7, 5, 1, 1})
    ->Args({144, 125, 3, 1, 2})
    ->Args({672, 32, 5, 1, 2});

/// Layers in training: batches of 8 at 352×352.
enum class What : uint8_t { kWeight, kData };

void Gradient(benchmark::State& state, What what) {
  const auto arg = [&](int i) { return static_cast<int>(state.range(i)); };
  const int channels = arg(0), size = arg(1), kernel = arg(2), stride = arg(3), pad = (kernel - 1) / 2;
  const int out = (size - 1) / stride + 1;
  const ConvGeometry geometry{{kernel, kernel}, {stride, stride}, {1, 1}, {pad, pad, pad, pad}, channels};
  const ConvProblem problem{geometry, {8, size, size, channels}, {8, out, out, channels}};
  const Context context(arg(4));
  Tensor image(problem.input), gradient(problem.output), weight({1, kernel, kernel, channels});
  for (Tensor* t : {&image, &gradient, &weight})
    for (size_t i = 0; i < t->values().size(); i++) t->values()[i] = RandomUniform(1, i);
  const auto packed = AllocateAligned<float>(static_cast<size_t>(GradientPackedFloats(problem, context.isa())));
  GradientPack(problem, context.isa(), weight.data(), nullptr, context, packed.get());
  const auto scratch = AllocateAligned<float>(
      static_cast<size_t>(std::max(WeightScratchFloats(problem, context.isa(), context.threads()),
                                   DataScratchFloats(problem, context.isa(), context.threads()))));
  while (state.KeepRunning()) {
    if (what == What::kWeight)
      RunWeight(problem, gradient.view(), image.view(), weight.data(), scratch.get(), context);
    else
      RunData(problem, gradient.view(), packed.get(), {}, image.view(), scratch.get(), context);
  }
  const double flop = 2.0 * kernel * kernel * static_cast<double>(problem.output.elements());
  const double bytes = 4.0 * static_cast<double>(problem.input.elements() + problem.output.elements());
  using benchmark::Counter;
  state.counters["flops"] = Counter(flop, Counter::kIsIterationInvariantRate);
  state.counters["bytes"] = Counter(bytes, Counter::kIsIterationInvariantRate);
}

void TrainedLayers(benchmark::internal::Benchmark* benchmark) {
  benchmark->UseRealTime()->Unit(benchmark::kMicrosecond);
  for (const int threads : {1, 2})
    for (const auto& [channels, size, kernel, stride] :
         {std::array{32, 176, 3, 1}, std::array{96, 176, 3, 2}, std::array{144, 88, 3, 1}, std::array{144, 88, 5, 2},
          std::array{240, 44, 5, 1}, std::array{240, 44, 3, 2}, std::array{480, 22, 3, 1}, std::array{672, 22, 5, 1},
          std::array{672, 22, 5, 2}, std::array{1152, 11, 5, 1}})
      benchmark->Args({channels, size, kernel, stride, threads});
}

BENCHMARK_CAPTURE(Gradient, weight, What::kWeight)->Apply(TrainedLayers);
BENCHMARK_CAPTURE(Gradient, data, What::kData)->Apply(TrainedLayers);

}  // namespace
}  // namespace fcn::depthwise
