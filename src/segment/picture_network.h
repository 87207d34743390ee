#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/preprocessing.h"
#include "graph/graph.h"
#include "models/model.h"
#include "runtime/weight_source.h"

namespace fcn {

/// A head of a network that answers pictures.
struct PictureHead {
  std::string name = {};   ///< empty where it is the only one, without a name
  double threshold = 0.5;  ///< of a binary head's probability (graph/two_classes.h)
};

/// A network that answers pictures.
struct PictureNetwork {
  /// Of one picture and one head, the graph's first output.
  PictureNetwork(std::string its_name, std::shared_ptr<const Graph> its_graph, WeightSource its_weights,
                 const Preprocessing& preprocessing)
      : PictureNetwork(std::move(its_name), std::move(its_graph), std::move(its_weights),
                       std::vector<InputRole>{{.name = {}, .preprocessing = preprocessing}},
                       std::vector<PictureHead>(1)) {}
  PictureNetwork(std::string its_name, std::shared_ptr<const Graph> its_graph, WeightSource its_weights,
                 std::vector<InputRole> its_inputs, std::vector<PictureHead> its_heads)
      : name(std::move(its_name)),
        graph(std::move(its_graph)),
        weights(std::move(its_weights)),
        inputs(std::move(its_inputs)),
        heads(std::move(its_heads)) {}

  std::string name;  ///< in messages
  std::shared_ptr<const Graph> graph;
  WeightSource weights;
  std::vector<InputRole> inputs;   ///< one for each of the graph's: the picture as `preprocessing` makes it
  std::vector<PictureHead> heads;  ///< the graph's first outputs, scores at the picture's size
};

/// A model's; `thresholds` are those of its heads, 0.5 where there are none.
inline PictureNetwork NetworkOf(const ModelContents& model, std::span<const double> thresholds = {}) {
  std::vector<PictureHead> heads;
  for (size_t i = 0; i < model.heads.size(); i++)
    heads.push_back({.name = model.heads[i].name, .threshold = i < thresholds.size() ? thresholds[i] : 0.5});
  return {model.name, model.graph, SourceOf(model.weights), model.inputs, std::move(heads)};
}

}  // namespace fcn
