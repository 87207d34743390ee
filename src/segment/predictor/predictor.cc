#include "segment/predictor/predictor.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <variant>

#include "base/finite.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/channels.h"
#include "image/picture_view.h"
#include "segment/heat.h"
#include "segment/predictor/milliseconds.h"
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

void CheckSamples(const Raster& picture, const std::string& what) {
  const auto samples = std::visit([](const auto& of) { return std::ssize(of); }, picture.samples);
  if (picture.width < 1 || picture.height < 1 || samples != picture.pixels() * picture.bands)
    throw Error(ErrorCode::kInput,
                fmt::format("{} of {}x{} pixels and {} bands cannot have {} samples", what, picture.width,
                            picture.height, picture.bands, samples),
                "A Raster has width · height · bands samples.");
}

void CheckSamples(const PictureView& picture, const std::string& what) { CheckView(picture, what); }

/// Of each head; two where it has one score.
std::vector<int64_t> ClassesOf(const PictureNetwork& network) {
  const ByValue<int64_t> channels = InferChannels(*network.graph);
  std::vector<int64_t> classes;
  for (size_t i = 0; i < network.heads.size(); i++) {
    const int64_t scores = channels[network.graph->outputs()[i]];
    classes.push_back(scores == 1 ? 2 : scores);
  }
  return classes;
}

ProgramCache::Limits LimitsFor(const Context& context) {
  ProgramCache::Limits limits;
  limits.idle_arenas = std::max(limits.idle_arenas, static_cast<size_t>(context.threads()));
  return limits;
}

/// Bytes of a head's answer, and of the heat map before it is cut to the picture.
int64_t ResultBytes(size_t pixels, const DenseOutputs& wanted, int64_t classes) {
  const size_t labels = wanted.labels ? sizeof(uint16_t) : 0;
  const size_t probabilities = wanted.probabilities ? static_cast<size_t>(classes) * sizeof(float) : 0;
  const size_t heat = wanted.coarse_probabilities ? 2 * sizeof(float) : 0;
  return static_cast<int64_t>(pixels * (labels + probabilities + heat));
}

[[noreturn]] void ThrowNoNumbers(const std::string& name, const std::string& head, const std::string& where) {
  throw Error(ErrorCode::kInput,
              fmt::format("{} gives scores that are no numbers{}{}", name,
                          head.empty() ? "" : fmt::format(" in its head {}", Quoted(head)), where),
              "Samples are far from those that it was trained on, as marks for missing values are, or the weights are "
              "damaged: fcn verify MODEL tells.");
}

/// Throws where the network could not tell the labels of a picture of this width and height.
void CheckAreLabels(int width, int height, TensorView<const int32_t> labels, const std::string& name,
                    const std::string& head) {
  for (int64_t y = 0; y < height; y++) {
    const int32_t* row = labels.at(0, y, 0);
    int32_t signs = 0;
    for (int64_t x = 0; x < width; x++) signs |= row[x];
    if (signs >= 0) continue;
    const auto x = std::ranges::find_if(row, row + width, [](int32_t label) { return label < 0; }) - row;
    ThrowNoNumbers(name, head, fmt::format(" at pixel ({}, {})", x, y));
  }
}

/// What `values` has of a picture of this width and height, whose upper left part is the answer's.
template <typename To, typename From>
std::vector<To> CutTo(int width, int height, TensorView<const From> values) {
  std::vector<To> cut;
  cut.reserve(static_cast<size_t>(width) * static_cast<size_t>(height) * static_cast<size_t>(values.shape.c));
  for (int64_t y = 0; y < height; y++) {
    const From* row = values.at(0, y, 0);
    cut.insert(cut.end(), row, row + width * values.shape.c);
  }
  return cut;
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

/// With a network's name before the messages of the log.
ProgramCache::Shared Naming(const std::string& network, ProgramCache::Shared shared) {
  if (shared.log)
    shared.log = [network, log = std::move(shared.log)](const LogEntry& entry) {
      log({.level = entry.level, .message = fmt::format("{}: {}", network, entry.message)});
    };
  return shared;
}

}  // namespace

Predictor::Predictor(PictureNetwork network, const CompileOptions& options, const Context& context,
                     const ProgramCache::Shared& shared)
    : network_(std::move(network)),
      options_(options),
      context_(context),
      classes_(ClassesOf(network_)),
      programs_(network_.weights, options, context, LimitsFor(context), Naming(network_.name, shared)) {}

std::shared_ptr<const Graph> Predictor::Variant(const std::string& key, FunctionRef<Graph()> make) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Graph>& variant = variants_[key];
  if (!variant) variant = std::make_shared<const Graph>(make());
  return variant;
}

