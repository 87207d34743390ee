#include "train/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "models/model.h"
#include "train/json_number.h"

namespace fcn {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr char kPrefix[] = "fcn.", kFormat[] = "fcn.checkpoint", kNetwork[] = "fcn.network", kConfig[] = "fcn.config",
               kHistory[] = "fcn.history", kProgress[] = "fcn.progress", kModelKey[] = "fcn.format";
constexpr char kWeights[] = "weights";
constexpr char kAnew[] = "--resume continues what fcn train wrote; --weights begins anew from any weights.";

void CheckFormat(const std::map<std::string, std::string>& metadata, const std::string& where) {
  if (!metadata.contains(kFormat))
    throw Error(ErrorCode::kInput,
                fmt::format("{} is {}, not a checkpoint of a training", where,
                            metadata.contains(kModelKey) ? "a model file" : "a file of weights"),
                kAnew);
  const std::string& format = metadata.at(kFormat);
  if (format != std::to_string(kCheckpointFormat))
    throw Error(
        ErrorCode::kUnsupported,
        fmt::format("{}: checkpoint format {}; this fcn reads format {}", where, Quoted(format), kCheckpointFormat),
        "Continue with the version of fcn that wrote it.");
}

void ReadProgress(const std::string& text, const std::string& where, Checkpoint& checkpoint) {
  try {
    const json progress = json::parse(text);
    checkpoint.iteration = ReadCount(progress.at("iteration"));
    checkpoint.best_score = ReadExactNumber(progress.at("best_score"));
    checkpoint.best_iteration = ReadCount(progress.at("best_iteration"));
  } catch (const json::exception& error) {
    ThrowDamaged(where, fmt::format("\"{}\" is malformed: {}", kProgress, Quoted(error.what())));
  }
}

/// Sorts "STATE/NAME" into states and weights.
void ReadTensors(NamedTensors&& tensors, const std::string& where, Checkpoint& checkpoint) {
  for (auto& [name, tensor] : tensors) {
    const size_t slash = name.find('/');
    if (slash == name.npos || slash == 0)
      ThrowDamaged(where, fmt::format("tensor {} belongs to nothing", Quoted(name)));
    if (tensor.dtype != DType::kFloat32)
      ThrowDamaged(where, fmt::format("tensor {} is {}, not float32", Quoted(name), DTypeName(tensor.dtype)));
    const std::string kind = name.substr(0, slash);
    NamedTensors& group = kind == kWeights ? checkpoint.weights : checkpoint.states[kind];
    group.emplace(name.substr(slash + 1), std::move(tensor));
  }
  for (const auto& [kind, group] : checkpoint.states) {
    for (const auto& [name, tensor] : group) {
      const auto weight = checkpoint.weights.find(name);
      if (weight == checkpoint.weights.end())
        ThrowDamaged(where, fmt::format("there is {} of {}, but no such weight", Quoted(kind), Quoted(name)));
      if (weight->second.shape != tensor.shape)
        ThrowDamaged(where, fmt::format("{} of {} has the shape {}, and the weight {}", Quoted(kind), Quoted(name),
                                        tensor.shape.ToString(), weight->second.shape.ToString()));
    }
  }
}

bool IsShare(double score) { return std::isnan(score) || (score >= 0 && score <= 1); }

bool IsPlausible(const TrainingEntry& entry) {
  return std::isfinite(entry.epoch) && entry.epoch >= 0 && std::isfinite(entry.rate) && entry.rate >= 0 &&
         !std::isinf(entry.loss) &&
         std::ranges::none_of(entry.head_losses, [](const auto& head) { return std::isinf(head.second); });
}

bool IsPlausible(const HeadEntry& head) {
  return IsShare(head.pixel_accuracy) && IsShare(head.mean_accuracy) && IsShare(head.mean_iu) && IsShare(head.fw_iu) &&
         std::ranges::all_of(head.class_iu, IsShare);
}

bool IsPlausible(const ValidationEntry& entry) {
  return std::ranges::all_of(entry.heads, [](const HeadEntry& head) { return IsPlausible(head); });
}

/// A history is in order and ends before the checkpoint does; whoever resumes relies on it.
void CheckProgress(const Checkpoint& checkpoint, const std::string& where) {
  int64_t last = 0;
  for (const HistoryEntry& entry : checkpoint.history) {
    const int64_t iteration = IterationOf(entry);
    if (iteration < last || iteration > checkpoint.iteration)
      ThrowDamaged(where, fmt::format("the history has iteration {} after {}, and the checkpoint is of iteration {}",
                                      iteration, last, checkpoint.iteration));
    last = iteration;
    if (!std::visit([](const auto& one) { return IsPlausible(one); }, entry))
      ThrowDamaged(where, fmt::format("the history has a number that cannot be: {}", Quoted(ToJsonLine(entry))));
  }
  if (checkpoint.best_iteration > checkpoint.iteration)
    ThrowDamaged(where, fmt::format("the best iteration is {}, and the checkpoint is of iteration {}",
                                    checkpoint.best_iteration, checkpoint.iteration));
}

void AddTensors(const std::string& kind, const NamedTensors& group, NamedTensors& tensors) {
  for (const auto& [name, tensor] : group) {
    FCN_CHECK(tensor.dtype == DType::kFloat32);
    tensors.emplace(kind + '/' + name, tensor);
  }
}

/// Of what may be a checkpoint.
SafetensorsFile ReadTensorsAndMetadata(const std::filesystem::path& path) {
  if (!BeginsWithBrace(path))
    throw Error(ErrorCode::kInput, fmt::format("{} is not a checkpoint of a training", path.string()), kAnew);
  return ReadSafetensors(path);
}

}  // namespace

