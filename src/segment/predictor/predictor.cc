#include "segment/predictor/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>

#include "fcn/error.h"
#include "graph/channels.h"
#include "segment/heat.h"
#include "segment/preprocess.h"

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

/// Two where the network has one score.
int64_t ClassesOf(const Graph& network) {
  const int64_t channels = InferChannels(network)[network.outputs()[0]];
  return channels == 1 ? 2 : channels;
}

ProgramCache::Limits LimitsFor(const Context& context) {
  ProgramCache::Limits limits;
  limits.idle_arenas = std::max(limits.idle_arenas, static_cast<size_t>(context.threads()));
  return limits;
}

Nhwc InputFor(const Graph& graph, int64_t width, int64_t height) { return SmallestInput(graph, {1, height, width, 3}); }

/// Bytes of a Segmentation, and of the heat map before it is cut to the picture.
int64_t ResultBytes(size_t pixels, const DenseOutputs& wanted, int64_t classes) {
  const size_t probabilities = wanted.probabilities ? static_cast<size_t>(classes) * sizeof(float) : 0;
  const size_t heat = wanted.coarse_probabilities ? 2 * sizeof(float) : 0;
  return static_cast<int64_t>(pixels * (sizeof(uint16_t) + probabilities + heat));
}

/// Runs a request on inputs that it was not admitted with.
std::vector<AnyTensor> RunOn(ProgramCache& programs, const std::shared_ptr<const Graph>& graph,
                             std::span<const Tensor> inputs, const Context& context,
                             const CancellationToken* cancellation = nullptr) {
  std::vector<ConstAnyView> views;
  std::vector<Nhwc> shapes;
  int64_t held = 0;
  for (const Tensor& input : inputs) {
    views.emplace_back(input.view());
    shapes.push_back(views.back().shape);
    held += shapes.back().elements() * int64_t{sizeof(float)};
  }
  return programs.Admit(graph, shapes, -held, cancellation).Run(views, context);
}

double MillisecondsBetween(std::chrono::steady_clock::time_point begin, std::chrono::steady_clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - begin).count();
}

}  // namespace

Predictor::Predictor(PictureNetwork network, const CompileOptions& options, const Context& context)
    : network_(std::move(network)),
      options_(options),
      context_(context),
      classes_(ClassesOf(*network_.graph)),
      programs_(network_.weights, options, context, LimitsFor(context)) {}

std::shared_ptr<const Graph> Predictor::Variant(const std::string& key, FunctionRef<Graph()> make) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Graph>& variant = variants_[key];
  if (!variant) variant = std::make_shared<const Graph>(make());
  return variant;
}

std::shared_ptr<const Graph> Predictor::Dense(const DenseOutputs& outputs) {
  return Variant(fmt::format("dense {} {}", outputs.probabilities, outputs.coarse_probabilities),
                 [&] { return DenseGraph(network_, outputs); });
}

void Predictor::CheckHeatClasses(const std::vector<int>& heat_classes) const {
  for (const int index : heat_classes)
    if (index < 0 || index >= classes_)
      throw Error(ErrorCode::kInput, fmt::format("class {} does not exist: {} has {}", index, network_.name, classes_),
                  "Classes are counted from 0; classes() names them.");
}

Segmentation Predictor::Segment(const Image& image, const SegmentRequest& request) {
  CheckImage(image);
  CheckHeatClasses(request.heat_classes);
  const auto pixels = static_cast<size_t>(image.width) * static_cast<size_t>(image.height);
  std::optional<CoreSchedule::Turn> turn;
  if (request.one_of_many)
    turn.emplace(schedule_, static_cast<int64_t>(pixels), Context(context_, request.cancellation));
  const Cores cores = turn ? turn->cores() : request.on_this_thread ? Cores::kOne : Cores::kAll;
  const Context context(context_, request.cancellation, cores);

  const DenseOutputs wanted{true, request.probabilities, !request.heat_classes.empty()};
  const std::shared_ptr<const Graph> graph = Dense(wanted);
  const Nhwc size = InputFor(*graph, image.width, image.height);
  const auto begin = std::chrono::steady_clock::now();
  ProgramCache::Request run =
      programs_.Admit(graph, std::span(&size, 1), ResultBytes(pixels, wanted, classes_), request.cancellation);
  const auto admitted = std::chrono::steady_clock::now();
  const Tensor input = NetworkInput(image, size, network_.preprocessing, context);
  const auto prepared = std::chrono::steady_clock::now();
  const ConstAnyView view = input.view();
  const std::vector<AnyTensor> outputs = run.Run(std::span(&view, 1), context);
  CheckFillsPicture(outputs[0].shape(), size, network_.name);

  Segmentation result;
  result.width = image.width, result.height = image.height;
  result.labels.reserve(pixels);
  const int32_t* labels = outputs[0].values<int32_t>().data();
  for (int64_t y = 0; y < image.height; y++)
    result.labels.insert(result.labels.end(), labels + y * size.w, labels + y * size.w + image.width);
  if (wanted.probabilities) {
    result.probabilities.reserve(pixels * static_cast<size_t>(classes_));
    const TensorView<const float> probabilities = outputs[1].view();
    for (int64_t y = 0; y < image.height; y++) {
      const float* row = probabilities.at(0, y, 0);
      result.probabilities.insert(result.probabilities.end(), row, row + image.width * classes_);
    }
  }
  if (wanted.coarse_probabilities)
    result.heat = ClassHeat(outputs.back().view(), request.heat_classes, size, image.width, image.height, context);
  result.prepare_ms = MillisecondsBetween(admitted, prepared);
  result.network_ms = MillisecondsBetween(begin, std::chrono::steady_clock::now()) - result.prepare_ms;
  return result;
}

std::vector<float> Predictor::Classify(const Image& image, const CancellationToken* cancellation) {
  CheckImage(image);
  const Context context(context_, cancellation);
  const std::shared_ptr<const Graph> graph = Variant("classifier", [&] { return ClassifierGraph(network_); });
  const Image crop = ClassifierCrop(image, network_.preprocessing, context);
  const Tensor input = NetworkInput(crop, {1, crop.height, crop.width, 3}, network_.preprocessing, context);
  const std::vector<AnyTensor> outputs = RunOn(programs_, graph, std::span(&input, 1), context, cancellation);
  const std::span<const float> probabilities = outputs[0].values<float>();
  return {probabilities.begin(), probabilities.end()};
}

AnyTensor Predictor::Scores(std::span<const Tensor> inputs, size_t output) {
  return std::move(RunOn(programs_, network_.graph, inputs, context_)[output]);
}

ProgramCache::Request Predictor::Admit(const Nhwc& input) {
  return programs_.Admit(network_.graph, std::span(&input, 1));
}

int64_t Predictor::PlannedBytes(int64_t width, int64_t height) {
  const std::shared_ptr<const Graph> graph = Dense({.labels = true});
  const Nhwc input = InputFor(*graph, width, height);
  return MakePlan(graph, std::span(&input, 1), options_, context_).memory.peak();
}

}  // namespace fcn