std::shared_ptr<const Graph> Predictor::Dense(const std::vector<DenseOutputs>& wanted) {
  std::string key = "dense";
  for (const DenseOutputs& head : wanted)
    key += fmt::format(" {:d}{:d}{:d}", head.labels, head.probabilities, head.coarse_probabilities);
  return Variant(key, [&] { return DenseGraph(network_, wanted); });
}

int Predictor::bands(size_t input) const { return network_.graph->value(network_.graph->inputs()[input]).channels; }

std::vector<DenseOutputs> Predictor::Wanted(const SegmentRequest& request) const {
  const size_t heads = network_.heads.size();
  std::vector<DenseOutputs> wanted(heads, {.labels = request.heads.empty()});
  for (const int head : request.heads) {
    if (head < 0 || static_cast<size_t>(head) >= heads)
      throw Error(ErrorCode::kInput, fmt::format("head {} does not exist: {} has {}", head, network_.name, heads),
                  "Heads are counted from 0; heads() names them.");
    wanted[static_cast<size_t>(head)].labels = true;
  }
  if (request.heat_classes.size() > heads)
    throw Error(ErrorCode::kInput,
                fmt::format("heat maps of {} heads are asked for: {} has {}", request.heat_classes.size(),
                            network_.name, heads),
                "Give a list of classes for each head, which may be empty.");
  for (size_t i = 0; i < heads; i++) {
    wanted[i].probabilities = request.probabilities && wanted[i].labels;
    if (i >= request.heat_classes.size()) continue;
    for (const int index : request.heat_classes[i])
      if (index < 0 || index >= classes_[i])
        throw Error(ErrorCode::kInput,
                    fmt::format("class {} does not exist: {} has {}", index, network_.name, classes_[i]),
                    "Classes are counted from 0; classes() names them.");
    wanted[i].coarse_probabilities = !request.heat_classes[i].empty();
  }
  return wanted;
}

template <typename Picture>
void Predictor::CheckPictures(std::span<const Picture> pictures) const {
  const std::vector<InputRole>& inputs = network_.inputs;
  if (pictures.size() != inputs.size())
    throw Error(
        ErrorCode::kInput,
        fmt::format("{} takes {} pictures for an answer, not {}", network_.name, inputs.size(), pictures.size()),
        "Give one for each input, in the order of inputs().");
  for (size_t i = 0; i < pictures.size(); i++) {
    const Picture& picture = pictures[i];
    const std::string what =
        inputs[i].name.empty() ? "the picture" : fmt::format("the picture for {}", Quoted(inputs[i].name));
    CheckSamples(picture, what);
    if (picture.bands != bands(i))
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {} bands, {} takes {}", what, picture.bands, network_.name, bands(i)),
                  "ReadImageOptions::bands (--bands) chooses some of a file's.");
    if (picture.width != pictures[0].width || picture.height != pictures[0].height)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {}x{} pixels, the first one {}x{}", what, picture.width, picture.height,
                              pictures[0].width, pictures[0].height),
                  "All pictures of one place have the same size.");
  }
}

Segmentation Predictor::Segment(const Image& image, const SegmentRequest& request) {
  CheckImage(image);
  if (network_.inputs.size() != 1 || bands(0) != 3) {
    const Raster picture(image);
    return Segment(std::span(&picture, 1), request);  // says what is missing
  }
  return SegmentInputs(image.width, image.height, request, [&](size_t, const Nhwc& size, const Context& context) {
    return NetworkInput(image, size, network_.inputs[0].preprocessing, context);
  });
}

Segmentation Predictor::Segment(std::span<const Raster> pictures, const SegmentRequest& request) {
  CheckPictures(pictures);
  return SegmentInputs(pictures[0].width, pictures[0].height, request,
                       [&](size_t i, const Nhwc& size, const Context& context) {
                         return NetworkInput(pictures[i], size, network_.inputs[i].preprocessing, context);
                       });
}

Segmentation Predictor::Segment(std::span<const PictureView> pictures, const SegmentRequest& request) {
  CheckPictures(pictures);
  return SegmentInputs(pictures[0].width, pictures[0].height, request,
                       [&](size_t i, const Nhwc& size, const Context& context) {
                         return NetworkInput(CopyOf(pictures[i]), size, network_.inputs[i].preprocessing, context);
                       });
}

Predictor::Answer Predictor::AnswerWhole(const Question& question, const Context& context) {
  const std::shared_ptr<const Graph> graph = Dense(question.wanted);
  const std::vector<Nhwc> sizes = SmallestInputs(*graph, 1, question.height, question.width);
  ProgramCache::Request run = programs_.Admit(graph, sizes, question.result_bytes, question.cancellation);
  const auto admitted = std::chrono::steady_clock::now();
  std::vector<Tensor> inputs;
  for (size_t i = 0; i < sizes.size(); i++) inputs.push_back(question.make_input(i, sizes[i], context));
  const auto prepared = std::chrono::steady_clock::now();
  std::vector<ConstAnyView> views;
  views.reserve(inputs.size());
  for (const Tensor& input : inputs) views.emplace_back(input.view());
  return {run.Run(views, context), sizes[0], MillisecondsBetween(admitted, prepared)};
}

