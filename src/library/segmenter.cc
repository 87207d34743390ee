#include "fcn/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/context.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "graph/classifier.h"
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
    const bool is_colour = model.inputs[i].preprocessing.order != Preprocessing::Order::kBands;
    const int bands = model.graph->value(model.graph->inputs()[i]).channels;
    inputs.push_back({.name = model.inputs[i].name, .bands = is_colour ? 0 : bands});
  }
  return inputs;
}

std::vector<HeadInfo> HeadsOf(const ModelContents& model) {
  std::vector<HeadInfo> heads;
  for (const HeadRole& head : model.heads)
    heads.push_back(
        {.name = head.name,
         .classes = head.classes,
         .palette = head.palette.empty() ? VocPalette(static_cast<int>(head.classes.size())) : head.palette});
  return heads;
}

/// Throws where a model without names for its inputs takes no picture in colour, which its file does not say.
ModelContents LoadPictureModel(const std::string& path) {
  ModelContents model = LoadModel(path);
  const int64_t channels = model.graph->value(model.graph->inputs()[0]).channels;
  if (!model.names_roles() && channels != 3)
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: its network takes {} channels", path, channels),
                "Pictures have three: red, green and blue. Use a model of a network for pictures.");
  return model;
}

}  // namespace

struct Segmenter::Impl {
  Impl(ModelContents loaded, const SegmenterOptions& options)
      : context(options.threads, options.isa.empty() ? DefaultIsa() : ParseIsa(options.isa)),
        model(std::move(loaded)),
        inputs(InputsOf(model)),
        heads(HeadsOf(model)),
        predictor(NetworkOf(model, ThresholdsOf(model, options.threshold, options.head_thresholds, model.name)),
                  {.winograd = options.winograd,
                   .disabled_passes = {},
                   .image_window = options.image_window,
                   .max_memory = options.max_memory},
                  context) {}

  Context context;
  ModelContents model;
  std::vector<InputInfo> inputs;
  std::vector<HeadInfo> heads;
  Predictor predictor;
};

Segmenter::Segmenter(const std::string& model_path, const SegmenterOptions& options)
    : impl_(std::make_unique<Impl>(LoadPictureModel(model_path), options)) {}
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

std::vector<ClassProbability> Segmenter::Classify(const Image& image, const CancellationToken* cancellation) {
  Impl& impl = this->impl();
  if (!is_classifier())
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to every pixel, none to a whole picture", name()),
                "Use a classifier's model for that.");
  std::vector<ClassProbability> ranking;
  for (const float probability : impl.predictor.Classify(image, cancellation)) {
    if (!std::isfinite(probability))
      throw Error(ErrorCode::kInput, fmt::format("{} gives scores that are no numbers", name()),
                  "The weights are damaged or were never trained: fcn verify MODEL tells.");
    ranking.push_back({static_cast<int>(ranking.size()), probability});
  }
  if (ranking.size() != classes().size())
    throw Error(
        ErrorCode::kInput,
        fmt::format("{} gives {} scores to a picture, and has {} classes", name(), ranking.size(), classes().size()),
        "The model file contradicts itself: import its weights again.");
  std::stable_sort(ranking.begin(), ranking.end(), [](auto x, auto y) { return x.probability > y.probability; });
  return ranking;
}

bool Segmenter::is_classifier() const { return IsClassifier(*impl().model.graph); }
bool Segmenter::is_trained() const { return IsTrained(impl().model); }
const std::string& Segmenter::name() const { return impl().model.name; }
const std::vector<InputInfo>& Segmenter::inputs() const { return impl().inputs; }
const std::vector<HeadInfo>& Segmenter::heads() const { return impl().heads; }
const std::vector<std::string>& Segmenter::classes() const { return impl().heads.front().classes; }
const std::vector<Colour>& Segmenter::palette() const { return impl().heads.front().palette; }
void Segmenter::Cancel() noexcept {
  if (impl_) impl_->context.Cancel();
}

}  // namespace fcn
