#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "fcn/image.h"
#include "graph/graph.h"
#include "models/preprocessing.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// What a model must answer to a known question, so that a file proves itself on the machine that it reaches: input
/// RandomImage(seed, amplitude, height, width, channels), and some of the first output's scores.
struct GoldenVector {
  uint64_t seed = 0;
  float amplitude = 1;
  int64_t height = 0, width = 0;
  std::vector<int64_t> positions;  ///< indices into the output in NHWC order
  std::vector<float> scores;       ///< one for each position
  double tolerance = 0;            ///< the largest allowed difference of a score
  bool operator==(const GoldenVector&) const = default;
};

/// A trained network with all that is needed to use it.
struct Model {
  std::string name;  ///< of the zoo's entry, or the user's choice
  std::shared_ptr<const Graph> graph;
  NamedTensors weights;              ///< exactly the graph's parameters
  std::vector<std::string> classes;  ///< one for each score; of a binary model (models/binary.h) one or both
  std::vector<Colour> palette;       ///< a colour for each class; empty: the default one
  Preprocessing preprocessing;
  std::vector<GoldenVector> golden;
  std::map<std::string, std::string> metadata;  ///< anything else, kept as it is; keys do not begin with "fcn."
};

/// The model file is a safetensors file with these metadata: fcn.format ("1"), fcn.name, fcn.graph (PrintGraph's text),
/// fcn.classes (JSON list of names), fcn.palette (JSON list of [r, g, b]), fcn.preprocessing and fcn.golden (JSON), and
/// fcn.checksum (formats/checksum.h).
inline constexpr int kModelFormat = 1;

/// Writes atomically; the same model gives the same bytes. Throws as AtomicFile does, and Error(kInput) where the model
/// contradicts itself as LoadModel would find.
void SaveModel(const std::filesystem::path& path, const Model& model, IfExists if_exists = IfExists::kReplace);

/// When a model's checksum is compared and its weights are looked through for what is infinite or no number, which
/// reads every byte: where the file is small and so in memory anyway (WholeFile), or a large one, too.
enum class ContentCheck { kWhereCheap, kAlways, kNever };

/// Reads a model file; the weights point into its WholeFile. Throws Error(kIo) where it cannot be read, Error(kInput)
/// naming the file and the key where it is no model file or contradicts itself (weights that the graph does not have,
/// lacks or has with another shape; a palette of another length than the classes), does not match its checksum, or has
/// weights that are infinite or no number, Error(kUnsupported) for a newer format. A binary model has both classes
/// named (NameBothClasses), whatever the file says.
Model LoadModel(const std::filesystem::path& path, ContentCheck check = ContentCheck::kWhereCheap);

/// Throws Error(kInput) that lists the first few of `weights` that `graph` lacks, misses, or has with another shape or
/// with elements that are no floating-point numbers; `where` begins the message.
void CheckWeights(const Graph& graph, const NamedTensors& weights, const std::string& where);

}  // namespace fcn
