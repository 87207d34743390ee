#pragma once

#include <string>

#include "graph/graph.h"

namespace fcn {

/// Two channels of scores in place of a binary network's one, s: (log(t / (1 − t)), s) for the threshold t. Whatever
/// tells classes apart by scores then does it right: the second channel is the larger where sigmoid(s) > t, and with
/// t = 0.5 the softmax is (1 − sigmoid(s), sigmoid(s)). Where `scores` are the network's last ones, resized, what is
/// added comes before the resizing. Scores of several channels are returned as they are. New nodes' names begin with
/// `name`.
ValueId TwoClassScores(Graph& graph, ValueId scores, const std::string& name, double threshold = 0.5);

}  // namespace fcn
