#include "data/input_preprocessing.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

constexpr std::string_view kMeasured = "measured";

std::optional<Preprocessing> Parse(const std::string& text, const InputInfo& input) {
  if (text == kMeasured) return std::nullopt;
  const Preprocessing preprocessing = PreprocessingFromText(text, input.bands > 0 ? input.bands : 3);
  const bool is_of_bands = !preprocessing.is_colour();
  if (is_of_bands != (input.bands > 0))
    throw Error(ErrorCode::kUsage,
                fmt::format("{} prepares {}, and the input {} takes {}", Quoted(text),
                            is_of_bands ? "bands" : "pictures in colour", input.name,
                            input.bands > 0 ? fmt::format("{} bands", input.bands) : "pictures in colour"),
                input.bands > 0 ? "Say for instance bands:0.5:0.25, or measured." : "Say for instance torchvision.");
  return preprocessing;
}

std::string Trimmed(const std::string& text) {
  const size_t first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string() : text.substr(first, text.find_last_not_of(" \t") + 1 - first);
}

}  // namespace

std::vector<std::optional<Preprocessing>> ParsePreprocessings(const std::string& text,
                                                              std::span<const InputInfo> inputs,
                                                              const Preprocessing& colour) {
  std::vector<std::optional<Preprocessing>> parsed;
  for (const InputInfo& input : inputs)
    parsed.push_back(input.bands > 0 ? std::nullopt : std::optional<Preprocessing>(colour));
  if (text.empty()) return parsed;
  if (text.find('=') == text.npos) {
    if (inputs.size() > 1)
      throw Error(ErrorCode::kUsage,
                  fmt::format("{} does not say which of {} inputs it prepares", Quoted(text), inputs.size()),
                  fmt::format("Name them, with semicolons between: {}={};…", inputs[0].name, text));
    return {Parse(text, inputs[0])};
  }
  std::set<std::string> seen;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(';', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const size_t equals = part.find('=');
    const std::string name = Trimmed(part.substr(0, equals));
    const auto input = std::ranges::find(inputs, name, &InputInfo::name);
    if (equals == part.npos || input == inputs.end())
      throw Error(ErrorCode::kUsage, fmt::format("{} is no input's preprocessing", Quoted(part)),
                  "Each is NAME=PREPROCESSING of an input, with semicolons between: image=torchvision;depth=measured.");
    if (!seen.insert(name).second)
      throw Error(ErrorCode::kUsage, fmt::format("{} prepares the input {} twice", Quoted(text), name),
                  "Give each input one preprocessing.");
    parsed[static_cast<size_t>(input - inputs.begin())] = Parse(Trimmed(part.substr(equals + 1)), *input);
  }
  return parsed;
}

std::string PreprocessingsText(std::span<const Preprocessing> preprocessings, std::span<const InputInfo> inputs) {
  if (inputs.size() == 1) return PreprocessingText(preprocessings[0]);
  std::string text;
  for (size_t i = 0; i < inputs.size(); i++)
    text += fmt::format("{}{}={}", i > 0 ? ";" : "", inputs[i].name, PreprocessingText(preprocessings[i]));
  return text;
}

}  // namespace fcn