void ThrowDamaged(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what,
              "The checkpoint is damaged, or was not written by fcn train: take an earlier copy, or begin anew with "
              "--weights.");
}

const std::string& RequireMetadata(const std::map<std::string, std::string>& metadata, const std::string& key,
                                   const std::string& where) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) ThrowDamaged(where, fmt::format("the metadata lack \"{}\"", key));
  return found->second;
}

int64_t RequireCount(const Checkpoint& checkpoint, const std::string& key, int64_t most, const std::string& where) {
  const std::string& text = RequireMetadata(checkpoint.metadata, key, where);
  const std::optional<int64_t> value = ParseWhole(text);
  if (!value || *value < 0 || *value > most)
    ThrowDamaged(where, fmt::format("\"{}\" is {}, not a whole number of 0 to {}", key, Quoted(text), most));
  return *value;
}

void SaveCheckpoint(const std::filesystem::path& path, const Checkpoint& checkpoint) {
  NamedTensors tensors;
  AddTensors(kWeights, checkpoint.weights, tensors);
  for (const auto& [kind, group] : checkpoint.states) {
    FCN_CHECK(!kind.empty() && kind != kWeights && kind.find('/') == kind.npos);
    for (const auto& [name, tensor] : group) {
      const auto weight = checkpoint.weights.find(name);
      FCN_CHECK(weight != checkpoint.weights.end() && weight->second.shape == tensor.shape);
    }
    AddTensors(kind, group, tensors);
  }
  for (const auto& [key, value] : checkpoint.metadata) FCN_CHECK(!key.starts_with(kPrefix));
  std::map<std::string, std::string> metadata = checkpoint.metadata;
  metadata[kFormat] = std::to_string(kCheckpointFormat);
  metadata[kNetwork] = checkpoint.network;
  metadata[kConfig] = checkpoint.config;
  metadata[kHistory] = PrintHistory(checkpoint.history);
  metadata[kProgress] = ordered_json{{"iteration", checkpoint.iteration},
                                     {"best_score", ExactNumber(checkpoint.best_score)},
                                     {"best_iteration", checkpoint.best_iteration}}
                            .dump();
  metadata[kChecksumKey] = ChecksumOf(tensors, metadata);
  WriteSafetensors(path, tensors, metadata);
}

Checkpoint LoadCheckpoint(const std::filesystem::path& path) {
  return CheckpointOf(ReadTensorsAndMetadata(path), path.string());
}

Checkpoint CheckpointOf(SafetensorsFile file, const std::string& where) {
  CheckFormat(file.metadata, where);
  CheckChecksum(file, where);
  Checkpoint checkpoint;
  checkpoint.network = RequireMetadata(file.metadata, kNetwork, where);
  checkpoint.config = RequireMetadata(file.metadata, kConfig, where);
  ReadProgress(RequireMetadata(file.metadata, kProgress, where), where, checkpoint);
  checkpoint.history = ParseHistory(RequireMetadata(file.metadata, kHistory, where), where);
  CheckProgress(checkpoint, where);
  ReadTensors(std::move(file.tensors), where, checkpoint);
  for (const auto& [key, value] : file.metadata)
    if (!key.starts_with(kPrefix)) checkpoint.metadata.emplace(key, value);
  return checkpoint;
}

std::string ReadCheckpointConfig(const std::filesystem::path& path) {
  const SafetensorsFile file = ReadTensorsAndMetadata(path);
  CheckFormat(file.metadata, path.string());
  return RequireMetadata(file.metadata, kConfig, path.string());
}

bool IsCheckpoint(const std::map<std::string, std::string>& metadata) { return metadata.contains(kFormat); }

void CheckResumes(const Checkpoint& checkpoint, const Graph& graph,
                  const std::map<std::string, std::set<std::string>>& states, const std::string& where) {
  try {
    CheckWeights(graph, checkpoint.weights, where);
  } catch (const Error& error) {
    throw Error(error.code(), error.message(), kAnew);
  }
  std::vector<std::string> differences;
  for (const auto& [kind, names] : states) {
    const auto found = checkpoint.states.find(kind);
    for (const std::string& name : names)
      if (found == checkpoint.states.end() || !found->second.contains(name))
        differences.push_back(fmt::format("no {} of {}", kind, Quoted(name)));
  }
  for (const auto& [kind, group] : checkpoint.states) {
    const auto expected = states.find(kind);
    for (const auto& [name, tensor] : group)
      if (expected == states.end() || !expected->second.contains(name))
        differences.push_back(fmt::format("an unexpected {} of {}", Quoted(kind), Quoted(name)));
  }
  if (differences.empty()) return;
  constexpr size_t kShown = 4;
  const size_t count = differences.size();
  if (count > kShown) differences.resize(kShown);
  throw Error(
      ErrorCode::kInput,
      fmt::format("{}: the optimiser's state is not that of this configuration: {}{}", where,
                  fmt::join(differences, ", "), count > kShown ? fmt::format(" and {} more", count - kShown) : ""),
      "Resume with the optimiser, the frozen layers and the moving average that the run began with.");
}

}  // namespace fcn
