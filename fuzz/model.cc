#include "models/model.h"

#include "cli/program.h"
#include "fcn/segmenter.h"
#include "graph_inputs.h"
#include "memory_file.h"
#include "model_mutator.h"
#include "models/binary.h"
#include "segment/dense_graph.h"
#include "segment/golden.h"

namespace fcn::fuzz {
namespace {

constexpr int kWidth = 20, kHeight = 17;

/// What `fcn VERB FILE …` does, its output included.
void RunVerb(std::vector<std::string> words) {
  Accepts([&] {
    cli::CommonOptions common;
    cli::Run run;
    const auto program = cli::MakeProgram(common, run);
    std::reverse(words.begin(), words.end());
    program->parse(words);
    run();
  });
}

Image Picture() {
  Image image{kWidth, kHeight, {}};
  for (size_t i = 0; i < size_t{kWidth} * kHeight * 3; i++) image.rgb.push_back(static_cast<uint8_t>(i * i >> 3));
  return image;
}

void Segment(const std::string& path) {
  Accepts([&] {
    SegmenterOptions options;
    options.threads = 1;
    options.max_memory = kMostBytes;
    Segmenter segmenter(path, options);
    const Segmentation seen = segmenter.Segment(Picture(), {.probabilities = true, .heat_classes = {{0}}});
    Require(seen.labels().size() == size_t{kWidth} * kHeight, "every pixel has a label");
    for (const uint16_t label : seen.labels()) Require(label < segmenter.classes().size(), "labels are classes");
    Require(segmenter.palette().size() == segmenter.classes().size(), "every class has a colour");
    for (const float heat : seen.heat()) Require(!(heat < 0) && !(heat > 1), "heat is between 0 and 1");
    if (!segmenter.is_classifier()) return;
    for (const ClassProbability& found : segmenter.Classify(Picture()))
      Require(found.index >= 0 && static_cast<size_t>(found.index) < segmenter.classes().size(), "it is a class");
  });
}

bool IsSmallDense(const ModelContents& model) {
  const auto images = [](const Graph& graph) { return InputShapes(graph, 1, kHeight, kWidth); };
  const DenseOutputs all{.labels = true, .probabilities = true, .coarse_probabilities = true};
  const Graph dense = DenseGraph(NetworkOf(model), std::vector<DenseOutputs>(model.heads.size(), all));
  if (!IsSmall(dense, images(dense))) return false;
  const int64_t crop = model.input().preprocessing.crop;
  return crop == 0 || IsSmall(*model.graph, InputShapes(*model.graph, 1, crop, crop));
}

}  // namespace
}  // namespace fcn::fuzz

/// Any bytes as a model file. What is loaded is described (info, with and without --train), segments a tiny picture
/// where it is small, and its golden vectors are computed.
FUZZ_TARGET(model) {
  using namespace fcn;
  const fuzz::MemoryFile file(data, size);
  fuzz::Accepts([&] {
    const ModelContents model = LoadModel(file.path());
    CheckWeights(*model.graph, model.weights, "fuzz");
    IsTrained(model);
    fuzz::RunVerb({"info", file.path(), "--size", "20x17", "--train"});
    fuzz::RunVerb({"info", file.path(), "--size", "20x17"});
    fuzz::RunVerb({"info", file.path(), "--json"});
    fuzz::RunVerb({"info", file.path(), "--graph"});
    fuzz::Accepts([&] {
      if (fuzz::IsSmallDense(model)) fuzz::Segment(file.path());
    });
    for (const GoldenVector& golden : model.golden)
      fuzz::Accepts([&] {
        if (golden.height * golden.width > 4096 ||
            !fuzz::IsSmall(*model.graph, fuzz::InputShapes(*model.graph, 1, golden.height, golden.width)))
          return;
        CompileOptions options;
        options.max_memory = fuzz::kMostBytes;
        CheckGolden(model, golden, options, fuzz::OneThread());
      });
  });
  return 0;
}
