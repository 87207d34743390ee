#pragma once

#include <string>
#include <vector>

#include "models/model.h"
#include "models/zoo.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// What became of a checkpoint's tensors, by name.
struct ImportReport {
  std::vector<std::string> taken;        ///< of the network's name and shape, or that plus the network's prefix
  std::vector<std::string> reshaped;     ///< fully connected weights viewed as a convolution's, or the reverse
  std::vector<std::string> ignored;      ///< in the checkpoint, but of no use to the network
  std::vector<std::string> initialised;  ///< the network's parameters that the checkpoint lacks
};

struct Imported {
  Model model;
  ImportReport report;
};

/// Builds a zoo's network with the weights of a checkpoint: of the same network, or of the classifier that it is made
/// from. Layers of scores that the checkpoint lacks, or has for another number of classes, begin as zeros, transposed
/// convolutions as bilinear interpolation, other layers of the head as those of an untrained network
/// (InitialParameter); everything else must be there. `classes` are the names; where empty, the entry's default ones,
/// or, where the checkpoint's own scores are for another number, "class 0", "class 1", …; for one score, a binary
/// model's, the class's name or both ("foreground" where empty, see NameBothClasses). Throws Error(kInput) naming
/// `source` (the checkpoint's file) and listing what is missing or of another shape.
Imported ImportWeights(const ZooEntry& entry, const NamedTensors& checkpoint, const std::string& source,
                       std::vector<std::string> classes = {});

}  // namespace fcn
