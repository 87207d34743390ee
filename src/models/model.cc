#include "models/model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "models/binary.h"
#include "models/findings.h"
#include "models/model_check.h"
#include "models/model_metadata.h"
#include "models/quantised_weights.h"
#include "tensor/finite_tensor.h"

namespace fcn {

void CheckWeights(const Graph& graph, const NamedTensors& weights, const std::string& where) {
  Findings missing("missing"), unexpected("unexpected"), mismatched("of another shape"), unusable("not floating-point");
  for (const ValueId id : graph.Parameters()) {
    const Value& parameter = graph.value(id);
    const auto found = weights.find(parameter.name);
    if (found == weights.end()) {
      missing.Add(Quoted(parameter.name));
    } else if (found->second.shape != parameter.parameter_shape) {
      mismatched.Add(fmt::format("{} is {}, not {}", Quoted(parameter.name), found->second.shape.ToString(),
                                 parameter.parameter_shape.ToString()));
    } else if (!found->second.has_reals()) {
      unusable.Add(fmt::format("{} is {}", Quoted(parameter.name), DTypeName(found->second.dtype)));
    }
  }
  for (const auto& [name, tensor] : weights) {
    const ValueId id = graph.Find(name);
    if (id == kNoValue || graph.value(id).kind != ValueKind::kParameter) unexpected.Add(Quoted(name));
  }
  std::vector<std::string> found;
  for (const Findings* findings : {&missing, &unexpected, &mismatched, &unusable})
    if (findings->count() > 0) found.push_back(findings->ToString());
  if (!found.empty())
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the weights are not those of the graph: {}", where, fmt::join(found, "; ")),
                "fcn import builds a model of a network's own weights");
}

namespace {

/// What a model's file holds; `where` is what messages call it.
SafetensorsFile FileOf(const ModelContents& model, const std::string& where) {
  CheckModel(model, where);
  CheckWeights(*model.graph, model.weights, where);
  SafetensorsFile file{.tensors = SplitQuantised(model.weights), .metadata = {}};
  JoinQuantised(*model.graph, file.tensors, where);  // whether that can be read again
  file.metadata = ModelToMetadata(model);
  file.metadata[kChecksumKey] = ChecksumOf(file.tensors, file.metadata);
  return file;
}

}  // namespace

void SaveModel(const std::filesystem::path& path, const ModelContents& model, IfExists if_exists) {
  const SafetensorsFile file = FileOf(model, path.string());
  WriteSafetensors(path, file.tensors, file.metadata, if_exists);
}

std::vector<uint8_t> ModelBytes(const ModelContents& model) {
  const SafetensorsFile file = FileOf(model, model.name);
  return SafetensorsBytes(file.tensors, file.metadata, model.name);
}

SafetensorsFile ReadModelFile(const std::filesystem::path& path) {
  // Nine bytes tell what is no model, so that gigabytes of anything else are neither read nor mapped for this answer.
  if (!BeginsWithBrace(path))
    throw Error(ErrorCode::kInput, fmt::format("{} is not a model file", path.string()),
                "Make one out of weights: fcn import WEIGHTS --model NETWORK -o MODEL.safetensors");
  return ReadSafetensors(path);
}

ModelContents CheckedModelOf(const SafetensorsFile& file, const std::string& where) {
  const bool is_mapped = !file.tensors.empty() && file.tensors.begin()->second.mapped;
  FormatOf(file.metadata, where);              // of a newer one nobody knows what its checksum is of
  if (!is_mapped) CheckChecksum(file, where);  // before what follows, of which damage would make nonsense
  ModelContents model = ModelOf(file, where);
  if (!is_mapped) CheckFinite(model.weights, where);
  return model;
}

ModelContents LoadModel(const std::filesystem::path& path) {
  return CheckedModelOf(ReadModelFile(path), path.string());
}

ModelContents ModelOf(SafetensorsFile file, const std::string& where) {
  ModelContents model = ModelFromMetadata(file.metadata, where);
  CheckModel(model, where);
  if (FormatOf(file.metadata, where) >= 2)
    file.tensors = JoinQuantised(*model.graph, std::move(file.tensors), where);
  else
    CheckNoneQuantised(*model.graph, file.tensors, where);
  CheckWeights(*model.graph, file.tensors, where);
  NameBothClasses(model);
  model.weights = std::move(file.tensors);
  return model;
}

}  // namespace fcn
