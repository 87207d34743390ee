#pragma once

#include <memory>
#include <string>

#include "fcn/preprocessing.h"
#include "graph/graph.h"
#include "models/model.h"
#include "runtime/weight_source.h"

namespace fcn {

/// A network that answers pictures: one input, the picture as `preprocessing` makes it, and one output, its scores.
struct PictureNetwork {
  std::string name;  ///< in messages
  std::shared_ptr<const Graph> graph;
  WeightSource weights;
  Preprocessing preprocessing;
  double threshold = 0.5;  ///< of a binary network's probability (two_classes.h)
};

inline PictureNetwork NetworkOf(const Model& model, double threshold = 0.5) {
  return {model.name, model.graph, SourceOf(model.weights), model.input().preprocessing, threshold};
}

}  // namespace fcn
