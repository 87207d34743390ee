#include "caffe/release_data.h"

#include <charconv>
#include <string_view>

namespace fcn {
namespace {

/// What stands behind a quoted key and its colon; empty where it is not there.
std::string_view Behind(std::string_view text, const std::string& key) {
  for (const char quote : {'\'', '"'}) {
    const size_t begin = text.find(quote + key + quote);
    if (begin == std::string_view::npos) continue;
    const std::string_view rest = text.substr(begin + key.size() + 2);
    const size_t value = rest.find_first_not_of(" :");
    if (value != std::string_view::npos && value > 0) return rest.substr(value);
  }
  return {};
}

/// What stands between the brackets behind a key.
std::string_view BracketsBehind(std::string_view text, const std::string& key) {
  const std::string_view rest = Behind(text, key);
  if (!rest.starts_with('(') && !rest.starts_with('[')) return {};
  const size_t close = rest.find_first_of(")]");
  return close == std::string_view::npos ? std::string_view() : rest.substr(1, close - 1);
}

/// The place-th of the strings in a list.
std::string StringAt(std::string_view list, size_t place) {
  for (size_t i = 0; !list.empty(); i++) {
    const size_t open = list.find_first_of("'\"");
    if (open == std::string_view::npos) return {};
    const size_t close = list.find(list[open], open + 1);
    if (close == std::string_view::npos) return {};
    if (i == place) return std::string(list.substr(open + 1, close - open - 1));
    list.remove_prefix(close + 1);
  }
  return {};
}

}  // namespace

std::vector<float> NumbersBehind(const std::string& parameters, const std::string& key) {
  constexpr size_t kMost = 64;
  std::vector<float> numbers;
  std::string_view list = BracketsBehind(parameters, key);
  while (!list.empty() && numbers.size() < kMost) {
    const size_t begin = list.find_first_not_of(" ,");
    if (begin == std::string_view::npos) break;
    list.remove_prefix(begin);
    float number = 0;
    const auto [end, error] = std::from_chars(list.data(), list.data() + list.size(), number);
    if (error != std::errc()) return {};
    numbers.push_back(number);
    list.remove_prefix(static_cast<size_t>(end - list.data()));
  }
  return numbers;
}

std::string TextBehind(const std::string& parameters, const std::string& key) {
  const std::string_view rest = Behind(parameters, key);
  return rest.starts_with('\'') || rest.starts_with('"') ? StringAt(rest, 0) : std::string();
}

std::optional<ReleaseData> ReleaseDataOf(const CaffeLayer& layer, size_t top) {
  if (layer.type != "Python") return std::nullopt;
  const CaffeMessage python = layer.settings.Message("python_param");
  const std::string python_layer = python.Text("layer");
  if (python_layer == "SIFTFlowSegDataLayer")
    return ReleaseData{.mean = {114.578f, 115.294f, 108.353f}, .input = {}, .heads = {"semantic", "geometric"}};
  if (python_layer == "PASCALContextSegDataLayer")
    return ReleaseData{.mean = {104.007f, 116.669f, 122.679f}, .input = {}, .heads = {}};
  if (python_layer != "NYUDSegDataLayer") return std::nullopt;
  const std::string named = StringAt(BracketsBehind(python.Text("param_str"), "tops"), top);
  const std::string& kind = named.empty() ? layer.tops[top] : named;
  // Colours are turned around to blue, green, red; the channels of HHA stay as the file has them.
  if (kind == "hha")
    return ReleaseData{
        .mean = {132.431f, 94.076f, 118.477f}, .order = Preprocessing::Order::kRgb, .input = kind, .heads = {}};
  if (kind == "depth")
    return ReleaseData{.mean = {7.844f}, .order = Preprocessing::Order::kLogs, .input = kind, .heads = {}};
  return ReleaseData{.mean = {116.190f, 97.203f, 92.318f}, .input = "color", .heads = {}};
}

}  // namespace fcn
