#include "fcn/preprocessing.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/preprocessing_fault.h"

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

std::optional<float> Number(std::string_view text) {
  float number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// One number for all bands, or one for each.
std::optional<PerBand> Numbers(std::string_view text, size_t bands) {
  std::vector<float> numbers;
  for (const std::string_view part : Split(text, ',')) {
    const std::optional<float> number = Number(part);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  if (numbers.size() == 1) numbers.resize(bands, numbers[0]);
  if (numbers.size() != bands) return std::nullopt;
  return PerBand(numbers);
}

/// "LEAST..MOST"
bool ReadRange(std::string_view text, Preprocessing& preprocessing) {
  const size_t dots = text.find("..");
  if (dots == text.npos) return false;
  const std::optional<float> least = Number(text.substr(0, dots)), most = Number(text.substr(dots + 2));
  if (!least || !most) return false;
  preprocessing.least = *least, preprocessing.most = *most;
  return true;
}

/// What integers span unless a text says otherwise.
void SetUsualRange(Preprocessing& preprocessing) {
  preprocessing.least = 0;
  preprocessing.most = preprocessing.is_colour() ? 255 : 1;
}

std::optional<Preprocessing> Parse(std::string_view text, size_t bands) {
  const std::vector<std::string_view> parts = Split(text, ':');
  if (parts.size() != 3 && parts.size() != 4) return std::nullopt;
  Preprocessing preprocessing;
  for (const Preprocessing::Order order : {Preprocessing::Order::kRgb, Preprocessing::Order::kBgr,
                                           Preprocessing::Order::kBands, Preprocessing::Order::kLogs})
    if (parts[0] == OrderName(order)) preprocessing.order = order;
  if (parts[0] != OrderName(preprocessing.order)) return std::nullopt;
  const size_t wanted = preprocessing.is_colour() ? 3 : bands;
  const auto mean = Numbers(parts[1], wanted), deviation = Numbers(parts[2], wanted);
  if (!mean || !deviation) return std::nullopt;
  preprocessing.mean = *mean, preprocessing.deviation = *deviation;
  SetUsualRange(preprocessing);
  if (parts.size() == 4 && !ReadRange(parts[3], preprocessing)) return std::nullopt;
  return preprocessing;
}

/// Numbers of samples from 0 to 1, as other programs' configurations have them, where samples are from 0 to 255. A
/// deviation of 1 is none at all.
bool IsOfUnitSamples(const Preprocessing& p) {
  if (!p.is_colour() || p.most != 255) return false;
  const auto is_small_mean = [](float mean) { return mean != 0 && std::abs(mean) <= 1; };
  const auto is_small_deviation = [](float deviation) { return deviation < 2 && deviation != 1; };
  return std::ranges::any_of(p.mean, is_small_mean) || std::ranges::any_of(p.deviation, is_small_deviation);
}

std::string Text(const PerBand& numbers) { return fmt::format("{}", fmt::join(numbers.begin(), numbers.end(), ",")); }

}  // namespace

std::string_view OrderName(Preprocessing::Order order) {
  constexpr std::string_view kNames[] = {"rgb", "bgr", "bands", "logs"};  // in the order of Order
  return kNames[static_cast<size_t>(order)];
}

std::span<const NamedPreprocessing> NamedPreprocessings() { return kNamed; }

Preprocessing PreprocessingFromText(std::string_view text, int bands) {
  for (const NamedPreprocessing& row : kNamed)
    if (row.name == text) return row.preprocessing;
  const std::optional<Preprocessing> chosen = Parse(text, static_cast<size_t>(bands));
  if (const std::string fault = chosen ? PreprocessingFault(*chosen) : std::string(); !fault.empty())
    throw Error(
        ErrorCode::kUsage, fmt::format("{} is no preprocessing: {}", Quoted(text), fault),
        fmt::format("Ranges ascend, deviations are above 0, and what a network reads is at most {:g}.", kLargestInput));
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
                  "rgb:127.5,127.5,127.5:127.5,127.5,127.5; of pictures of other bands "
                  "bands:MEAN:DEVIATION:LEAST..MOST, or logs:… of "
                  "their logarithms",
                  fmt::join(names, ", ")));
}

std::string PreprocessingText(const Preprocessing& p) {
  Preprocessing usual = p;
  SetUsualRange(usual);
  const bool has_usual_range = p.least == usual.least && p.most == usual.most;
  for (const auto& [name, preprocessing] : kNamed)
    if (has_usual_range && p.order == preprocessing.order && p.mean == preprocessing.mean &&
        p.deviation == preprocessing.deviation)
      return std::string(name);
  std::string text = fmt::format("{}:{}:{}", OrderName(p.order), Text(p.mean), Text(p.deviation));
  if (!has_usual_range) text += fmt::format(":{}..{}", p.least, p.most);
  return text;
}

}  // namespace fcn
