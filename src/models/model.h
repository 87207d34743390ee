#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fcn/files.h"
#include "fcn/precision.h"
#include "graph/graph.h"
#include "models/roles.h"
#include "tensor/named_tensors.h"

namespace fcn {

struct SafetensorsFile;

/// What a model must answer to a known question, so that a file proves itself on the machine that it reaches: input i
/// is RandomImage(seed + i, amplitude, height, width, its channels), and there are some of a head's scores.
struct GoldenVector {
  uint64_t seed = 0;
  float amplitude = 1;
  int64_t height = 0, width = 0;
  std::vector<int64_t> positions;  ///< indices into the output in NHWC order
  std::vector<float> scores;       ///< one for each position
  double tolerance = 0;            ///< the largest allowed difference of a score
  std::string head = {};           ///< empty: the first
  bool operator==(const GoldenVector&) const = default;
};

/// The most that a model has, and scores that each of them has: what fcn verify computes. fcn writes one of 1,024.
inline constexpr size_t kMostGoldens = 16, kMostGoldenScores = size_t{1} << 16;

/// A trained network with all that is needed to use it.
struct ModelContents {
  std::string name;  ///< of the zoo's entry, or the user's choice
  std::shared_ptr<const Graph> graph;
  NamedTensors weights;  ///< exactly the graph's parameters; those of int8 with their quantisation
  /// One for each of the graph's inputs and outputs, all with names; or one without a name each, of a graph with one
  /// input: its only output's, or of several the first one's.
  std::vector<InputRole> inputs = std::vector<InputRole>(1);
  std::vector<HeadRole> heads = std::vector<HeadRole>(1);
  std::vector<GoldenVector> golden;
  std::vector<VerifiedPrecision> precisions;    ///< at most one of each
  std::map<std::string, std::string> metadata;  ///< anything else, kept as it is; keys do not begin with "fcn."

  bool names_roles() const { return !inputs.front().name.empty(); }
  /// The first of each, for whatever is of one alone: a classifier, weights from elsewhere.
  const InputRole& input() const { return inputs.front(); }
  InputRole& input() { return inputs.front(); }
  const HeadRole& head() const { return heads.front(); }
  HeadRole& head() { return heads.front(); }
};

/// The model file is a safetensors file; docs/formats.md says what its metadata are. A model that needs nothing of the
/// newest format is written as format 1.
inline constexpr int kNewestModelFormat = 2;

/// Writes atomically; the same model gives the same bytes. Throws as AtomicFile does, and Error(kInput) where the model
/// contradicts itself as LoadModel would find.
void SaveModel(const std::filesystem::path& path, const ModelContents& model, IfExists if_exists = IfExists::kReplace);
/// What SaveModel writes.
std::vector<uint8_t> ModelBytes(const ModelContents& model);

/// Reads a model file; the weights point into its WholeFile. Throws Error(kIo) where it cannot be read, Error(kInput)
/// naming the file and the key where it is no model file or contradicts itself (weights that the graph does not have,
/// lacks or has with another shape; a palette of another length than the classes), Error(kUnsupported) for a newer
/// format. A binary model has both classes named (NameBothClasses), whatever the file says.
///
/// What would read every byte is checked where the file is small and so in memory anyway (WholeFile): Error(kInput)
/// where it does not match its checksum, or has weights that are infinite or no number.
ModelContents LoadModel(const std::filesystem::path& path);
/// The two steps of LoadModel: the file as it is, where its first bytes are those of a model file,
SafetensorsFile ReadModelFile(const std::filesystem::path& path);
/// and what it says, with those checks that read every byte where it is in memory.
ModelContents CheckedModelOf(const SafetensorsFile& file, const std::string& where);
/// The same without these, for those who check a file's bytes themselves. `where` (the file) begins every message.
ModelContents ModelOf(SafetensorsFile file, const std::string& where);

/// Throws Error(kInput) that lists the first few of `weights` that `graph` lacks, misses, or has with another shape or
/// with elements that are neither floating-point nor quantised; `where` begins the message.
void CheckWeights(const Graph& graph, const NamedTensors& weights, const std::string& where);

}  // namespace fcn
