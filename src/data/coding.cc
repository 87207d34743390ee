#include "data/coding.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/nearest_name.h"
#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr size_t kMostClasses = 65000;
constexpr int kValues = 65536;

bool IsCount(const std::vector<std::string>& classes) {
  return classes.size() == 1 && !classes[0].empty() && classes[0].size() < 6 &&
         std::all_of(classes[0].begin(), classes[0].end(), [](char c) { return c >= '0' && c <= '9'; });
}

uint32_t Packed(Colour c) { return uint32_t{c.r} << 16 | uint32_t{c.g} << 8 | c.b; }

void CheckNames(const std::vector<std::string>& names) {
  if (names.size() > kMostClasses)
    throw Error(ErrorCode::kUsage, fmt::format("{} classes are not between 1 and {}", names.size(), kMostClasses));
  std::set<std::string> seen;
  for (const std::string& name : names)
    if (!seen.insert(name).second) throw Error(ErrorCode::kUsage, fmt::format("class {} is named twice", Quoted(name)));
}

/// The names where the data set has none of its own.
std::vector<std::string> GivenNames(const DatasetOptions& options) {
  if (options.classes.empty())
    throw Error(ErrorCode::kUsage, fmt::format("the classes of {} are not known", options.folder),
                "Name them with --classes, or one a line in a file classes.txt in that folder.");
  if (!IsCount(options.classes)) return options.classes;
  const size_t count = std::stoul(options.classes[0]);  // five digits at most
  if (count < 1) throw Error(ErrorCode::kUsage, fmt::format("0 classes are not between 1 and {}", kMostClasses));
  std::vector<std::string> names;
  for (size_t i = 0; i < count; i++) names.push_back(std::to_string(i));
  return names;
}

/// The place among the known classes of each class that is wanted.
std::vector<size_t> Places(const std::vector<std::string>& wanted, const std::vector<std::string>& known) {
  std::vector<size_t> places;
  for (const std::string& name : wanted) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      const std::string nearest = NearestName(name, known);
      throw Error(ErrorCode::kUsage, fmt::format("the data set has no class {}", Quoted(name)),
                  nearest.empty() ? "fcn dataset stats lists its classes." : fmt::format("Did you mean {}?", nearest));
    }
    places.push_back(static_cast<size_t>(found - known.begin()));
  }
  return places;
}

void ApplyMap(const DatasetOptions& options, LabelCoding& coding) {
  for (const auto& [value, label] : options.map) {
    const bool ignored = label == options.ignore_index;
    if (value < 0 || value >= kValues || (!ignored && (label < 0 || label >= coding.classes)))
      throw Error(ErrorCode::kUsage,
                  fmt::format("--map {}:{} leads to none of the {} classes", value, label, coding.classes),
                  "It maps a stored value of 0 to 65535 to the index of a class, or to the ignore index.");
    coding.of_value[static_cast<size_t>(value)] = ignored ? kIgnoredLabel : static_cast<uint16_t>(label);
  }
}

}  // namespace

DatasetClasses ChooseClasses(const DatasetOptions& options, const Listing& listing) {
  const ClassNames& known = listing.classes;
  DatasetClasses chosen;
  if (known.names.empty()) {
    chosen.names = GivenNames(options);
  } else {
    chosen.names = options.classes.empty() ? known.names : options.classes;
  }
  CheckNames(chosen.names);
  const size_t count = chosen.names.size();
  if (count > 255 && options.ignore_index == 255)
    throw Error(ErrorCode::kUsage, fmt::format("with {} classes, the ignore index 255 is one of them", count),
                "Choose another with --ignore-index: 65535, or -1 for none.");

  LabelCoding& coding = chosen.coding;
  coding.classes = static_cast<int>(count);
  coding.of_value.assign(kValues, kUnknownLabel);
  if (known.names.empty()) {
    for (size_t i = 0; i < count; i++) coding.of_value[i] = static_cast<uint16_t>(i);
    chosen.palette = VocPalette(coding.classes);
  } else {
    const std::vector<size_t> places = Places(chosen.names, known.names);
    std::fill_n(coding.of_value.begin(), known.names.size(), kIgnoredLabel);
    for (const Colour& colour : known.palette) coding.of_colour[Packed(colour)] = kIgnoredLabel;
    for (size_t i = 0; i < count; i++) coding.of_value[places[i]] = static_cast<uint16_t>(i);
    for (size_t i = 0; i < count && !known.palette.empty(); i++) {
      chosen.palette.push_back(known.palette[places[i]]);
      coding.of_colour[Packed(chosen.palette[i])] = static_cast<uint16_t>(i);
    }
    if (known.palette.empty()) chosen.palette = VocPalette(coding.classes);
  }
  for (int value : listing.void_values) coding.of_value[static_cast<size_t>(value)] = kIgnoredLabel;
  for (const Colour& colour : listing.void_colours) coding.of_colour[Packed(colour)] = kIgnoredLabel;
  if (!options.palette.empty()) {
    if (options.palette.size() != count)
      throw Error(ErrorCode::kUsage,
                  fmt::format("--palette has {} colours for {} classes", options.palette.size(), count));
    chosen.palette = options.palette;
    coding.of_colour.clear();
    for (size_t i = 0; i < count; i++) coding.of_colour[Packed(chosen.palette[i])] = static_cast<uint16_t>(i);
  }
  if (options.ignore_index < -1 || options.ignore_index >= kValues)
    throw Error(ErrorCode::kUsage,
                fmt::format("the ignore index {} is not between -1 and 65535", options.ignore_index));
  if (options.ignore_index >= 0) coding.of_value[static_cast<size_t>(options.ignore_index)] = kIgnoredLabel;
  ApplyMap(options, coding);
  return chosen;
}

}  // namespace fcn
