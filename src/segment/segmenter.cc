#include "fcn/segmenter.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <mutex>
#include <tuple>

#include "base/context.h"
#include "fcn/error.h"
#include "image/palette.h"
#include "models/model.h"
#include "runtime/program_cache.h"
#include "runtime/weight_source.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"
#include "segment/heat.h"
#include "segment/preprocess.h"
#include "segment/two_classes.h"

namespace fcn {
namespace {

void CheckImage(const Image& image) {
  const auto bytes = static_cast<size_t>(std::max(image.width, 0)) * static_cast<size_t>(std::max(image.height, 0)) * 3;
  if (bytes == 0 || image.rgb.size() != bytes)
    throw Error(
        ErrorCode::kInput,
        fmt::format("a picture of {}x{} pixels cannot have {} bytes", image.width, image.height, image.rgb.size()),
        "An Image has 3 · width · height bytes.");
}

/// Bytes of a Segmentation, and of the heat map before it is cut to the picture.
int64_t ResultBytes(size_t pixels, const DenseOutputs& wanted, size_t classes) {
  const size_t probabilities = wanted.probabilities ? classes * sizeof(float) : 0;
  const size_t heat = wanted.coarse_probabilities ? 2 * sizeof(float) : 0;
  return static_cast<int64_t>(pixels * (sizeof(uint16_t) + probabilities + heat));
}

std::vector<Colour> PaletteOf(const Model& model) {
  return model.palette.empty() ? VocPalette(static_cast<int>(model.classes.size())) : model.palette;
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
        one_thread(1, context.isa()),
        model(std::move(loaded)),
        palette(PaletteOf(model)),
        classifier(IsClassifier(*model.graph)),
        threshold(options.threshold),
        programs(SourceOf(model.weights),
                 {.winograd = options.winograd,
                  .disabled_passes = {},
                  .image_window = options.image_window,
                  .max_memory = options.max_memory},
                 context, LimitsFor(context)) {
    CheckThreshold(*model.graph, threshold, model.name);
  }

  static ProgramCache::Limits LimitsFor(const Context& context) {
    ProgramCache::Limits limits;
    limits.idle_arenas = std::max(limits.idle_arenas, static_cast<size_t>(context.threads()));
    return limits;
  }

  /// A variant of the network, made when it is first asked for. They differ in their outputs only and share packed
  /// weights.
  std::shared_ptr<const Graph> Get(const std::string& key, FunctionRef<Graph()> make) {
    const std::lock_guard lock(mutex);
    std::shared_ptr<const Graph>& variant = variants[key];
    if (!variant) variant = std::make_shared<const Graph>(make());
    return variant;
  }

  std::shared_ptr<const Graph> Dense(const DenseOutputs& outputs) {
    return Get(fmt::format("dense {} {}", outputs.probabilities, outputs.coarse_probabilities),
               [&] { return DenseGraph(model, outputs, threshold); });
  }

  Context context, one_thread;
  Model model;
  std::vector<Colour> palette;
  bool classifier;
  double threshold;
  ProgramCache programs;
  std::mutex mutex;
  std::map<std::string, std::shared_ptr<const Graph>> variants;
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
  CheckImage(image);
  Impl& impl = this->impl();
  const int64_t classes = static_cast<int64_t>(impl.model.classes.size());
  for (int index : request.heat_classes)
    if (index < 0 || index >= classes)
      throw Error(ErrorCode::kInput, fmt::format("class {} does not exist: {} has {}", index, name(), classes),
                  "Classes are counted from 0; classes() names them.");

  const DenseOutputs wanted{true, request.probabilities, !request.heat_classes.empty()};
  const std::shared_ptr<const Graph> variant = impl.Dense(wanted);
  const Context& context = request.on_this_thread ? impl.one_thread : impl.context;
  const Nhwc size = SmallestInput(*variant, {1, image.height, image.width, 3});
  const auto pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  const auto begin = std::chrono::steady_clock::now();
  ProgramCache::Request run =
      impl.programs.Admit(variant, std::span(&size, 1), ResultBytes(pixels, wanted, impl.model.classes.size()));
  const auto admitted = std::chrono::steady_clock::now();
  const Tensor input = NetworkInput(image, size, impl.model.preprocessing, context);
  const auto prepared = std::chrono::steady_clock::now();
  const ConstAnyView view = input.view();
  const std::vector<AnyTensor> outputs = impl.programs.Run(run, std::span(&view, 1), context);
  CheckFillsPicture(outputs[0].shape(), size, name());

  Segmentation result;
  result.width = image.width, result.height = image.height;
  result.labels.reserve(pixels);
  const int32_t* labels = outputs[0].values<int32_t>().data();
  for (int64_t y = 0; y < image.height; y++)
    result.labels.insert(result.labels.end(), labels + y * size.w, labels + y * size.w + image.width);
  if (request.probabilities) {
    result.probabilities.reserve(pixels * static_cast<size_t>(classes));
    const TensorView<const float> probabilities = outputs[1].view();
    for (int64_t y = 0; y < image.height; y++) {
      const float* row = probabilities.at(0, y, 0);
      result.probabilities.insert(result.probabilities.end(), row, row + image.width * classes);
    }
  }
  if (wanted.coarse_probabilities)
    result.heat = ClassHeat(outputs.back().view(), request.heat_classes, size, image.width, image.height, context);
  const auto milliseconds = [](auto duration) { return std::chrono::duration<double, std::milli>(duration).count(); };
  result.prepare_ms = milliseconds(prepared - admitted);
  result.network_ms = milliseconds(std::chrono::steady_clock::now() - begin) - result.prepare_ms;
  return result;
}

std::vector<ClassProbability> Segmenter::Classify(const Image& image) {
  CheckImage(image);
  Impl& impl = this->impl();
  if (!impl.classifier)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to every pixel, none to a whole picture", name()),
                "Use a classifier's model for that.");
  const std::shared_ptr<const Graph> variant = impl.Get("classifier", [&] { return ClassifierGraph(impl.model); });
  const Image crop = ClassifierCrop(image, impl.model.preprocessing, impl.context);
  const Tensor input = NetworkInput(crop, {1, crop.height, crop.width, 3}, impl.model.preprocessing, impl.context);
  const ConstAnyView view = input.view();
  const AnyTensor probabilities = std::move(impl.programs.Run(variant, std::span(&view, 1)).front());

  std::vector<ClassProbability> ranking;
  for (float probability : probabilities.values<float>()) {
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

bool Segmenter::is_classifier() const { return impl().classifier; }
bool Segmenter::is_trained() const { return IsTrained(impl().model); }
const std::string& Segmenter::name() const { return impl().model.name; }
const std::vector<std::string>& Segmenter::classes() const { return impl().model.classes; }
const std::vector<Colour>& Segmenter::palette() const { return impl().palette; }
void Segmenter::Cancel() noexcept {
  if (!impl_) return;
  impl_->context.Cancel();
  impl_->one_thread.Cancel();
}

}  // namespace fcn
