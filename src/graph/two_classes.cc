#include "graph/two_classes.h"

#include <algorithm>
#include <cmath>

#include "graph/channels.h"

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

}  // namespace fcn
