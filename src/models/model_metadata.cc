#include "models/model_metadata.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "graph/text.h"
#include "models/json_members.h"
#include "models/model_json.h"
#include "models/quantised_weights.h"

namespace fcn {
namespace {

using nlohmann::json;
using Metadata = std::map<std::string, std::string>;

constexpr char kPrefix[] = "fcn.";
constexpr char kFormat[] = "fcn.format", kName[] = "fcn.name", kGraph[] = "fcn.graph", kClasses[] = "fcn.classes",
               kPalette[] = "fcn.palette", kPreprocessing[] = "fcn.preprocessing", kGolden[] = "fcn.golden";
// Of format 2. The first two come together, and in place of classes, palette and preprocessing.
constexpr char kInputs[] = "fcn.inputs", kHeads[] = "fcn.heads", kVerified[] = "fcn.precisions";

[[noreturn]] void Fail(const std::string& where, const std::string& what) {
  throw Error(ErrorCode::kInput, where + ": " + what, GetAgain("model of fcn"));
}

const std::string& Require(const Metadata& metadata, const char* key, const std::string& where) {
  const auto found = metadata.find(key);
  if (found == metadata.end())
    throw Error(ErrorCode::kInput, fmt::format("{}: not a model of fcn: the metadata lack \"{}\"", where, key),
                "files with weights alone become models with fcn import");
  return found->second;
}

/// JSON in which no object has a member twice: other readers take the first, or the last.
json ParseOnce(const std::string& text) {
  std::vector<std::set<std::string>> members;  // of the objects around the place
  std::string twice;
  json value = json::parse(text, [&](int, json::parse_event_t event, json& parsed) {
    if (event == json::parse_event_t::object_start) members.emplace_back();
    if (event == json::parse_event_t::object_end) members.pop_back();
    if (event == json::parse_event_t::key && !members.back().insert(parsed.get<std::string>()).second)
      twice = parsed.get<std::string>();
    return true;
  });
  if (!twice.empty()) throw json::other_error::create(501, fmt::format("the member {} is there twice", twice), nullptr);
  return value;
}

/// Parses the JSON under `key` and hands it to `read`.
template <typename Read>
auto ReadJson(const Metadata& metadata, const char* key, const std::string& where, Read read) {
  try {
    return read(ParseOnce(Require(metadata, key, where)));
  } catch (const json::exception& error) {
    Fail(where, fmt::format("\"{}\" is malformed: {}", key, Quoted(TextOf(error))));
  }
}

/// Whether a value is of another type than float32.
bool HasTypes(const Graph& graph) {
  return std::ranges::any_of(graph.values(), [](const Value& value) { return value.type != ValueType(); });
}

int NeededFormat(const ModelContents& model) {
  const bool is_new =
      model.names_roles() || !model.precisions.empty() || HasQuantised(model.weights) || HasTypes(*model.graph);
  return is_new ? 2 : 1;
}

/// Another key of ours could change what the rest means.
void CheckKeys(const Metadata& metadata, const std::string& where) {
  for (const auto& [key, value] : metadata) {
    if (!key.starts_with(kPrefix)) continue;
    const auto known = {kFormat, kName,   kGraph, kClasses,  kPalette,    kPreprocessing,
                        kGolden, kInputs, kHeads, kVerified, kChecksumKey};
    if (std::ranges::none_of(known, [&](const char* name) { return key == name; }))
      Fail(where, fmt::format("the metadata have {}, which is no key of format 2", Quoted(key)));
  }
}

void ReadRoles(const Metadata& metadata, const std::string& where, ModelContents& model) {
  for (const auto& [there, other] : {std::pair(kInputs, kHeads), std::pair(kHeads, kInputs)})
    if (!metadata.contains(other))
      Fail(where, fmt::format("the metadata have \"{}\" and lack \"{}\": a model names both its inputs and its heads, "
                              "or neither",
                              there, other));
  for (const char* key : {kClasses, kPalette, kPreprocessing})
    if (metadata.contains(key)) Fail(where, fmt::format("the metadata have \"{}\" beside \"{}\"", key, kInputs));
  model.inputs = ReadJson(metadata, kInputs, where, ParseInputs);
  model.heads = ReadJson(metadata, kHeads, where, ParseHeads);
  if (model.inputs.empty() || model.heads.empty())
    Fail(where, fmt::format("\"{}\" or \"{}\" is empty", kInputs, kHeads));
}

}  // namespace

int FormatOf(const Metadata& metadata, const std::string& where) {
  const std::string& format = Require(metadata, kFormat, where);
  for (int known = 1; known <= kNewestModelFormat; known++)
    if (format == std::to_string(known)) return known;
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("{}: model format {}; this fcn reads formats 1 to {}", where, Quoted(format), kNewestModelFormat),
      "a newer fcn reads it: upgrade, or export the model again with this version");
}

Metadata ModelToMetadata(const ModelContents& model) {
  Metadata metadata = model.metadata;
  metadata[kFormat] = std::to_string(NeededFormat(model));
  metadata[kName] = model.name;
  metadata[kGraph] = PrintGraph(*model.graph);
  metadata[kGolden] = ToJson(model.golden).dump();
  try {
    if (!model.precisions.empty()) metadata[kVerified] = ToJson(model.precisions).dump();
    if (model.names_roles()) {
      metadata[kInputs] = ToJson(model.inputs).dump();
      metadata[kHeads] = ToJson(model.heads).dump();
    } else {
      metadata[kPreprocessing] = ToJson(model.input().preprocessing).dump();
      metadata[kPalette] = ToJson(model.head().palette).dump();
      metadata[kClasses] = json(model.head().classes).dump();
    }
  } catch (const json::exception& error) {
    throw Error(ErrorCode::kInput, fmt::format("a class name of {} is not UTF-8", Quoted(model.name)),
                "Names are UTF-8 without control characters: write them so.");
  }
  return metadata;
}

ModelContents ModelFromMetadata(const Metadata& metadata, const std::string& where) {
  const int format = FormatOf(metadata, where);
  if (format >= 2) CheckKeys(metadata, where);
  ModelContents model;
  model.name = Require(metadata, kName, where);
  try {
    model.graph = std::make_shared<const Graph>(ParseGraph(Require(metadata, kGraph, where)));
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("{}: \"{}\": {}", where, kGraph, error.message()), error.hint());
  }
  if (format >= 2 && (metadata.contains(kInputs) || metadata.contains(kHeads))) {
    ReadRoles(metadata, where, model);
  } else {
    model.head().classes =
        ReadJson(metadata, kClasses, where, [](const json& v) { return v.get<std::vector<std::string>>(); });
    model.head().palette = ReadJson(metadata, kPalette, where, ParsePalette);
    model.input().preprocessing = ReadJson(metadata, kPreprocessing, where, ParsePreprocessing);
  }
  model.golden = ReadJson(metadata, kGolden, where, [&](const json& v) { return ParseGoldens(v, format >= 2); });
  if (format >= 2 && metadata.contains(kVerified))
    model.precisions = ReadJson(metadata, kVerified, where, ParsePrecisions);
  for (const auto& [key, value] : metadata)
    if (!key.starts_with(kPrefix)) model.metadata.emplace(key, value);
  return model;
}

}  // namespace fcn
