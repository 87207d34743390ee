// The layers that decide: GFLOP/s of two operations per term, to be held against gemm_bench's peak times threads.
// FCN_ISA chooses the instruction set.

#include <benchmark/benchmark.h>

#include <iterator>
#include <string>

#include "kernels/conv/conv.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

struct Layer {
  const char* name;
  ConvProblem problem;
  bool residual = false;
};

ConvProblem Square(int64_t h, int64_t w, int64_t inputs, int64_t outputs, int kernel, int stride, int padding,
                   int dilation = 1) {
  const auto size = [&](int64_t in) { return (in + int64_t{2} * padding - (kernel - 1) * dilation - 1) / stride + 1; };
  return {{{kernel, kernel}, {stride, stride}, {dilation, dilation}, {padding, padding, padding, padding}, 1},
          {1, h, w, inputs},
          {1, size(h), size(w), outputs}};
}

/// Processors slow down for the power that numbers with bits to flip take, so zeros would flatter.
AlignedBuffer<float> Filled(int64_t count) {
  auto buffer = AllocateAligned<float>(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; i++) buffer[static_cast<size_t>(i)] = RandomUniform(1, static_cast<uint64_t>(i));
  return buffer;
}

void RunLayer(benchmark::State& state, const Layer& layer, int threads) {
  const ConvProblem& p = layer.problem;
  const Context context(threads);
  const auto input = Filled(p.input.elements()), output = Filled(p.output.elements());
  const auto residual = Filled(layer.residual ? p.output.elements() : 0);
  const auto packed = Filled(conv::PackedFloats(p, context.isa()));
  const auto scratch = Filled(conv::ScratchFloats(p, context.isa(), context.threads()));
  Epilogue epilogue;
  if (layer.residual) epilogue = {nullptr, {residual.get(), p.output}, Activation::kRelu};
  for (auto _ : state)
    conv::Run(p, {input.get(), p.input}, packed.get(), epilogue, {output.get(), p.output}, scratch.get(), context);
  const int64_t taps = int64_t{p.geometry.kernel.h} * p.geometry.kernel.w;
  state.counters["GFLOP/s"] = benchmark::Counter(2e-9 * static_cast<double>(p.output.elements() * p.input.c * taps),
                                                 benchmark::Counter::kIsIterationInvariantRate);
}

void PackLayer(benchmark::State& state, const ConvProblem& p) {
  const Context context;
  const int64_t weights = p.output.c * p.input.c * p.geometry.kernel.h * p.geometry.kernel.w;
  const auto weight = Filled(weights), packed = Filled(conv::PackedFloats(p, context.isa()));
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
                                 {"stem_7x7s2_500x500", Square(500, 500, 3, 64, 7, 2, 3)},
                                 {"1x1_64_64_125x125", Square(125, 125, 64, 64, 1, 1, 0)},
                                 {"1x1_256_64_125x125", Square(125, 125, 256, 64, 1, 1, 0)},
                                 {"1x1_64_256_125x125_add", Square(125, 125, 64, 256, 1, 1, 0), true},
                                 {"1x1s2_256_512_125x125", Square(125, 125, 256, 512, 1, 2, 0)},
                                 {"3x3s2_128_128_125x125", Square(125, 125, 128, 128, 3, 2, 1)},
                                 {"1x1_512_128_63x63", Square(63, 63, 512, 128, 1, 1, 0)},
                                 {"1x1_128_512_63x63_add", Square(63, 63, 128, 512, 1, 1, 0), true},
                                 {"1x1_1024_256_63x63", Square(63, 63, 1024, 256, 1, 1, 0)},
                                 {"1x1_256_1024_63x63_add", Square(63, 63, 256, 1024, 1, 1, 0), true},
                                 {"1x1_2048_512_63x63", Square(63, 63, 2048, 512, 1, 1, 0)},
                                 {"1x1_512_2048_63x63_add", Square(63, 63, 512, 2048, 1, 1, 0), true},
                                 {"1x1_1024_2048_63x63", Square(63, 63, 1024, 2048, 1, 1, 0)},
                                 {"3x3d4_512_512_63x63", Square(63, 63, 512, 512, 3, 1, 4, 4)},
                                 {"11x11s4_3_64_224x224", Square(224, 224, 3, 64, 11, 4, 2)},
                                 {"fc6_22x22", Square(22, 22, 512, 4096, 7, 1, 0)},
                                 {"fc7_16x16", Square(16, 16, 4096, 4096, 1, 1, 0)},
                                 {"fc7_1x1", Square(1, 1, 4096, 4096, 1, 1, 0)}};
  for (const Layer& layer : layers)
    for (const int threads : {1, 2})
      benchmark::RegisterBenchmark((std::string(layer.name) + "/threads:" + std::to_string(threads)).c_str(),
                                   [&layer, threads](benchmark::State& s) { RunLayer(s, layer, threads); })
          ->UseRealTime();
  benchmark::RegisterBenchmark("pack_fc6", [](benchmark::State& s) {
    PackLayer(s, std::end(layers)[-3].problem);
  })->UseRealTime();
  return true;
}();

}  // namespace
}  // namespace fcn
