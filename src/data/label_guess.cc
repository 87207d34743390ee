#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>
#include <vector>

#include "data/label_reader.h"

namespace fcn {
namespace {

/// The largest difference of a channel.
int Distance(uint32_t a, uint32_t b) {
  int worst = 0;
  for (int shift : {0, 8, 16})
    worst = std::max(worst, std::abs(static_cast<int>(a >> shift & 255) - static_cast<int>(b >> shift & 255)));
  return worst;
}

std::string GuessColours(const ValueCounts& counts, const LabelCoding& coding) {
  const bool grey = std::all_of(counts.begin(), counts.end(), [](const auto& entry) {
    return (entry.first & 255) == (entry.first >> 8 & 255) && (entry.first & 255) == entry.first >> 16;
  });
  const auto black_or_white = [](const auto& entry) { return entry.first == 0 || entry.first == 0xffffff; };
  if (grey && coding.of_colour.empty() && coding.classes == 2 && std::ranges::all_of(counts, black_or_white))
    return coding.head.empty()
               ? "Its pixels are black and white: --palette '#000000,#ffffff' where white is the second class."
               : fmt::format("Its pixels are black and white: {} where white is the second class.",
                             coding.MapFlag("#000000:0,#ffffff:1"));
  if (grey && coding.of_colour.empty())
    return "All its pixels are grey: save the labels as a grey or indexed PNG, not as RGB.";
  if (coding.of_colour.empty())
    return fmt::format("The labels are colours: give the colour of each class in {}{}.", coding.class_file,
                       coding.head.empty() ? " or with --palette" : "");
  for (const auto& [value, count] : counts)
    if (coding.shared_colours.contains(value))
      return fmt::format("Several classes have the {}: give each its own, or say which it means (--map).",
                         ValueText(value, true));
  constexpr int kNear = 24;
  for (const auto& [value, count] : counts)
    if (coding.Meaning(value, true) == kUnknownLabel)
      for (const auto& [colour, label] : coding.of_colour)
        if (Distance(value, colour) <= kNear)
          return fmt::format(
              "It is close to {}: the labels went through a lossy format or were resized smoothly. Make them anew from "
              "their source.",
              ValueText(colour, true));
  for (const auto& [value, count] : counts)
    if (coding.Meaning(value, true) == kUnknownLabel)
      return fmt::format(
          "Colours without a class: where they do not count, {}; otherwise add their classes and colours, or {}.",
          coding.MapFlag(fmt::format("#{:06x}:ignore", value)), coding.MapFlag(fmt::format("#{:06x}:CLASS", value)));
  return {};
}

/// Whether the number of the classes is the only value without a meaning, though 0 has one.
bool OnlyOneTooLarge(const ValueCounts& counts, const LabelCoding& coding) {
  const auto classes = static_cast<uint32_t>(coding.classes);
  const auto unknown = [&](const auto& entry) { return coding.Meaning(entry.first, false) == kUnknownLabel; };
  return coding.classes > 1 && coding.Meaning(0, false) == 0 && counts.contains(classes) &&
         unknown(*counts.find(classes)) && std::ranges::count_if(counts, unknown) == 1;
}

/// Whether labels look resized smoothly: nearly all pixels have the values of as many classes as there are, and many
/// others lie scattered between these.
bool LooksResized(const ValueCounts& counts, const LabelCoding& coding) {
  constexpr size_t kMany = 6;
  constexpr double kMost = 0.75;
  const auto classes = static_cast<size_t>(coding.classes);
  if (classes < 2 || counts.size() < classes + kMany) return false;
  std::vector<std::pair<int64_t, uint32_t>> often;
  int64_t pixels = 0;
  for (const auto& [value, count] : counts) often.emplace_back(count, value), pixels += count;
  std::ranges::sort(often, std::greater());
  int64_t most = 0;
  uint32_t least = often[0].second, last = least;
  for (size_t i = 0; i < classes; i++) {
    most += often[i].first;
    least = std::min(least, often[i].second), last = std::max(last, often[i].second);
  }
  const auto between = static_cast<size_t>(
      std::ranges::count_if(counts, [&](const auto& entry) { return entry.first > least && entry.first < last; }));
  return static_cast<double>(most) >= kMost * static_cast<double>(pixels) && between + 2 >= counts.size() &&
         last - least >= 2 * counts.size();
}

}  // namespace

std::string GuessMistake(const ValueCounts& counts, bool colours, const LabelCoding& coding) {
  if (colours) return GuessColours(counts, coding);
  if (counts.empty()) return {};
  const uint32_t most = counts.rbegin()->first, least = counts.begin()->first;
  const auto classes = static_cast<uint32_t>(coding.classes);
  if (OnlyOneTooLarge(counts, coding))
    return fmt::format(
        "Values run to {0}, and the last of {0} classes is {1}: do the classes count from 1, and 0 is none, as in "
        "ADE20K? {2}. Otherwise name one class more.",
        classes, classes - 1, coding.head.empty() ? "--reduce-zero-label" : coding.MapFlag("0:ignore,1:0,2:1,…"));
  if (counts.size() == 2 && least == 0 && classes >= 2)
    return fmt::format("Values are 0 and {}: a binary mask? {}", most, coding.MapFlag(fmt::format("{}:1", most)));
  if (counts.size() > 64 && counts.size() > 2 * size_t{classes})
    return fmt::format(
        "{} different values: is this a photograph, or labels that were resized smoothly or compressed "
        "with losses? Make them anew from their source.",
        counts.size());
  if (counts.size() >= 3) {
    const uint32_t step = std::next(counts.begin())->first - least;
    bool even = step > 1;
    uint32_t expected = least;
    for (const auto& [value, count] : counts) even = even && value == expected, expected += step;
    if (even)
      return fmt::format("Values step by {}: labels spread over the greys to be seen? {},…", step,
                         coding.MapFlag(fmt::format("{}:1,{}:2", least + step, least + 2 * step)));
  }
  if (LooksResized(counts, coding))
    return fmt::format(
        "{} different values, most of them rare: were the labels resized smoothly, or compressed with losses? Make "
        "them "
        "anew from their source; to resize labels, take the nearest pixel.",
        counts.size());
  if (counts.contains(255) && coding.Meaning(255, false) == kUnknownLabel)
    return "255 mostly marks pixels that do not count: --ignore-index 255";
  return fmt::format("Give more classes {}, or say what the value means: {}, {}",
                     coding.head.empty() ? "with --classes" : "in " + coding.class_file, coding.MapFlag("VALUE:CLASS"),
                     coding.MapFlag("VALUE:ignore"));
}

}  // namespace fcn
