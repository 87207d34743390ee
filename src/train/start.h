#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/import.h"
#include "models/zoo.h"

namespace fcn {

/// A network before its first step.
struct TrainingStart {
  Model model;
  ImportReport report;  ///< what became of the file's weights; all initialised where there is no file
};

/// A zoo's network for these classes with the weights of `file` (a model, a checkpoint, safetensors or torch's: of the
/// same network or of the classifier that it is made from), or where that is empty with random ones: He et al. 2015 for
/// convolutions, batch norms as the identity, biases 0, a function of the seed. New layers of scores begin as zeros,
/// upsampling as bilinear interpolation. Throws as FindModel, ReadWeights and ImportWeights do, Error(kUsage) for a
/// classifier.
TrainingStart StartTraining(const std::string& network, const std::vector<std::string>& classes,
                            const std::string& file, uint64_t seed);

}  // namespace fcn
