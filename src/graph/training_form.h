#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// Whether it is an operation that training adds (gradient_ops.h): no network in use has one.
bool IsOfTraining(const Op& op);

struct TrainingFormOptions {
  bool batch_statistics = true;  ///< false: batch norm keeps its running statistics
  bool dropout = true;           ///< false: dropout is left out
  int ignore_label = 255;        ///< pixels of this label do not count
  bool mean_loss = true;         ///< false: the sum over pixels, as in the paper; see SoftmaxLoss
  bool class_weights = false;    ///< the parameter "class_weights" (C) weighs the labels
};

/// What a batch norm saw of a batch, and the parameters of the network that should follow it.
struct BatchNormMoments {
  ValueId moments = kNoValue;                  ///< BatchMoments
  std::string running_mean, running_variance;  ///< names of the network's parameters
};

struct TrainingForm {
  Graph graph;
  ValueId loss = kNoValue;
  ValueId scores = kNoValue;  ///< the network's output
  std::vector<BatchNormMoments> moments;
};

/// The network as it computes while it trains, with its loss. Values and parameters keep their names; what a network in
/// use computes differently is replaced:
/// - Dropout by RandomDropout, with a stream of its own each, and the input "seed" (1×1×1×1, uint64) that it needs;
/// - BatchNorm by Normalise and the BatchMoments "NAME.moments"; the running statistics are no parameters of this
/// graph.
///
/// Inputs: the network's image, then "seed" only where something drops, then "labels" (int32, N×H×W×1 for scores of
/// N×H×W×C).
/// Outputs: "loss" (SoftmaxLoss), then the moments in the order of `moments`.
///
/// Throws Error(kInput) for a network of several inputs or outputs, that already uses one of these names, or
/// for which InferChannels throws.
TrainingForm MakeTrainingForm(const Graph& network, const TrainingFormOptions& options);

}  // namespace fcn
