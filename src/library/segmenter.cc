#include "fcn/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/context.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "fcn/model.h"
#include "fcn/side_by_side.h"
#include "graph/classifier.h"
#include "library/model_access.h"
#include "library/runtime_access.h"
#include "models/binary.h"
#include "models/model.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"
#include "segment/predictor/predictor.h"
#include "segment/threshold.h"

namespace fcn {
namespace {

std::vector<InputInfo> InputsOf(const ModelContents& model) {
  std::vector<InputInfo> inputs;
  for (size_t i = 0; i < model.inputs.size(); i++) {
    const bool is_colour = model.inputs[i].preprocessing.is_colour();
    const int bands = model.graph->value(model.graph->inputs()[i]).channels;
    inputs.push_back({.name = model.inputs[i].name, .bands = is_colour ? 0 : bands});
  }
  return inputs;
}

std::vector<HeadInfo> HeadsOf(const ModelContents& model) {
  std::vector<HeadInfo> heads;
  heads.reserve(model.heads.size());
  for (const HeadRole& head : model.heads)
    heads.push_back(
        {.name = head.name,
         .classes = head.classes,
         .palette = head.palette.empty() ? VocPalette(static_cast<int>(head.classes.size())) : head.palette});
  return heads;
}

/// Throws where a model without names for its inputs takes no picture in colour, which its file does not say. `where`
/// is what messages call it.
void CheckTakesPictures(const ModelContents& model, const std::string& where) {
  const int64_t channels = model.graph->value(model.graph->inputs()[0]).channels;
  if (!model.names_roles() && channels != 3)
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: its network takes {} channels", where, channels),
                "Pictures have three: red, green and blue. Use a model of a network for pictures.");
}

Runtime RuntimeFor(const SegmenterOptions& options) {
  return Runtime({.threads = options.threads,
                  .isa = options.isa,
                  .winograd = options.winograd,
                  .image_window = options.image_window,
                  .max_memory = options.max_memory});
}

/// Answers in order, of `inputs` pictures each.
template <typename Picture>
std::vector<Segmentation> SegmentInOrder(Predictor& predictor, std::span<const Picture> pictures, size_t inputs,
                                         SegmentRequest request, const Runtime& runtime) {
  if (pictures.size() % inputs != 0)
    throw Error(ErrorCode::kInput,
                fmt::format("{} pictures are given to a model that takes {} at once", pictures.size(), inputs),
                "Let the pictures of each place follow each other, in the order of inputs().");
  const size_t count = pictures.size() / inputs;
  // Of a few, each is done sooner on all threads than beside the others.
  const int lanes = count < 2 * static_cast<size_t>(runtime.threads()) ? 1 : runtime.threads();
  request.one_of_many = lanes > 1, request.on_this_thread = false;
  std::vector<Segmentation> results(count);
  InOrder(
      count, lanes, [&](size_t i) { results[i] = predictor.Segment(pictures.subspan(i * inputs, inputs), request); },
      [](size_t) {});
  return results;
}

void CheckIsClassifier(const Segmenter& segmenter) {
  if (segmenter.is_classifier()) return;
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{} gives a class to every pixel, none to a whole picture", segmenter.name()),
              "Use a classifier's model for that.");
}

/// The best first.
std::vector<ClassProbability> RankingOf(const Segmenter& segmenter, const std::vector<float>& probabilities) {
  std::vector<ClassProbability> ranking;
  for (const float probability : probabilities) {
    if (!std::isfinite(probability))
      throw Error(ErrorCode::kInput, fmt::format("{} gives scores that are no numbers", segmenter.name()),
                  "The weights are damaged or were never trained: fcn verify MODEL tells.");
    ranking.push_back({static_cast<int>(ranking.size()), probability});
  }
  if (ranking.size() != segmenter.classes().size())
    throw Error(ErrorCode::kInput,
                fmt::format("{} gives {} scores to a picture, and has {} classes", segmenter.name(), ranking.size(),
                            segmenter.classes().size()),
                "The model file contradicts itself: import its weights again.");
  std::stable_sort(ranking.begin(), ranking.end(), [](auto x, auto y) { return x.probability > y.probability; });
  return ranking;
}

}  // namespace

