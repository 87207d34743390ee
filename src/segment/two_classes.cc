#include "segment/two_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fcn/error.h"
#include "graph/channels.h"
#include "models/binary.h"

namespace fcn {

ValueId TwoClassScores(Graph& graph, ValueId scores, const std::string& name, double threshold) {
  if (InferChannels(graph)[scores] != 1) return scores;
  const auto last = std::ranges::find(graph.nodes(), scores, &Node::output);
  const bool is_resized = last != graph.nodes().end() && std::holds_alternative<Resize>(last->op);
  const ValueId like = is_resized ? last->inputs[1] : kNoValue, score = is_resized ? last->inputs[0] : scores;
  const auto logit = static_cast<float>(std::log(threshold / (1 - threshold)));
  const ValueId one = graph.AddNode(name + "_one", Softmax{}, {score});  // over a single channel
  const ValueId zero = graph.AddNode(name + "_threshold", Scale{logit}, {one});
  const ValueId both = graph.AddNode(name + "_scores", Concat{}, {zero, score});
  return is_resized ? graph.AddNode(name + "_resized", Resize{}, {both, like}) : both;
}

void CheckThreshold(const Graph& network, double threshold, const std::string& model) {
  if (!(threshold > 0 && threshold < 1))
    throw Error(ErrorCode::kUsage, fmt::format("a threshold of {} is not between 0 and 1", threshold),
                "Give a probability, as in --threshold 0.3.");
  if (threshold != 0.5 && !IsBinary(network))
    throw Error(ErrorCode::kUsage,
                fmt::format("{} has a score for each class and takes the best: it has no threshold", model),
                "A threshold is for models whose network gives one score.");
}

}  // namespace fcn
