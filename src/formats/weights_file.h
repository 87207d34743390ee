#pragma once

#include <map>
#include <string>
#include <vector>

#include "tensor/named_tensors.h"

namespace fcn {

/// What is in a file of weights, of whatever format.
struct WeightsFile {
  /// Where a checkpoint has dicts inside of dicts, the keys on the way are joined with dots: "state_dict.conv1.weight".
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  ///< of a safetensors file
  std::string architecture;                     ///< what a checkpoint calls its network ("arch"); mostly empty
  std::vector<std::string> notes;               ///< what was passed over and may matter, a sentence each
};

}  // namespace fcn
