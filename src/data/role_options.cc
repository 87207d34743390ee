#include "data/role_options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/roles.h"

namespace fcn {
namespace {

constexpr const char* kInputsHint =
    "Inputs are named so: --inputs image,depth:1, with the bands of those that are no "
    "pictures in colour.";
constexpr const char* kHeadsHint = "Heads are named so: --heads class,geometry.";

/// What stands between commas, without blanks around.
std::vector<std::string> Parts(const std::string& text) {
  std::vector<std::string> parts;
  if (text.find_first_not_of(" \t") == text.npos) return parts;
  for (size_t at = 0; at <= text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    std::string part = text.substr(at, end - at);
    part.erase(0, std::min(part.find_first_not_of(" \t"), part.size()));
    part.erase(part.find_last_not_of(" \t") + 1);
    parts.push_back(std::move(part));
    at = end + 1;
  }
  return parts;
}

void CheckNames(const std::vector<std::string>& names, const char* kind, size_t most, const char* hint) {
  if (names.size() > most)
    throw Error(ErrorCode::kUsage, fmt::format("{} {}s are more than {}", names.size(), kind, most), hint);
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (name.empty() && names.size() == 1) continue;
    if (!IsRoleName(name))
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} cannot be the name of {} {}: names are letters, digits, - and _, a letter first",
                              Quoted(name), kind[0] == 'i' ? "an" : "a", kind),
                  hint);
    if (!seen.insert(name).second)
      throw Error(ErrorCode::kUsage, fmt::format("two {}s are called {}", kind, name), hint);
  }
}

void CheckInputs(const std::vector<InputInfo>& inputs) {
  std::vector<std::string> names;
  for (const InputInfo& input : inputs) {
    names.push_back(input.name);
    if (input.bands < 0 || input.bands > kMostPictureBands)
      throw Error(ErrorCode::kUsage,
                  fmt::format("the input {} cannot have {} bands: pictures have 1 to {}", input.name, input.bands,
                              kMostPictureBands),
                  kInputsHint);
  }
  CheckNames(names, "input", kMostInputs, kInputsHint);
}

void CheckHeads(const std::vector<std::string>& heads) { CheckNames(heads, "head", kMostHeads, kHeadsHint); }

InputInfo ParseInput(const std::string& text) {
  const size_t colon = text.find(':');
  InputInfo input{text.substr(0, colon), 0};
  if (colon == text.npos) return input;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + colon + 1, end, input.bands);
  if (error != std::errc() || at != end || input.bands < 1)
    throw Error(ErrorCode::kUsage, fmt::format("{} does not say how many bands the input has", Quoted(text)),
                kInputsHint);
  return input;
}

}  // namespace

std::vector<InputInfo> ParseInputs(const std::string& text) {
  std::vector<InputInfo> inputs;
  for (const std::string& part : Parts(text)) {
    inputs.push_back(ParseInput(part));
    if (inputs.back().name.empty())
      throw Error(ErrorCode::kUsage, fmt::format("{} has an input without a name", Quoted(text)), kInputsHint);
  }
  CheckInputs(inputs);
  return inputs;
}

std::string InputsText(const std::vector<InputInfo>& inputs) {
  std::string text;
  for (const InputInfo& input : inputs) {
    text += (text.empty() ? "" : ", ") + input.name;
    if (input.bands > 0) text += fmt::format(":{}", input.bands);
  }
  return text;
}

std::vector<std::string> ParseHeads(const std::string& text) {
  std::vector<std::string> heads = Parts(text);
  if (std::ranges::find(heads, std::string()) != heads.end())
    throw Error(ErrorCode::kUsage, fmt::format("{} has a head without a name", Quoted(text)), kHeadsHint);
  CheckHeads(heads);
  return heads;
}

std::string HeadsText(const std::vector<std::string>& heads) { return fmt::format("{}", fmt::join(heads, ", ")); }

void CheckRoles(const DatasetOptions& options) {
  CheckInputs(options.inputs);
  CheckHeads(options.heads);
}

std::vector<InputInfo> InputsOf(const DatasetOptions& options) {
  return options.inputs.empty() ? std::vector<InputInfo>(1) : options.inputs;
}

std::vector<std::string> HeadsOf(const DatasetOptions& options) {
  return options.heads.empty() ? std::vector<std::string>(1) : options.heads;
}

}  // namespace fcn
