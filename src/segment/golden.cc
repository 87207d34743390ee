#include "segment/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/remedies.h"
#include "fcn/error.h"
#include "graph/classifier.h"
#include "graph/cost.h"
#include "graph/shapes.h"
#include "models/initialise.h"
#include "segment/dense_graph.h"
#include "segment/predictor/predictor.h"

namespace fcn {
namespace {

constexpr int64_t kHeight = 75, kWidth = 99;  // odd, so that every rounding of a size is met
constexpr int64_t kScores = 1024;             // all of a classifier's
constexpr double kToleranceInDeviations = 1e-3;

AnyTensor Scores(const ModelContents& model, const GoldenVector& golden, const CompileOptions& options,
                 const Context& context, const ProgramCache::Shared& shared) {
  std::vector<Tensor> inputs;
  for (const ValueId id : model.graph->inputs()) {
    const int64_t channels = model.graph->value(id).channels;
    Tensor& input = inputs.emplace_back(Nhwc{1, golden.height, golden.width, channels});
    RandomImage(golden.seed + inputs.size() - 1, golden.amplitude, golden.height, golden.width, channels,
                input.values());
  }
  const auto head = std::ranges::find(model.heads, golden.head, &HeadRole::name);
  const size_t output = head == model.heads.end() ? 0 : static_cast<size_t>(head - model.heads.begin());
  return Predictor(NetworkOf(model), options, context, shared).Scores(inputs, output);
}

double Deviation(std::span<const float> values) {
  double sum = 0, squares = 0;
  for (float value : values) sum += value, squares += double{value} * value;
  const double count = static_cast<double>(values.size()), mean = sum / count;
  return std::sqrt(std::max(0.0, squares / count - mean * mean));
}

double WindowOf(const Op& op) {
  const auto area = [](const Size2& kernel) { return static_cast<double>(kernel.h) * static_cast<double>(kernel.w); };
  if (const auto* pool = std::get_if<MaxPool>(&op)) return area(pool->kernel);
  if (const auto* pool = std::get_if<AveragePool>(&op)) return area(pool->kernel);
  return 0;
}

}  // namespace

GoldenVector MakeGolden(const ModelContents& model, const Context& context, size_t head, const CompileOptions& options,
                        const ProgramCache::Shared& shared) {
  const int64_t crop = model.input().preprocessing.crop;
  const bool is_cropped = crop > 0 && IsClassifier(*model.graph);
  const Nhwc input = SmallestInputs(*model.graph, 1, is_cropped ? crop : kHeight, is_cropped ? crop : kWidth).front();
  GoldenVector golden;
  if (head > 0) golden.head = model.heads[head].name;
  golden.seed = 1;
  golden.height = input.h, golden.width = input.w;
  CompileOptions direct = options;
  direct.winograd = false;
  const AnyTensor answer = Scores(model, golden, direct, context, shared);
  const std::span<const float> scores = answer.values<float>();
  const int64_t count = answer.shape().elements(), channels = answer.shape().c;
  int64_t step = std::max<int64_t>(1, count / kScores);
  while (std::gcd(step, channels) != 1) step++;  // so that every class is met
  for (int64_t i = step / 2; i < count; i += step) {
    golden.positions.push_back(i);
    golden.scores.push_back(scores[static_cast<size_t>(i)]);
  }
  golden.tolerance = kToleranceInDeviations * Deviation(scores);
  return golden;
}

std::vector<GoldenVector> MakeGoldens(const ModelContents& model, const Context& context, const CompileOptions& options,
                                      const ProgramCache::Shared& shared) {
  std::vector<GoldenVector> goldens;
  for (size_t head = 0; head < model.heads.size(); head++)
    goldens.push_back(MakeGolden(model, context, head, options, shared));
  return goldens;
}

void CheckAnswers(const ModelContents& model, const std::string& where) {
  for (const GoldenVector& golden : model.golden)
    if (!std::ranges::all_of(golden.scores, [](float score) { return std::isfinite(score); }) ||
        !std::isfinite(golden.tolerance))
      throw Error(
          ErrorCode::kInput,
          fmt::format("{}: with these weights the network's scores are infinite or no numbers", where),
          "Some weights are far too large: the training that wrote them went astray, take an earlier checkpoint.");
}

bool IsTrained(const ModelContents& model) {
  return model.golden.empty() ||
         std::ranges::any_of(model.golden, [](const GoldenVector& golden) { return golden.tolerance > 0; });
}

void CheckCostOfGoldens(const ModelContents& model, const std::string& where) {
  const Graph& graph = *model.graph;
  double work = 0, values = 0;
  for (const GoldenVector& golden : model.golden)
    NamingGolden(golden, where, [&] {
      const ByValue<Nhwc> shapes = InferShapes(graph, PictureShapes(graph, 1, golden.height, golden.width));
      for (const int64_t count : MultiplyAdds(graph, shapes)) work += static_cast<double>(count);
      for (const Node& node : graph.nodes()) {
        const auto elements = static_cast<double>(shapes[node.output].elements());
        values += elements;
        work += elements * WindowOf(node.op);
      }
    });
  if (work > kMostGoldenWork || values > kMostGoldenValues)
    throw Error(
        ErrorCode::kInput,
        fmt::format("{}: its golden vectors take {:.3g} multiply-adds and {:.3g} numbers in layers, and at most "
                    "{:.3g} and {:.3g} are computed",
                    where, work, values, kMostGoldenWork, kMostGoldenValues),
        GetAgain("model of fcn"));
}

GoldenResult CheckGolden(const ModelContents& model, const GoldenVector& golden, const CompileOptions& options,
                         const Context& context, const ProgramCache::Shared& shared) {
  const AnyTensor answer = Scores(model, golden, options, context, shared);
  const std::span<const float> scores = answer.values<float>();
  GoldenResult result{.head = golden.head,
                      .width = golden.width,
                      .height = golden.height,
                      .scores = golden.positions.size(),
                      .tolerance = golden.tolerance};
  for (size_t i = 0; i < golden.positions.size(); i++) {
    const int64_t position = golden.positions[i];
    if (position < 0 || position >= std::ssize(scores))
      throw Error(ErrorCode::kInput,
                  fmt::format("model {}: a golden vector names score {} of {}", model.name, position, scores.size()),
                  "The file was made for another network: import it again.");
    const double difference = std::abs(double{scores[static_cast<size_t>(position)]} - golden.scores[i]);
    const bool is_number = std::isfinite(difference);
    result.largest_difference =
        std::max(result.largest_difference, is_number ? difference : std::numeric_limits<double>::infinity());
  }
  return result;
}

}  // namespace fcn
