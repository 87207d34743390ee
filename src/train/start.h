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

/// What a network is to be begun for.
struct StartOptions {
  Ports ports = 1;
  std::vector<HeadRole> heads = {};  ///< one for each of the ports': names and classes
  NewBands new_bands = NewBands::kMean;
  std::vector<std::string> new_layers = {};         ///< of ImportOptions
  std::optional<Preprocessing> preprocessing = {};  ///< of the first input, where it is a picture in colour
  std::string file = {};                            ///< of weights; empty: random ones
  uint64_t seed = 0;
};

/// A network before its first step.
struct TrainingStart {
  ModelContents model;
  ImportReport report;      ///< what became of the file's weights; all initialised where there is no file
  bool has_inputs = false;  ///< whether the file says how each of these inputs is preprocessed
};

/// A zoo's network with the weights of the file (a model, a checkpoint, safetensors or torch's: of the same network or
/// of the classifier that it is made from), or with random ones: He et al. 2015 for convolutions, batch norms as the
/// identity, biases 0, a function of the seed. Layers of scores that the file lacks or has for another number of
/// classes begin as zeros, upsampling as bilinear interpolation. Where no preprocessing is given it is the weights'
/// own, as ImportWeights says. Where the ports have no names, a picture and a head are called as in the file. Throws as
/// SegmentationNetwork, ReadStart and ImportWeights do.
TrainingStart StartTraining(const std::string& network, const StartOptions& options);

/// What a person should know of a training that begins with the weights of `file`, a sentence each: which layers begin
/// anew and why, the preprocessing where it is not the network's usual one, and the report's notes.
std::vector<std::string> StartNotices(const TrainingStart& start, const std::string& file);

}  // namespace fcn
