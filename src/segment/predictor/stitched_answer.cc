#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

#include "graph/channels.h"
#include "runtime/what_fits.h"
#include "segment/predictor/milliseconds.h"
#include "segment/predictor/predictor.h"
#include "segment/stitching.h"

namespace fcn {

/// What runs on every copy, and what makes an answer of the stitched scores.
struct Predictor::StitchedGraphs {
  std::shared_ptr<const Graph> coarse, ends;
};

struct Predictor::StitchedPlan {
  Stitching stitching;
  std::vector<Nhwc> pictures, scores;
  /// Beside the program of the copies: the pictures that are shifted, and all that the other program takes, whose
  /// inputs, the scores, are collected meanwhile. So one admission is enough for both.
  int64_t held = 0;
};

Predictor::StitchedGraphs Predictor::StitchedGraphsOf(const std::vector<DenseOutputs>& wanted) {
  std::vector<DenseOutputs> of_heads;
  std::vector<PictureHead> heads;
  std::vector<size_t> places;
  std::string key = "stitched";
  for (size_t i = 0; i < wanted.size(); i++) {
    if (wanted[i] == DenseOutputs{.labels = false}) continue;
    of_heads.push_back(wanted[i]), heads.push_back(network_.heads[i]), places.push_back(i);
    key +=
        fmt::format(" {}:{:d}{:d}{:d}", i, wanted[i].labels, wanted[i].probabilities, wanted[i].coarse_probabilities);
  }
  StitchedGraphs graphs;
  graphs.coarse = Variant("coarse of " + key, [&] {
    Graph network = PictureGraph(network_);
    const std::vector<ValueId> outputs = network.outputs();
    network.ClearOutputs();
    for (const size_t place : places) network.AddOutput(outputs[place]);
    return CoarseNetwork(std::move(network));
  });
  graphs.ends = Variant(key, [&] {
    const ByValue<int64_t> channels = InferChannels(*graphs.coarse);
    Graph graph;
    for (size_t i = 0; i < heads.size(); i++) {
      const auto classes = static_cast<int>(channels[graphs.coarse->outputs()[i]]);
      const ValueId input = graph.AddInput(fmt::format("scores{}", i), classes);
      graph.AddOutput(graph.AddNode(fmt::format("stitched{}", i), Dropout{}, {input}));
    }
    return WithOutputs(std::move(graph), of_heads, heads);
  });
  return graphs;
}

Predictor::StitchedPlan Predictor::PlanStitched(const StitchedGraphs& graphs, int64_t height, int64_t width) const {
  StitchedPlan plan{.stitching = Stitching(*graphs.coarse, height, width, network_.name),
                    .pictures = PictureShapes(*graphs.coarse, 1, height, width),
                    .scores = PictureShapes(*graphs.ends, 1, height, width)};
  plan.held = MakePlan(graphs.ends, plan.scores, options_, context_).memory.peak();
  for (const Nhwc& picture : plan.pictures) plan.held += picture.elements() * int64_t{sizeof(float)};
  return plan;
}

Predictor::Answer Predictor::AnswerStitched(const Question& question, const Context& context) {
  const StitchedGraphs graphs = StitchedGraphsOf(question.wanted);
  const StitchedPlan plan = PlanStitched(graphs, question.height, question.width);
  const Stitching& stitching = plan.stitching;
  if (stitching.stride() == 1) return AnswerWhole(question, context);
  const auto what_fits = [&](int64_t bytes) {
    const MemoryForecast memory = MakePlan(graphs.coarse, stitching.inputs(), options_, context_).memory;
    const auto bytes_of = [&](int64_t height, int64_t width) {
      return PlannedBytesStitched(question.wanted, height, width);
    };
    return WhatFits({plan.pictures[0], memory.peak() + plan.held, memory.packed_weights, bytes_of}, bytes);
  };
  ProgramCache::Request run = programs_.Admit(graphs.coarse, stitching.inputs(), question.result_bytes,
                                              question.cancellation, {plan.held, what_fits});
  const auto admitted = std::chrono::steady_clock::now();
  Answer answer;
  std::vector<Tensor> scores;
  {
    std::vector<Tensor> pictures, copies;
    for (size_t i = 0; i < plan.pictures.size(); i++) {
      pictures.push_back(question.make_input(i, plan.pictures[i], context));
      copies.emplace_back(stitching.inputs()[i]);
    }
    std::vector<ConstAnyView> views;
    views.reserve(copies.size());
    for (const Tensor& copy : copies) views.emplace_back(copy.view());
    for (const Nhwc& shape : plan.scores) scores.emplace_back(shape);
    answer.prepare_ms = MillisecondsBetween(admitted, std::chrono::steady_clock::now());
    for (int64_t shift = 0; shift < stitching.shifts(); shift++) {
      for (size_t i = 0; i < copies.size(); i++)
        stitching.Shift(shift, std::as_const(pictures[i]).view(), copies[i].view());
      const std::vector<AnyTensor> outputs = run.Run(views, context);
      for (size_t i = 0; i < scores.size(); i++) stitching.Stitch(shift, outputs[i].view(), scores[i].view());
    }
  }

  // Without layers, so that it is compiled in no time; its memory is that of the request.
  PackedStore no_layers;
  const auto ends = Program::Compile(graphs.ends, plan.scores, network_.weights, no_layers, options_, context_,
                                     [](const Program&) {});
  std::vector<ConstAnyView> views;
  views.reserve(scores.size());
  for (const Tensor& of_head : scores) views.emplace_back(of_head.view());
  std::vector<AnyView> outputs;
  for (const ValueId id : ends->plan().outputs) {
    answer.outputs.emplace_back(ends->plan().type(id).element, ends->plan().shapes[id]);
    outputs.push_back(answer.outputs.back().view());
  }
  Arena arena;
  ends->Run(views, outputs, arena, context);
  answer.size = plan.pictures[0];
  return answer;
}

int64_t Predictor::PlannedBytesStitched(const std::vector<DenseOutputs>& wanted, int64_t height, int64_t width) {
  const StitchedGraphs graphs = StitchedGraphsOf(wanted);
  const StitchedPlan plan = PlanStitched(graphs, height, width);
  if (plan.stitching.stride() == 1) return PlannedBytesWhole(wanted, height, width);
  MemoryForecast memory = MakePlan(graphs.coarse, plan.stitching.inputs(), options_, context_).memory;
  memory.inputs += plan.held;
  return memory.peak();
}

}  // namespace fcn