struct Segmenter::Impl {
  Impl(std::shared_ptr<const ModelContents> its_model, const Runtime& its_runtime, std::span<const double> thresholds)
      : runtime(its_runtime),
        context(RuntimeAccess::ContextOf(runtime), nullptr),
        model(std::move(its_model)),
        inputs(InputsOf(*model)),
        heads(HeadsOf(*model)),
        predictor(NetworkOf(*model, thresholds), RuntimeAccess::CompileOptionsOf(runtime), context,
                  RuntimeAccess::SharedOf(runtime)) {}

  Runtime runtime;
  Context context;  // the runtime's, with an end of its own
  std::shared_ptr<const ModelContents> model;
  std::vector<InputInfo> inputs;
  std::vector<HeadInfo> heads;
  Predictor predictor;
};

Segmenter::Segmenter(const std::string& model_path, const SegmenterOptions& options) {
  auto model = std::make_shared<const ModelContents>(LoadModel(model_path));
  CheckTakesPictures(*model, model_path);
  const Runtime runtime = RuntimeFor(options);
  const std::vector<double> thresholds = ThresholdsOf(*model, options.threshold, options.head_thresholds, model->name);
  impl_ = std::make_unique<Impl>(std::move(model), runtime, thresholds);
}

Segmenter::Segmenter(const Model& model, const Runtime& runtime, double threshold,
                     const std::map<std::string, double>& head_thresholds) {
  const std::shared_ptr<const ModelContents>& contents = ModelAccess::ContentsOf(model);
  CheckTakesPictures(*contents, contents->name);
  impl_ =
      std::make_unique<Impl>(contents, runtime, ThresholdsOf(*contents, threshold, head_thresholds, contents->name));
}

Segmenter::~Segmenter() = default;
Segmenter::Segmenter(Segmenter&&) noexcept = default;
Segmenter& Segmenter::operator=(Segmenter&&) noexcept = default;

Segmenter::Impl& Segmenter::impl() const {
  if (!impl_)
    throw Error(ErrorCode::kUsage, "this Segmenter was moved from and has no model",
                "Use the one that it was moved to, or assign another to it.");
  return *impl_;
}

Segmentation Segmenter::Segment(const Image& image, const SegmentRequest& request) {
  return impl().predictor.Segment(image, request);
}
Segmentation Segmenter::Segment(std::span<const Raster> pictures, const SegmentRequest& request) {
  return impl().predictor.Segment(pictures, request);
}

Segmentation Segmenter::Segment(const PictureView& picture, const SegmentRequest& request) {
  return Segment(std::span(&picture, 1), request);
}
Segmentation Segmenter::Segment(std::span<const PictureView> pictures, const SegmentRequest& request) {
  return impl().predictor.Segment(pictures, request);
}

std::vector<Segmentation> Segmenter::SegmentAll(std::span<const Raster> pictures, const SegmentRequest& request) {
  return SegmentInOrder(impl().predictor, pictures, inputs().size(), request, impl().runtime);
}
std::vector<Segmentation> Segmenter::SegmentAll(std::span<const PictureView> pictures, const SegmentRequest& request) {
  return SegmentInOrder(impl().predictor, pictures, inputs().size(), request, impl().runtime);
}

std::vector<ClassProbability> Segmenter::Classify(const Image& image, const CancellationToken* cancellation) {
  CheckIsClassifier(*this);
  return RankingOf(*this, impl().predictor.Classify(image, cancellation));
}
std::vector<ClassProbability> Segmenter::Classify(const Raster& picture, const CancellationToken* cancellation) {
  CheckIsClassifier(*this);
  return RankingOf(*this, impl().predictor.Classify(picture, cancellation));
}

bool Segmenter::is_classifier() const { return IsClassifier(*impl().model->graph); }
bool Segmenter::is_trained() const { return IsTrained(*impl().model); }
const std::string& Segmenter::name() const { return impl().model->name; }
const std::vector<InputInfo>& Segmenter::inputs() const { return impl().inputs; }
const std::vector<HeadInfo>& Segmenter::heads() const { return impl().heads; }

std::vector<double> Segmenter::thresholds() const {
  std::vector<double> all;
  for (size_t i = 0; i < heads().size(); i++)
    all.push_back(IsBinary(*impl().model->graph, i) ? impl().predictor.heads()[i].threshold
                                                    : std::numeric_limits<double>::quiet_NaN());
  return all;
}

const std::vector<std::string>& Segmenter::classes() const { return impl().heads.front().classes; }
const std::vector<Colour>& Segmenter::palette() const { return impl().heads.front().palette; }
void Segmenter::Cancel() noexcept {
  if (impl_) impl_->context.Cancel();
}

}  // namespace fcn
