#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "fcn/bench.h"
#include "graph/graph.h"
#include "library/picture_size.h"
#include "runtime/weight_source.h"
#include "tensor/tensor.h"

namespace fcn {

/// What is timed: a model's network with its weights, or one with counter-based weights that are made while they are
/// packed.
struct TimedSource {
  Network network;
  std::shared_ptr<const Graph> graph;
  WeightSource weights;
};

/// What stands behind a TimedNetwork.
class TimedWork {
 public:
  virtual ~TimedWork() = default;
  virtual void Run(Profile* profile) = 0;
  virtual std::optional<double> NewSizeMilliseconds() { return std::nullopt; }

  double compile_ms = 0, multiply_adds = 0;
  int64_t planned_bytes = 0;
};

/// Of scores or labels.
std::unique_ptr<TimedWork> MakeTimedInference(const TimedSource& source, const TimingOptions& options,
                                              const PictureSize& size, const Runtime& runtime);
std::unique_ptr<TimedWork> MakeTimedTraining(const TimedSource& source, const TimingOptions& options,
                                             const PictureSize& size, const Runtime& runtime);

/// One for each input, of these shapes.
std::vector<Tensor> RandomInputs(const std::vector<Nhwc>& shapes);

inline double MillisecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace fcn
