#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "graph/graph.h"
#include "tensor/named_tensors.h"
#include "train/history.h"

namespace fcn {

struct SafetensorsFile;

/// All that a training needs to go on as if it had never stopped. Randomness and the position in the data are functions
/// of seed and iteration, so they need no place here; nor do times of day: the same training gives the same bytes.
struct Checkpoint {
  std::string network;    ///< the model's name
  std::string config;     ///< ToToml of the configuration
  int64_t iteration = 0;  ///< updates done
  NamedTensors weights;   ///< float32, running statistics included
  /// More tensors by what they are ("momentum", "moment1", "moment2", "ema"), each under the name of the weight that it
  /// belongs to, of its shape, float32.
  std::map<std::string, NamedTensors> states;
  History history;
  double best_score = std::numeric_limits<double>::quiet_NaN();  ///< NaN: no validation yet
  int64_t best_iteration = 0;
  std::map<std::string, std::string> metadata;  ///< anything else; keys do not begin with "fcn."
};

/// The checkpoint file is a safetensors file with the tensors "weights/NAME" and "STATE/NAME" and these metadata:
/// fcn.checkpoint ("1"), fcn.network, fcn.config, fcn.history (PrintHistory's lines), fcn.progress (JSON: iteration,
/// best_score, best_iteration) and fcn.checksum (formats/checksum.h).
inline constexpr int kCheckpointFormat = 1;

/// Writes atomically: a full disk or a kill leaves the old file. Tensors may be views of memory in use (no owner): they
/// are only read here. The same checkpoint gives the same bytes. Throws Error(kIo) where the disk refuses,
/// Error(kInput) where names are not UTF-8, Error(kInternal) for a checkpoint that contradicts itself.
void SaveCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Reads a checkpoint; the tensors point into its WholeFile, and stay valid when the file is replaced. Every float and
/// double comes back bit for bit (a NaN double as a NaN). Throws Error(kIo) where it cannot be read; Error(kInput)
/// naming the file and the key or tensor where it is a model file or no checkpoint at all, truncated, does not match
/// its checksum, or contradicts itself (states of weights that it lacks, or of other shapes); Error(kUnsupported) for
/// another format.
Checkpoint LoadCheckpoint(const std::filesystem::path& path);
/// The same of a file that has been read; `where` (the file) begins every message.
Checkpoint CheckpointOf(SafetensorsFile file, const std::string& where);

/// The configuration of a checkpoint alone, without a look at its tensors: its checksum is not compared. Throws as
/// LoadCheckpoint does, but for that.
std::string ReadCheckpointConfig(const std::filesystem::path& path);

/// Whether the metadata of a file are those of a checkpoint, of this or another version.
bool IsCheckpoint(const std::map<std::string, std::string>& metadata);

/// Throws Error(kInput) for a checkpoint that contradicts itself; `where` (the file) begins the message.
[[noreturn]] void ThrowDamaged(const std::string& where, const std::string& what);
/// A value of a checkpoint's metadata, or ThrowDamaged where there is none.
const std::string& RequireMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                   const std::string& where);
/// The same as a whole number from 0 to `most`, or ThrowDamaged where it is none.
int64_t RequireCount(const Checkpoint& checkpoint, const std::string& key, int64_t most, const std::string& where);

/// Throws Error(kInput) that lists the first few differences where the checkpoint's weights are not exactly the
/// parameters of `graph`, or its states are not exactly `states`: the names of weights that each has. `where` (the
/// file) begins the message.
void CheckResumes(const Checkpoint& checkpoint, const Graph& graph,
                  const std::map<std::string, std::set<std::string>>& states, const std::string& where);

}  // namespace fcn
