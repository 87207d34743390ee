#include "fcn/preprocessing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr NamedPreprocessing kNamed[] = {
    {"torchvision", kTorchvisionPreprocessing},
    {"caffe", kCaffePreprocessing},
    {"tensorflow", kTensorflowPreprocessing},
    {"lite", kLitePreprocessing},
    {"unit", {.order = Preprocessing::Order::kRgb, .mean = {0, 0, 0}, .deviation = {255, 255, 255}}},
    {"none", {}},
};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (size_t at; (at = text.find(separator)) != text.npos; text.remove_prefix(at + 1))
    parts.push_back(text.substr(0, at));
  parts.push_back(text);
  return parts;
}

/// One number for all channels, or three.
std::optional<PerBand> Triple(std::string_view text) {
  std::vector<float> numbers;
  for (const std::string_view part : Split(text, ',')) {
    float number = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    if (error != std::errc() || end != part.data() + part.size() || !std::isfinite(number)) return std::nullopt;
    numbers.push_back(number);
  }
  if (numbers.size() == 1) numbers.resize(3, numbers[0]);
  if (numbers.size() != 3) return std::nullopt;
  return PerBand(numbers);
}

/// Numbers of samples from 0 to 1, as other programs' configurations have them, where samples are from 0 to 255. A
/// deviation of 1 is none at all.
bool IsOfUnitSamples(const Preprocessing& p) {
  const auto is_small_mean = [](float mean) { return mean != 0 && std::abs(mean) <= 1; };
  const auto is_small_deviation = [](float deviation) { return deviation < 2 && deviation != 1; };
  return std::ranges::any_of(p.mean, is_small_mean) || std::ranges::any_of(p.deviation, is_small_deviation);
}

std::string Text(const PerBand& numbers) { return fmt::format("{}", fmt::join(numbers.begin(), numbers.end(), ",")); }

}  // namespace

std::string_view OrderName(Preprocessing::Order order) {
  constexpr std::string_view kNames[] = {"rgb", "bgr", "bands"};  // in the order of Order
  return kNames[static_cast<size_t>(order)];
}

std::span<const NamedPreprocessing> NamedPreprocessings() { return kNamed; }

Preprocessing PreprocessingFromText(std::string_view text) {
  for (const NamedPreprocessing& row : kNamed)
    if (row.name == text) return row.preprocessing;
  std::optional<Preprocessing> chosen;
  const std::vector<std::string_view> parts = Split(text, ':');
  if (parts.size() == 3 && (parts[0] == "rgb" || parts[0] == "bgr")) {
    const auto mean = Triple(parts[1]), deviation = Triple(parts[2]);
    const auto divides = [](float d) { return d > 0 && std::isfinite(1 / d); };
    if (mean && deviation && divides((*deviation)[0]) && divides((*deviation)[1]) && divides((*deviation)[2]))
      chosen = {.order = parts[0] == "rgb" ? Preprocessing::Order::kRgb : Preprocessing::Order::kBgr,
                .mean = *mean,
                .deviation = *deviation};
  }
  if (chosen && IsOfUnitSamples(*chosen))
    throw Error(
        ErrorCode::kUsage,
        fmt::format("the preprocessing {} has a mean or deviation of samples from 0 to 1, not 0 to 255", Quoted(text)),
        "Multiply all of them by 255, or name one: 0.485,0.456,0.406 and 0.229,0.224,0.225 are torchvision, "
        "0.5 and 0.5 tensorflow, 0 and 1 unit.");
  if (chosen) return *chosen;
  std::vector<std::string_view> names;
  for (const NamedPreprocessing& row : kNamed) names.push_back(row.name);
  throw Error(
      ErrorCode::kUsage, fmt::format("{} is no preprocessing", Quoted(text)),
      fmt::format("There are {}, or give the order of the channels, mean and deviation of samples from 0 to 255: "
                  "rgb:127.5,127.5,127.5:127.5,127.5,127.5",
                  fmt::join(names, ", ")));
}

std::string PreprocessingText(const Preprocessing& p) {
  for (const auto& [name, preprocessing] : kNamed)
    if (p.order == preprocessing.order && p.mean == preprocessing.mean && p.deviation == preprocessing.deviation)
      return std::string(name);
  return fmt::format("{}:{}:{}", OrderName(p.order), Text(p.mean), Text(p.deviation));
}

}  // namespace fcn
