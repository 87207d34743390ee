#include "fcn/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/context.h"
#include "fcn/error.h"
#include "graph/classifier.h"
#include "image/palette.h"
#include "models/model.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"
#include "segment/predictor/predictor.h"
#include "segment/two_classes.h"

namespace fcn {
namespace {

std::vector<Colour> PaletteOf(const Model& model) {
  return model.head().palette.empty() ? VocPalette(static_cast<int>(model.head().classes.size()))
                                      : model.head().palette;
}

Model LoadPictureModel(const std::string& path) {
  Model model = LoadModel(path);
  const int64_t channels = model.graph->value(model.graph->inputs()[0]).channels;
  if (channels != 3)
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: its network takes {} channels", path, channels),
                "Pictures have three: red, green and blue. Use a model of a network for pictures.");
  return model;
}

}  // namespace

struct Segmenter::Impl {
  Impl(Model loaded, const SegmenterOptions& options)
      : context(options.threads, options.isa.empty() ? DefaultIsa() : ParseIsa(options.isa)),
        model(std::move(loaded)),
        palette(PaletteOf(model)),
        predictor(NetworkOf(model, options.threshold),
                  {.winograd = options.winograd,
                   .disabled_passes = {},
                   .image_window = options.image_window,
                   .max_memory = options.max_memory},
                  context) {
    CheckThreshold(*model.graph, options.threshold, model.name);
  }

  Context context;
  Model model;
  std::vector<Colour> palette;
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
const std::vector<std::string>& Segmenter::classes() const { return impl().model.head().classes; }
const std::vector<Colour>& Segmenter::palette() const { return impl().palette; }
void Segmenter::Cancel() noexcept {
  if (impl_) impl_->context.Cancel();
}

}  // namespace fcn
