#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fcn/preprocessing.h"
#include "models/import.h"
#include "models/zoo.h"

namespace fcn {

/// ReadImportSource of a file that may be a checkpoint of fcn's as well: then its weights, or their moving average
/// where it has one and `average` asks for it, with what it says of classes, palette, preprocessing and names of input
/// and head.
ImportSource ReadStart(const std::filesystem::path& file, bool average);

/// FindModel of a network that gives a class to each pixel. Throws Error(kUsage) for a classifier.
const ZooEntry& SegmentationNetwork(const std::string& name);

/// A network before its first step.
struct TrainingStart {
  Model model;
  ImportReport report;  ///< what became of the file's weights; all initialised where there is no file
};

/// A zoo's network for these classes with the weights of `file` (a model, a checkpoint, safetensors or torch's: of the
/// same network or of the classifier that it is made from), or where that is empty with random ones: He et al. 2015 for
/// convolutions, batch norms as the identity, biases 0, a function of the seed. Layers of scores that the file lacks or
/// has for another number of classes begin as zeros, upsampling as bilinear interpolation. Where no preprocessing is
/// given it is the weights' own, as ImportWeights says. Throws as SegmentationNetwork, ReadStart and ImportWeights do.
TrainingStart StartTraining(const std::string& network, const std::vector<std::string>& classes,
                            const std::string& file, uint64_t seed,
                            const std::optional<Preprocessing>& preprocessing = {});

/// What a person should know of a training that begins with the weights of `file`, a sentence each: which layers begin
/// anew and why, the preprocessing where it is not the network's usual one, and the report's notes.
std::vector<std::string> StartNotices(const TrainingStart& start, const std::string& file);

}  // namespace fcn
