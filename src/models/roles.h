#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "fcn/image.h"
#include "fcn/preprocessing.h"

namespace fcn {

// What a network's inputs and outputs are for: the graph has them in an order, and knows their channels and types.
// Names are 1 to kLongestRoleName letters, digits, '-' and '_' and begin with a letter, so that they can be flags and
// parts of file names; no two inputs have the same, nor two heads.

inline constexpr size_t kMostInputs = 16, kMostHeads = 16, kLongestRoleName = 64;

/// Whether an input or a head may be called so.
bool IsRoleName(const std::string& name);

/// An input: a picture, a depth map, bands of a satellite.
struct InputRole {
  std::string name = {};  ///< empty in a model that names nothing
  Preprocessing preprocessing = {};
  bool operator==(const InputRole&) const = default;
};

/// An output: scores of classes.
struct HeadRole {
  std::string name = {};                  ///< empty in a model that names nothing
  std::vector<std::string> classes = {};  ///< one for each score; of a binary head (models/binary.h) one or both
  std::vector<Colour> palette = {};       ///< a colour for each class; empty: the default one
  double loss_weight = 1;                 ///< of its loss in the sum that training makes small
  bool operator==(const HeadRole&) const = default;
};

}  // namespace fcn