Segmentation Predictor::SegmentInputs(int width, int height, const SegmentRequest& request, MakeInput make_input) {
  const std::vector<DenseOutputs> wanted = Wanted(request);
  const auto pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  std::optional<CoreSchedule::Turn> turn;
  if (request.one_of_many)
    turn.emplace(schedule_, static_cast<int64_t>(pixels), Context(context_, request.cancellation));
  const Cores cores = turn ? turn->cores() : request.on_this_thread ? Cores::kOne : Cores::kAll;
  const Context context(context_, request.cancellation, cores);

  int64_t result_bytes = 0;
  for (size_t i = 0; i < wanted.size(); i++) result_bytes += ResultBytes(pixels, wanted[i], classes_[i]);
  const auto begin = std::chrono::steady_clock::now();
  const Question question{width, height, wanted, result_bytes, request.cancellation, make_input};
  const Answer answer = request.shift_and_stitch ? AnswerStitched(question, context) : AnswerWhole(question, context);

  Segmentation result;
  result.width = width, result.height = height;
  auto output = answer.outputs.begin();
  for (size_t i = 0; i < wanted.size(); i++) {
    HeadSegmentation& head = result.heads.emplace_back();
    const std::string& name = network_.heads[i].name;
    if (wanted[i].labels) {
      CheckFillsPicture(output->shape(), answer.size, network_.name);
      CheckAreLabels(width, height, output->view(), network_.name, name);
      head.labels = CutTo<uint16_t, int32_t>(width, height, (output++)->view());
    }
    if (wanted[i].probabilities) head.probabilities = CutTo<float, float>(width, height, (output++)->view());
    if (wanted[i].coarse_probabilities) {
      if (!IsFinite(output->values<float>())) ThrowNoNumbers(network_.name, name, "");
      head.heat = ClassHeat((output++)->view(), request.heat_classes[i], answer.size, width, height, context);
    }
  }
  result.prepare_ms = answer.prepare_ms;
  result.network_ms = MillisecondsBetween(begin, std::chrono::steady_clock::now()) - result.prepare_ms;
  return result;
}

std::vector<float> Predictor::Classify(const Image& image, const CancellationToken* cancellation) {
  CheckImage(image);
  if (network_.inputs.size() != 1 || bands(0) != 3)
    return Classify(Raster(image), cancellation);  // says what is missing
  return ClassifyMiddle(image, cancellation);
}

std::vector<float> Predictor::Classify(const Raster& picture, const CancellationToken* cancellation) {
  CheckPictures(std::span(&picture, 1));
  return ClassifyMiddle(picture, cancellation);
}

template <typename Picture>
std::vector<float> Predictor::ClassifyMiddle(const Picture& picture, const CancellationToken* cancellation) {
  const Preprocessing& preprocessing = network_.inputs[0].preprocessing;
  if (preprocessing.crop == 0)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} does not say what part of a picture its classifier saw", network_.name),
                "Import its weights again, or segment the picture, which needs no crop.");
  const Context context(context_, cancellation);
  const std::shared_ptr<const Graph> graph = Variant("classifier", [&] { return ClassifierGraph(network_); });
  const Picture crop = ClassifierCrop(picture, preprocessing, context);
  const Tensor input = NetworkInput(crop, {1, crop.height, crop.width, bands(0)}, preprocessing, context);
  const std::vector<AnyTensor> outputs = RunOn(programs_, graph, std::span(&input, 1), context, cancellation);
  const std::span<const float> probabilities = outputs[0].values<float>();
  return {probabilities.begin(), probabilities.end()};
}

AnyTensor Predictor::Scores(std::span<const Tensor> inputs, size_t output, const CancellationToken* cancellation) {
  const Context context(context_, cancellation);
  return std::move(RunOn(programs_, network_.graph, inputs, context, cancellation)[output]);
}

ProgramCache::Request Predictor::Admit(std::span<const Nhwc> inputs, const CancellationToken* cancellation) {
  return programs_.Admit(network_.graph, inputs, 0, cancellation);
}

int64_t Predictor::PlannedBytes(int64_t width, int64_t height, const SegmentRequest& request) {
  const std::vector<DenseOutputs> wanted = Wanted(request);
  return request.shift_and_stitch ? PlannedBytesStitched(wanted, height, width)
                                  : PlannedBytesWhole(wanted, height, width);
}

int64_t Predictor::PlannedBytesWhole(const std::vector<DenseOutputs>& wanted, int64_t height, int64_t width) {
  const std::shared_ptr<const Graph> graph = Dense(wanted);
  return MakePlan(graph, SmallestInputs(*graph, 1, height, width), options_, context_).memory.peak();
}

}  // namespace fcn
