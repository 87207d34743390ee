#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "caffe/network.h"
#include "fcn/train_config.h"
#include "formats/caffe/solver.h"

namespace fcn {

/// How a solver of Caffe's trains, as keys of a configuration.
struct CaffeRecipe {
  TrainConfig config;
  /// Keys whose values an older fcn does not have, as texts (SetConfigKey).
  std::vector<std::pair<std::string, std::string>> more;
  std::vector<std::string> notes;  ///< what may matter, a sentence each
};

/// The recipe of a solver for the net that it trains, in its training phase. The model is the network of the zoo that
/// computes the same; names of parameters are that network's. Pictures are whole and come one by one, as the release's
/// data layers give them, or as the data layer says (batch_size, crop_size, mirror).
///
/// Throws Error(kUnsupported) naming file and line for what fcn does not do: another solver than SGD, policies of the
/// rate but fixed, step and poly, clipped gradients, L1; Error(kInput) where the net has no softmax loss.
CaffeRecipe RecipeOf(const CaffeSolver& solver, const CaffeNet& net, const CaffeNetwork& network);

/// Where a file that a solver names is (NamedCaffeFile). Throws Error(kIo) where it is not there.
std::filesystem::path FileOfSolver(const CaffeSolver& solver, const std::string& name);

}  // namespace fcn
