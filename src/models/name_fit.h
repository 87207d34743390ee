#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/foreign_names.h"
#include "models/wanted.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// A network's parameters found in a file: those that it has under `prefix` + the names of a naming. Modules that only
/// wrap others ("module", "_orig_mod", …) are looked through wherever they stand in a name.
struct NameFit {
  const Naming* naming = nullptr;
  std::string prefix;     ///< empty, or with a dot at its end
  size_t fitting = 0;     ///< parameters that are there with a shape that fits
  size_t found = 0;       ///< parameters that are there
  bool complete = false;  ///< whether all that may not be new are fitting
};

/// All prefixes and namings under which the file has any of the parameters, the best first: complete ones, then
/// by the number of fitting parameters, then of those found; then in the order of `namings`; then plain weights before
/// averages (a prefix with the word ema, swa or average in it), shorter prefixes before longer ones, and by the
/// alphabet. Time and memory are linear in the names.
std::vector<NameFit> FitNames(const std::vector<WantedParameter>& wanted, const std::vector<Naming>& namings,
                              const NamedTensors& tensors);

/// Whether a prefix says that what follows is an average over training: "model_ema.", "ema.module.".
bool IsAverage(std::string_view prefix);

/// The file's tensor for each parameter that it has under a fit's names.
using FoundTensors = std::map<std::string, NamedTensors::const_iterator>;
FoundTensors TensorsOf(const NameFit& fit, const NamedTensors& tensors);

}  // namespace fcn
