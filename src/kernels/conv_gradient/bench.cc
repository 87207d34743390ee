// Both gradients of the layers that decide how fast FCN-8s on EfficientNet-lite0 trains: batches of 8 at 352×352.

#include <benchmark/benchmark.h>

#include <cstring>
#include <string>

#include "kernels/conv_gradient/conv_gradient.h"

namespace fcn {
namespace {

struct Layer {
  const char* name;
  ConvProblem problem;
};

ConvProblem Square(int64_t images, int64_t size, int64_t inputs, int64_t outputs, int kernel, int stride) {
  const int padding = kernel / 2;
  const int64_t out = (size + int64_t{2} * padding - kernel) / stride + 1;
  return {{{kernel, kernel}, {stride, stride}, {1, 1}, {padding, padding, padding, padding}, 1},
          {images, size, size, inputs},
          {images, out, out, outputs}};
}

AlignedBuffer<float> Zeroed(int64_t count) {
  auto buffer = AllocateAligned<float>(static_cast<size_t>(count));
  std::memset(buffer.get(), 0, static_cast<size_t>(count) * sizeof(float));
  return buffer;
}

void CountFlops(benchmark::State& state, const ConvProblem& p) {
  const int64_t taps = int64_t{p.geometry.kernel.h} * p.geometry.kernel.w;
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(p.output.elements() * p.input.c * taps),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void ByWeight(benchmark::State& state, const ConvProblem& p, int threads) {
  const Context context(threads);
  const int64_t weights = p.output.c * p.input.c * p.geometry.kernel.h * p.geometry.kernel.w;
  const auto input = Zeroed(p.input.elements()), gradient = Zeroed(p.output.elements()), output = Zeroed(weights);
  const auto scratch = Zeroed(conv_gradient::WeightScratchFloats(p, context.isa(), context.threads()));
  for (auto _ : state)
    conv_gradient::RunWeight(p, {gradient.get(), p.output}, {input.get(), p.input}, output.get(), scratch.get(),
                             context);
  CountFlops(state, p);
}

void ByInput(benchmark::State& state, const ConvProblem& p, int threads) {
  const Context context(threads);
  const auto output = Zeroed(p.input.elements()), gradient = Zeroed(p.output.elements());
  const auto packed = Zeroed(conv_gradient::PackedFloats(p, context.isa()));
  const auto scratch = Zeroed(conv_gradient::DataScratchFloats(p, context.isa(), context.threads()));
  for (auto _ : state)
    conv_gradient::RunData(p, {gradient.get(), p.output}, packed.get(), {}, {output.get(), p.input}, scratch.get(),
                           context);
  CountFlops(state, p);
}

void Packing(benchmark::State& state, const ConvProblem& p, int threads) {
  const Context context(threads);
  const int64_t weights = p.output.c * p.input.c * p.geometry.kernel.h * p.geometry.kernel.w;
  const auto weight = Zeroed(weights), packed = Zeroed(conv_gradient::PackedFloats(p, context.isa()));
  for (auto _ : state) conv_gradient::Pack(p, context.isa(), weight.get(), nullptr, context, packed.get());
  state.SetBytesProcessed(state.iterations() * weights * static_cast<int64_t>(sizeof(float)));
}

[[maybe_unused]] const bool registered = [] {
  static const Layer layers[] = {
      {"stem_3_32_352", Square(8, 352, 3, 32, 3, 2)},      {"1x1_32_16_176", Square(8, 176, 32, 16, 1, 1)},
      {"1x1_16_96_176", Square(8, 176, 16, 96, 1, 1)},     {"1x1_96_24_88", Square(8, 88, 96, 24, 1, 1)},
      {"1x1_24_144_88", Square(8, 88, 24, 144, 1, 1)},     {"1x1_144_40_44", Square(8, 44, 144, 40, 1, 1)},
      {"1x1_40_240_44", Square(8, 44, 40, 240, 1, 1)},     {"1x1_80_480_22", Square(8, 22, 80, 480, 1, 1)},
      {"1x1_112_672_22", Square(8, 22, 112, 672, 1, 1)},   {"1x1_672_112_22", Square(8, 22, 672, 112, 1, 1)},
      {"1x1_192_1152_11", Square(8, 11, 192, 1152, 1, 1)}, {"1x1_1152_320_11", Square(8, 11, 1152, 320, 1, 1)},
      {"3x3_64_64_176", Square(1, 176, 64, 64, 3, 1)},     {"3x3_256_256_44", Square(1, 44, 256, 256, 3, 1)},
      {"3x3s2_64_128_88", Square(1, 88, 64, 128, 3, 2)},   {"7x7_512_4096_16", Square(1, 16, 512, 4096, 7, 1)}};
  for (const Layer& layer : layers)
    for (const auto& [what, run] : {std::pair{"/weight", &ByWeight}, std::pair{"/data", &ByInput}})
      for (const int threads : {1, 2})
        benchmark::RegisterBenchmark(
            (std::string(layer.name) + what + "/threads:" + std::to_string(threads)).c_str(),
            [&layer, run = run, threads](benchmark::State& s) { run(s, layer.problem, threads); })
            ->UseRealTime();
  benchmark::RegisterBenchmark("pack/7x7_512_4096", [](benchmark::State& s) {
    Packing(s, layers[15].problem, 2);
  })->UseRealTime();
  return true;
}();

}  // namespace
}  // namespace fcn
