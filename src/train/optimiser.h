#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/train_config.h"

namespace fcn {

struct OptimiserOptions {
  Solver solver = Solver::kAdamW;
  double momentum = 0.9;              ///< SGD
  double beta1 = 0.9, beta2 = 0.999;  ///< AdamW
  double epsilon = 1e-8;              ///< AdamW
  double weight_decay = 0.01;
};

/// What an update takes beside the tensors.
struct UpdateScale {
  double rate = 0;              ///< the schedule's, times the parameter's multiplier
  double decay_multiplier = 1;  ///< of weight_decay, for this parameter
  int64_t step = 1;             ///< t, the number of this update: the first is 1
  float gradient_scale = 1;     ///< g is gradient · gradient_scale, as accumulated gradients need it
};

/// Updates parameters. Immutable; the state belongs to the caller, so that it can be saved.
class Optimiser {
 public:
  explicit Optimiser(const OptimiserOptions& options) : options_(options) {}

  /// How many vectors of state each parameter has: 0 for SGD without momentum, else 1; 2 for AdamW.
  int states() const { return static_cast<int>(state_names().size()); }
  /// Their names: "momentum"; "moment1", "moment2".
  std::vector<std::string> state_names() const;

  /// One update of one parameter, element by element and without allocation, in float32; the factors that all elements
  /// share are computed in double: any part of a parameter can be updated alone. All spans have one length. False where
  /// a value of the gradient is infinite or NaN: then some of the weights and states are of no use any more. Throws
  /// Error(kInternal) where lengths or the number of states are wrong, or step is below 1.
  [[nodiscard]] bool Update(const Context& context, std::span<float> weights, std::span<const float> gradient,
                            std::span<const std::span<float>> states, const UpdateScale& scale) const;

 private:
  OptimiserOptions options_;
};

}  // namespace fcn
