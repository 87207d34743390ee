#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/caffe/message.h"
#include "formats/caffe/net.h"

namespace fcn {

/// A network that a solver names or brings along. A test net with neither path nor net is the one that is trained.
struct CaffeSolverNet {
  std::string path;             ///< as the file says, relative to where Caffe is run; empty where the net is inside
  std::optional<CaffeNet> net;  ///< that the solver's file has inside of itself
  /// What the solver says of the net's state: CaffeStateOf(phase, {net.state, state}) chooses its layers.
  CaffeMessage state{"NetState"};
  int64_t iterations = 0;  ///< of a test net: how many batches a test takes
  int line = 0;
};

/// How a network is trained (solver.prototxt). Defaults are Caffe's; `settings.LineOf("base_lr")` gives lines.
struct CaffeSolver {
  std::string file;
  CaffeSolverNet train;
  std::vector<CaffeSolverNet> tests;
  std::string type = "SGD";  ///< today's name of the algorithm, whichever way the file says it
  std::string policy;        ///< of the rate (lr_policy): "fixed", "step", "exp", "inv", "multistep", "poly", "sigmoid"
  double base_rate = 0, gamma = 0, power = 0;
  int64_t step = 0;            ///< of "step" and "sigmoid"
  std::vector<int64_t> steps;  ///< of "multistep"
  double momentum = 0, momentum2 = 0.999, rms_decay = 0.99, delta = 1e-8;
  double weight_decay = 0;
  std::string regularisation = "L2";
  std::optional<double> clip_gradients;  ///< of the L2 norm of all gradients together
  int64_t iterations = 0;                ///< max_iter
  int64_t accumulated = 1;               ///< batches whose gradients are added up (iter_size), their mean is applied
  int64_t test_interval = 0;             ///< 0: never
  int64_t snapshot = 0;                  ///< every so many iterations; 0: at the end alone
  std::string snapshot_prefix;           ///< empty: the file's path without its extension, says Caffe
  std::optional<int64_t> seed;
  std::vector<std::string> weights;  ///< .caffemodel files to begin with
  /// The whole file ("SolverParameter"), with what it says of displays, devices and snapshots, which changes no result.
  CaffeMessage settings{"SolverParameter"};
};

/// Throws Error(kIo) where it cannot be read; Error(kInput) that names file and line for what is malformed, for values
/// that Caffe refuses (negative sizes, no or several networks to train, a test without its number of batches, both
/// forms of the type); Error(kUnsupported) for a field that is not known.
CaffeSolver ReadCaffeSolver(const std::filesystem::path& path);
CaffeSolver ParseCaffeSolver(std::string_view text, const std::string& name);

}  // namespace fcn
