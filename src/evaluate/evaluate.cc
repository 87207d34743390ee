#include "evaluate/evaluate.h"

#include <fmt/format.h>

#include <memory>
#include <new>
#include <set>
#include <utility>

#include "evaluate/pieces.h"
#include "fcn/error.h"
#include "graph/shapes.h"
#include "runtime/program_cache.h"
#include "segment/dense_graph.h"
#include "segment/preprocess.h"

namespace fcn {
namespace {

/// The network with labels in place of its scores.
std::shared_ptr<const Graph> LabelGraph(const Graph& network) {
  if (network.inputs().size() != 1 || network.outputs().size() != 1)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("a network with {} inputs and {} outputs cannot be evaluated", network.inputs().size(),
                            network.outputs().size()),
                "Take a network that segments: one picture in, one map of scores out.");
  Graph graph = network;
  const ValueId scores = graph.outputs()[0];
  graph.ClearOutputs();
  graph.AddOutput(graph.AddNode("labels", Argmax{}, {scores}));
  return std::make_shared<const Graph>(std::move(graph));
}

void CheckClasses(const Graph& network, const Nhwc& input, int64_t classes) {
  const Nhwc scores = InferShapes(network, std::span(&input, 1))[static_cast<size_t>(network.outputs()[0])];
  if (scores.c == classes) return;
  throw Error(ErrorCode::kUsage, fmt::format("the network tells {} classes apart, the data set {}", scores.c, classes),
              "Choose the data set's classes with --classes.");
}

Image Cut(const Image& image, const Piece& piece) {
  Image part{static_cast<int>(piece.width), static_cast<int>(piece.height), {}};
  part.rgb.reserve(static_cast<size_t>(piece.width * piece.height * 3));
  for (int64_t y = piece.y; y < piece.y + piece.height; y++) {
    const uint8_t* row = image.rgb.data() + (y * image.width + piece.x) * 3;
    part.rgb.insert(part.rgb.end(), row, row + piece.width * 3);
  }
  return part;
}

/// What evaluates one picture after another.
class Evaluator {
 public:
  Evaluator(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing, int64_t classes,
            const EvaluateOptions& options, const Context& context)
      : network_(network),
        graph_(LabelGraph(network)),
        preprocessing_(preprocessing),
        classes_(classes),
        max_pixels_(options.max_pixels),
        on_piece_(options.on_piece),
        context_(context),
        programs_(weights, options.compile, context) {}

  ConfusionMatrix Evaluate(const Sample& sample) {
    const int64_t width = sample.image.width, height = sample.image.height;
    std::vector<uint16_t> prediction(static_cast<size_t>(width * height));
    const Pieces pieces(width, height, max_pixels_);
    const bool is_whole = pieces.count() == 1;
    for (int64_t i = 0; i < pieces.count(); i++) {
      const Piece piece = pieces[i];
      context_.ThrowIfCancelled();
      if (on_piece_) on_piece_();
      const Nhwc size = SmallestInput(*graph_, {1, piece.height, piece.width, 3});
      CheckClasses(network_, size, classes_);
      const Image part = is_whole ? Image{} : Cut(sample.image, piece);
      const Tensor input = NetworkInput(is_whole ? sample.image : part, size, preprocessing_, context_);
      const ConstAnyView view = input.view();
      const std::vector<AnyTensor> outputs = programs_.Run(graph_, std::span(&view, 1));
      CheckFillsPicture(outputs[0].shape(), size, "the network");
      const int32_t* labels = outputs[0].values<int32_t>().data();
      for (int64_t y = 0; y < piece.height; y++)
        for (int64_t x = 0; x < piece.width; x++)
          prediction[static_cast<size_t>((piece.y + y) * width + piece.x + x)] =
              static_cast<uint16_t>(labels[y * size.w + x]);
    }
    ConfusionMatrix matrix(static_cast<int>(classes_));
    matrix.Add(sample.labels.labels, prediction, kIgnoredLabel);
    return matrix;
  }

 private:
  const Graph& network_;
  std::shared_ptr<const Graph> graph_;
  const Preprocessing& preprocessing_;
  int64_t classes_, max_pixels_;
  std::function<void()> on_piece_;
  const Context& context_;
  ProgramCache programs_;
};

}  // namespace

void EvaluatePictures(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                      const Dataset& dataset, const EvaluateOptions& options, const Context& context,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture) {
  const auto classes = static_cast<int64_t>(dataset.classes().size());
  Evaluator evaluator(network, weights, preprocessing, classes, options, context);
  for (size_t i = 0; i < dataset.size(); i++) {
    context.ThrowIfCancelled();
    std::string what = fmt::format("the picture {}", dataset.name(i));
    ConfusionMatrix matrix(static_cast<int>(classes));
    try {
      const Sample sample = dataset.Get(i);
      what += fmt::format(" of {}x{} pixels", sample.image.width, sample.image.height);
      matrix = evaluator.Evaluate(sample);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kMemory) throw;
      throw Error(ErrorCode::kMemory, fmt::format("{}: {}", what, error.message()), error.hint());
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::kMemory, fmt::format("{}: there is not enough memory", what),
                  "Evaluate large pictures in pieces, or on a machine with more memory.");
    }
    picture(i, matrix);
  }
}

ConfusionMatrix EvaluateModel(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                              const Dataset& dataset, const EvaluateOptions& options, const Context& context,
                              FunctionRef<void(size_t done)> progress) {
  ConfusionMatrix whole(static_cast<int>(dataset.classes().size()));
  EvaluatePictures(network, weights, preprocessing, dataset, options, context,
                   [&](size_t i, const ConfusionMatrix& matrix) {
                     whole.Merge(matrix);
                     progress(i + 1);
                   });
  return whole;
}

int64_t EvaluationBytes(const Graph& network, int64_t width, int64_t height, const EvaluateOptions& options,
                        const Context& context) {
  const std::shared_ptr<const Graph> graph = LabelGraph(network);
  const Pieces pieces(width, height, options.max_pixels);
  int64_t peak = 0;
  for (const int64_t h : std::set{pieces.shortest_height(), pieces.longest_height()})
    for (const int64_t w : std::set{pieces.shortest_width(), pieces.longest_width()}) {
      const Nhwc input = SmallestInput(*graph, {1, h, w, 3});
      peak = std::max(peak, MakePlan(graph, std::span(&input, 1), options.compile, context).memory.peak());
    }
  return peak + DecodedBytes(width * height);
}

}  // namespace fcn
