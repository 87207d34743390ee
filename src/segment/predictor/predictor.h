#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "fcn/picture_view.h"
#include "fcn/raster.h"
#include "fcn/segmenter.h"
#include "segment/dense_graph.h"
#include "segment/picture_network.h"
#include "segment/predictor/core_schedule.h"
#include "segment/predictor/program_cache.h"

namespace fcn {

/// Serves everyone who needs a network's scores or labels: from a picture's size to its input, a program for that size,
/// the heads that are wanted, and labels of the picture's own size. It decides on which cores a request runs
/// (core_schedule.h), whether there is memory for it beside the others, which it waits for or is refused
/// (program_cache.h), and ends it where its token is cancelled. Thread-safe.
class Predictor {
 public:
  /// The context must outlive it; cancelling it cancels all requests. Nothing is compiled yet. `shared` is
  /// what it has in common with those of other networks; messages of its log begin with the network's name.
  Predictor(PictureNetwork network, const CompileOptions& options, const Context& context,
            const ProgramCache::Shared& shared = {});

  /// As Segmenter::Segment.
  Segmentation Segment(const Image& image, const SegmentRequest& request = {});
  Segmentation Segment(std::span<const Raster> pictures, const SegmentRequest& request = {});
  Segmentation Segment(std::span<const PictureView> pictures, const SegmentRequest& request = {});
  /// The probabilities that a classifier's own network gives to the middle of a picture, by class.
  std::vector<float> Classify(const Image& image, const CancellationToken* cancellation = nullptr);
  std::vector<float> Classify(const Raster& picture, const CancellationToken* cancellation = nullptr);
  /// What the network itself gives for its inputs: the scores of an output.
  AnyTensor Scores(std::span<const Tensor> inputs, size_t output = 0, const CancellationToken* cancellation = nullptr);
  AnyTensor Scores(const Tensor& input) { return Scores(std::span(&input, 1)); }
  /// A request to run the network itself on inputs of these shapes, as often as one likes.
  ProgramCache::Request Admit(std::span<const Nhwc> inputs, const CancellationToken* cancellation = nullptr);

  const std::vector<InputRole>& inputs() const { return network_.inputs; }
  const std::vector<PictureHead>& heads() const { return network_.heads; }
  /// How many bands an input has.
  int bands(size_t input) const;
  /// How many classes Segment tells apart in a head: two for a binary one.
  int64_t classes(size_t head = 0) const { return classes_[head]; }
  /// Bytes that are planned for what is asked for of a picture of this size, packed weights included. Nothing is
  /// packed, so the network may have no weights yet.
  int64_t PlannedBytes(int64_t width, int64_t height, const SegmentRequest& request = {});

 private:
  /// A variant of the network, made when it is first asked for. They differ in their outputs and share packed weights.
  std::shared_ptr<const Graph> Variant(const std::string& key, FunctionRef<Graph()> make);
  std::shared_ptr<const Graph> Dense(const std::vector<DenseOutputs>& wanted);
  /// What is to be computed of each head. Throws Error(kInput) for heads and classes that are not there.
  std::vector<DenseOutputs> Wanted(const SegmentRequest& request) const;
  template <typename Picture>
  void CheckPictures(std::span<const Picture> pictures) const;
  template <typename Picture>
  std::vector<float> ClassifyMiddle(const Picture& picture, const CancellationToken* cancellation);
  /// Makes the network's input of that place of a picture.
  using MakeInput = FunctionRef<Tensor(size_t input, const Nhwc& size, const Context& context)>;
  Segmentation SegmentInputs(int width, int height, const SegmentRequest& request, MakeInput make_input);
  /// What is wanted, in its order, and the size of input that it belongs to.
  struct Answer {
    std::vector<AnyTensor> outputs;
    Nhwc size;
    double prepare_ms = 0;
  };
  /// Of a picture; `result_bytes` are those of what becomes of it.
  struct Question {
    int width, height;
    const std::vector<DenseOutputs>& wanted;
    int64_t result_bytes;
    const CancellationToken* cancellation;
    MakeInput make_input;
  };
  Answer AnswerWhole(const Question& question, const Context& context);
  int64_t PlannedBytesWhole(const std::vector<DenseOutputs>& wanted, int64_t height, int64_t width);

  // stitched_answer.cc
  struct StitchedGraphs;
  struct StitchedPlan;
  StitchedGraphs StitchedGraphsOf(const std::vector<DenseOutputs>& wanted);
  StitchedPlan PlanStitched(const StitchedGraphs& graphs, int64_t height, int64_t width) const;
  Answer AnswerStitched(const Question& question, const Context& context);
  int64_t PlannedBytesStitched(const std::vector<DenseOutputs>& wanted, int64_t height, int64_t width);

  PictureNetwork network_;
  CompileOptions options_;
  const Context& context_;
  std::vector<int64_t> classes_;  // of each head
  CoreSchedule schedule_;
  ProgramCache programs_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const Graph>> variants_;
};

}  // namespace fcn
