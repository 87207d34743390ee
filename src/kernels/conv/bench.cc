// The layers that decide: GFLOP/s of two multiply-adds per term, to be held against gemm_bench's peak times threads.

#include <benchmark/benchmark.h>

#include <cstring>

#include "kernels/conv/conv.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

struct Layer {
  const char* name;
  ConvProblem problem;
};

ConvProblem Square(int64_t h, int64_t w, int64_t inputs, int64_t outputs, int kernel, int stride, int padding) {
  const auto size = [&](int64_t in) { return (in + int64_t{2} * padding - kernel) / stride + 1; };
  return {{{kernel, kernel}, {stride, stride}, {1, 1}, {padding, padding, padding, padding}, 1},
          {1, h, w, inputs},
          {1, size(h), size(w), outputs}};
}

AlignedBuffer<float> Zeroed(int64_t count) {
  auto buffer = AllocateAligned<float>(static_cast<size_t>(count));
  std::memset(buffer.get(), 0, static_cast<size_t>(count) * sizeof(float));
  return buffer;
}

void RunLayer(benchmark::State& state, const ConvProblem& p, int threads) {
  const Context context(threads);
  const auto input = Zeroed(p.input.elements()), output = Zeroed(p.output.elements());
  const auto packed = Zeroed(conv::PackedFloats(p, context.isa()));
  const auto scratch = Zeroed(conv::ScratchFloats(p, context.isa(), context.threads()));
  for (auto _ : state)
    conv::Run(p, {input.get(), p.input}, packed.get(), {}, {output.get(), p.output}, scratch.get(), context);
  const int64_t taps = int64_t{p.geometry.kernel.h} * p.geometry.kernel.w;
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(p.output.elements() * p.input.c * taps),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void PackLayer(benchmark::State& state, const ConvProblem& p) {
  const Context context;
  const int64_t weights = p.output.c * p.input.c * p.geometry.kernel.h * p.geometry.kernel.w;
  const auto weight = Zeroed(weights), packed = Zeroed(conv::PackedFloats(p, context.isa()));
  for (auto _ : state) conv::Pack(p, context.isa(), weight.get(), nullptr, context, packed.get());
  state.SetBytesProcessed(state.iterations() * weights * static_cast<int64_t>(sizeof(float)));
}

[[maybe_unused]] const bool registered = [] {
  static const Layer layers[] = {{"1x1_256_64x64", Square(64, 64, 256, 256, 1, 1, 0)},
                                 {"1x1_480_80_14x14", Square(14, 14, 480, 80, 1, 1, 0)},
                                 {"1x1_16_96_112x112", Square(112, 112, 16, 96, 1, 1, 0)},
                                 {"1x1_96_24_112x112", Square(112, 112, 96, 24, 1, 1, 0)},
                                 {"3x3s2_3_32_360x480", Square(360, 480, 3, 32, 3, 2, 1)},
                                 {"3x3_3_64_698x698", Square(698, 698, 3, 64, 3, 1, 1)},
                                 {"3x3_64_64_698x698", Square(698, 698, 64, 64, 3, 1, 1)},
                                 {"fc6_22x22", Square(22, 22, 512, 4096, 7, 1, 0)},
                                 {"fc7_16x16", Square(16, 16, 4096, 4096, 1, 1, 0)},
                                 {"fc7_1x1", Square(1, 1, 4096, 4096, 1, 1, 0)}};
  for (const Layer& layer : layers)
    for (const int threads : {1, 2})
      benchmark::RegisterBenchmark((std::string(layer.name) + "/threads:" + std::to_string(threads)).c_str(),
                                   [&layer, threads](benchmark::State& s) { RunLayer(s, layer.problem, threads); })
          ->UseRealTime();
  benchmark::RegisterBenchmark("pack_fc6", [](benchmark::State& s) { PackLayer(s, layers[7].problem); })->UseRealTime();
  return true;
}();

}  // namespace
}  // namespace fcn
