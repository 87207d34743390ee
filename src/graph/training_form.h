#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// Whether it is an operation that training adds (gradient_ops.h): no network in use has one.
bool IsOfTraining(const Op& op);

/// One of a network's outputs as it is trained.
struct HeadLoss {
  std::string name;  ///< unlike the others'; the only head needs none
  float weight = 1;  ///< of its loss in the sum of all
  bool operator==(const HeadLoss&) const = default;
};

struct TrainingFormOptions {
  bool batch_statistics = true;  ///< false: batch norm keeps its running statistics
  bool dropout = true;           ///< false: dropout is left out
  int ignore_label = 255;        ///< pixels of this label do not count
  bool mean_loss = true;         ///< false: the sum over pixels, as in the paper; see SoftmaxLoss
  bool class_weights = false;    ///< the parameter "class_weights" (C) of each head weighs the labels
  std::vector<HeadLoss> heads = std::vector<HeadLoss>(1);  ///< one for each output, in their order
};

/// What a batch norm saw of a batch, and the parameters of the network that should follow it.
struct BatchNormMoments {
  ValueId moments = kNoValue;                  ///< BatchMoments
  std::string running_mean, running_variance;  ///< names of the network's parameters
};

struct TrainingForm {
  Graph graph;
  ValueId seed = kNoValue;              ///< that input, where something drops
  std::vector<ValueId> losses, scores;  ///< of each head; scores are the network's outputs
  std::vector<BatchNormMoments> moments;
};

/// What the values "labels", "loss" and "class_weights" are called: so where there is one head, and with ".HEAD" behind
/// among several.
std::string HeadValueName(const std::string& name, size_t heads, const std::string& head);

/// The network as it computes while it trains, with a loss for each of its outputs, its heads. Values and parameters
/// keep their names; what a network in use computes differently is replaced:
/// - Dropout by RandomDropout, with a stream of its own each, and the input "seed" (1×1×1×1, uint64) that it needs;
/// - BatchNorm by Normalise and the BatchMoments "NAME.moments"; the running statistics are no parameters of this
/// graph.
/// A head of one score, s, is binary: its loss is the binary cross-entropy of sigmoid(s), which is the softmax loss of
/// (0, s), its labels are 0 and 1 and its class weights two. See two_classes.h.
///
/// Inputs: the network's, with "seed" after the first only where something drops, then "labels" of each head (int32,
/// N×H×W×1 for scores of N×H×W×C).
/// Outputs: "loss" of each head (SoftmaxLoss with the head's weight), then the moments in the order of `moments`.
/// HeadValueName is how these are called.
///
/// Throws Error(kInput) for a network without inputs or outputs, with more or fewer outputs than heads, that already
/// uses one of these names, or for which InferChannels throws.
TrainingForm MakeTrainingForm(const Graph& network, const TrainingFormOptions& options);

}  // namespace fcn
