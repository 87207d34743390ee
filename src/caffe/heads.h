#pragma once

#include <string>
#include <vector>

#include "caffe/wiring.h"

namespace fcn {

/// What Caffe's loss is divided by.
enum class CaffeNormalisation { kFull, kValid, kBatchSize, kNone };

/// Scores that a net gives, and how they are trained.
struct CaffeHead {
  CaffeTop scores;
  std::string name;         ///< of the top
  double loss_weight = 1;   ///< 1 where there is no loss
  bool has_loss = false;    ///< whether the net has their softmax loss
  int ignore_label = -1;    ///< that the loss leaves out; -1: none
  bool is_sigmoid = false;  ///< whether one score stands for one class, by its sigmoid
  CaffeNormalisation normalisation = CaffeNormalisation::kValid;
};

/// The scores of a net: what losses and accuracies compare with labels, and what no layer reads, before the softmax,
/// sigmoid or argmax that ends it. Those of the largest loss weight come first (of a classifier with auxiliary ones,
/// its own), else in the file's order. Data that nobody reads is none. Throws Error(kInput) where there are none.
std::vector<CaffeHead> FindCaffeHeads(const CaffeNet& net, const CaffeWiring& wiring);

/// Whether a layer compares scores with labels, so that nothing of the answer depends on it.
bool IsCaffeLoss(const CaffeLayer& layer);

}  // namespace fcn
