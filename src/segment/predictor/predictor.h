#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "fcn/segmenter.h"
#include "segment/dense_graph.h"
#include "segment/picture_network.h"
#include "segment/predictor/core_schedule.h"
#include "segment/predictor/program_cache.h"

namespace fcn {

/// What all ask that need a network's scores or labels: from a picture's size to its input, a program for that size,
/// the heads that are wanted, and labels of the picture's own size. It decides on which cores a request runs
/// (core_schedule.h), whether there is memory for it beside the others, which it waits for or is refused
/// (program_cache.h), and ends it where its token is cancelled. Thread-safe.
class Predictor {
 public:
  /// The context must outlive it; cancelling it cancels all requests. Nothing is compiled yet.
  Predictor(PictureNetwork network, const CompileOptions& options, const Context& context);

  /// As Segmenter::Segment.
  Segmentation Segment(const Image& image, const SegmentRequest& request = {});
  /// The probabilities that a classifier's own network gives to the middle of a picture, by class.
  std::vector<float> Classify(const Image& image, const CancellationToken* cancellation = nullptr);
  /// What the network itself gives for its inputs: the scores of an output.
  AnyTensor Scores(std::span<const Tensor> inputs, size_t output = 0);
  AnyTensor Scores(const Tensor& input) { return Scores(std::span(&input, 1)); }
  /// A request to run the network itself on inputs of this shape, as often as one likes.
  ProgramCache::Request Admit(const Nhwc& input);

  /// How many classes Segment tells apart: two for a binary network.
  int64_t classes() const { return classes_; }
  /// Bytes that are planned for the labels of a picture of this size, packed weights included. Nothing is packed, so
  /// the network may have no weights yet.
  int64_t PlannedBytes(int64_t width, int64_t height);

 private:
  /// A variant of the network, made when it is first asked for. They differ in their outputs and share packed weights.
  std::shared_ptr<const Graph> Variant(const std::string& key, FunctionRef<Graph()> make);
  std::shared_ptr<const Graph> Dense(const DenseOutputs& outputs);
  void CheckHeatClasses(const std::vector<int>& heat_classes) const;

  PictureNetwork network_;
  CompileOptions options_;
  const Context& context_;
  int64_t classes_;
  CoreSchedule schedule_;
  ProgramCache programs_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Graph>> variants_;
};

}  // namespace fcn
