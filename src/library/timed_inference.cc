#include <algorithm>
#include <utility>
#include <vector>

#include "fcn/error.h"
#include "graph/cost.h"
#include "library/runtime_access.h"
#include "library/timed_network.h"
#include "segment/dense_graph.h"
#include "segment/predictor/predictor.h"

namespace fcn {
namespace {

class Inference final : public TimedWork {
 public:
  Inference(const TimedSource& source, const std::shared_ptr<const Graph>& graph, std::vector<Nhwc> shapes,
            const Runtime& runtime)
      : runtime_(runtime),
        shapes_(std::move(shapes)),
        predictor_({source.network.name(), graph, source.weights, source.network.inputs()[0].preprocessing},
                   RuntimeAccess::CompileOptionsOf(runtime), RuntimeAccess::ContextOf(runtime),
                   RuntimeAccess::SharedOf(runtime)) {
    const auto start = std::chrono::steady_clock::now();
    request_.emplace(predictor_.Admit(shapes_));
    compile_ms = MillisecondsSince(start);
    const Plan& plan = request_->plan();
    planned_bytes = plan.memory.peak();
    for (const int64_t count : MultiplyAdds(*graph, plan.shapes)) multiply_adds += static_cast<double>(count);
    MakeTensors();
  }

  void Run(Profile* profile) override {
    if (!request_) {
      request_.emplace(predictor_.Admit(shapes_));
      MakeTensors();
    }
    std::vector<ConstAnyView> inputs;
    inputs.reserve(inputs_.size());
    for (const Tensor& input : inputs_) inputs.emplace_back(input.view());
    std::vector<AnyView> outputs;
    outputs.reserve(outputs_.size());
    for (AnyTensor& output : outputs_) outputs.push_back(output.view());
    request_->Run(inputs, outputs, RuntimeAccess::ContextOf(runtime_), profile);
  }

  std::optional<double> NewSizeMilliseconds() override {
    if (request_) request_->ReleaseMemory();
    outputs_.clear(), inputs_.clear(), request_.reset();  // no part of what another size costs, and it may need room
    std::vector<Nhwc> shapes = shapes_;
    std::vector<double> all_ms;
    try {
      for (int i = 0; i < 3; i++) {
        for (Nhwc& shape : shapes) shape.h += 32, shape.w += 32;
        const auto start = std::chrono::steady_clock::now();
        predictor_.Admit(shapes);
        all_ms.push_back(MillisecondsSince(start));
      }
    } catch (const Error&) {
      return std::nullopt;
    }
    std::sort(all_ms.begin(), all_ms.end());
    return all_ms[all_ms.size() / 2];
  }

 private:
  /// Made once: their pages are no part of what is timed.
  void MakeTensors() {
    inputs_ = RandomInputs(shapes_);
    const Plan& plan = request_->plan();
    for (const ValueId id : plan.outputs) outputs_.emplace_back(plan.type(id).element, plan.shapes[id]);
  }

  Runtime runtime_;
  std::vector<Nhwc> shapes_;
  Predictor predictor_;
  std::optional<ProgramCache::Request> request_;
  std::vector<Tensor> inputs_;
  std::vector<AnyTensor> outputs_;
};

}  // namespace

std::unique_ptr<TimedWork> MakeTimedInference(const TimedSource& source, const TimingOptions& options,
                                              const PictureSize& size, const Runtime& runtime) {
  const std::shared_ptr<const Graph> graph =
      options.work == TimingOptions::Work::kLabels
          ? std::make_shared<const Graph>(WithOutputs(*source.graph, DenseOutputs{.labels = true}))
          : source.graph;
  return std::make_unique<Inference>(source, graph, PictureShapes(*graph, options.pictures, size.height, size.width),
                                     runtime);
}

}  // namespace fcn
