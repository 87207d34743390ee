#include "data/coding.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/class_files.h"
#include "data/label_options.h"
#include "data/text_lines.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

namespace fcn {
namespace {

constexpr int kValues = 65536;

uint32_t Packed(Colour c) { return uint32_t{c.r} << 16 | uint32_t{c.g} << 8 | c.b; }

/// The name that was probably meant: one that differs in case or in few letters; empty where none does.
std::string Mistyped(const std::string& name, const std::vector<std::string>& names) {
  for (const std::string& other : names)
    if (LowerCase(name) == LowerCase(other) || EditDistance(name, other) <= name.size() / 4) return other;
  return {};
}

/// "a", "b", "c" and 7 more.
std::string Some(const std::vector<std::string>& names) {
  constexpr size_t kShown = 5;
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), kShown); i++) text += (i > 0 ? ", " : "") + Quoted(names[i]);
  return names.size() > kShown ? fmt::format("{} and {} more", text, names.size() - kShown) : text;
}

/// Whether the classes that are wanted are the folder's own, in place of those that its layout was published with. A
/// mistyped name must not turn PASCAL VOC's labels into others, nor may one of its names get another stored value.
bool ReplacesPublished(const DatasetOptions& options, const KnownClasses& known) {
  if (!known.are_published || options.classes.empty()) return false;
  const int first = options.reduce_zero_label ? 1 : 0;
  std::vector<std::string> published, own;
  for (size_t i = 0; i < options.classes.size(); i++) {
    const std::string& name = options.classes[i];
    const auto found = std::ranges::find(known.classes.names, name);
    if (found != known.classes.names.end()) {
      const auto place = static_cast<size_t>(found - known.classes.names.begin());
      if (known.classes.value(place) != static_cast<int>(i) + first) published.push_back(name);
      continue;
    }
    if (const std::string meant = Mistyped(name, known.classes.names); !meant.empty())
      throw Error(
          ErrorCode::kUsage, fmt::format("{} has no class {}", known.from, Quoted(name)),
          fmt::format("Did you mean {}? Where the labels of {} are not {}'s, name their classes in {}/classes.txt.",
                      meant, options.folder, known.from, options.folder));
    own.push_back(name);
  }
  if (!own.empty() && !published.empty())
    throw Error(
        ErrorCode::kUsage,
        fmt::format("of the classes that are wanted, {} has {}, but not {}", known.from, Some(published), Some(own)),
        fmt::format("Choose among its classes alone; or, where the labels of {} have classes of their own, "
                    "name them in {}/classes.txt, or with --classes by names that {} does not have.",
                    options.folder, options.folder, known.from));
  return !own.empty();
}

/// The names where the data set has none of its own.
std::vector<std::string> GivenNames(const DatasetOptions& options, const std::string& class_file) {
  if (options.classes.empty())
    throw Error(ErrorCode::kUsage, fmt::format("the classes of {} are not known", options.folder),
                fmt::format("Name them with --classes, or one a line in a file {} in that folder.", class_file));
  if (!IsClassCount(options.classes)) return options.classes;
  std::vector<std::string> names;
  for (size_t i = 0; i < CountOfClasses(options.classes); i++) names.push_back(std::to_string(i));
  return names;
}

/// For each known class the index that is wanted for it, or kIgnoredLabel.
std::vector<uint16_t> WantedLabels(const std::vector<std::string>& wanted, const KnownClasses& known) {
  const std::vector<std::string>& names = known.classes.names;
  std::vector<uint16_t> labels(names.size(), kIgnoredLabel);
  for (size_t i = 0; i < wanted.size(); i++) {
    const auto found = std::ranges::find(names, wanted[i]);
    if (found == names.end()) {
      const std::string nearest = NearestName(wanted[i], names);
      throw Error(ErrorCode::kUsage, fmt::format("the data set has no class {}", Quoted(wanted[i])),
                  (nearest.empty() ? "" : fmt::format("Did you mean {}? ", nearest)) +
                      fmt::format("{} names its classes; fcn dataset stats lists them.", known.from));
    }
    labels[static_cast<size_t>(found - names.begin())] = static_cast<uint16_t>(i);
  }
  return labels;
}

void SetValue(LabelCoding& coding, int64_t value, uint16_t label, const std::string& classes_from) {
  if (value >= kValues)
    throw Error(ErrorCode::kUsage, fmt::format("{} gives a class the value {}", classes_from, value),
                "Stored values are 0 to 65535.");
  coding.of_value[static_cast<size_t>(value)] = label;
}

/// A colour that two classes have tells neither.
void SetColours(LabelCoding& coding, const std::vector<Colour>& palette, const std::vector<uint16_t>& labels) {
  std::map<uint32_t, uint16_t> table;
  for (size_t i = 0; i < palette.size(); i++) {
    const auto [slot, is_new] = table.emplace(Packed(palette[i]), labels[i]);
    if (!is_new && slot->second != labels[i]) {
      slot->second = kUnknownLabel;
      coding.shared_colours.insert(slot->first);
    }
  }
  for (const auto& [colour, label] : table) coding.of_colour[colour] = label;
}

void SetIgnored(LabelCoding& coding, const std::vector<int>& values, const std::vector<Colour>& colours) {
  for (int value : values) coding.of_value[static_cast<size_t>(value)] = kIgnoredLabel;
  for (const Colour& colour : colours) coding.of_colour[Packed(colour)] = kIgnoredLabel;
}

void ApplyMap(const DatasetOptions& options, LabelCoding& coding) {
  for (const LabelMapping& mapping : options.map) {
    const bool ignored = mapping.ignored || mapping.to == options.ignore_index;
    if (!ignored && (mapping.to < 0 || mapping.to >= coding.classes))
      throw Error(ErrorCode::kUsage,
                  fmt::format("--map {} leads to none of the {} classes", MappingText(mapping), coding.classes),
                  "It maps a stored value or a colour to the index of a class, or to ignore.");
    const uint16_t label = ignored ? kIgnoredLabel : static_cast<uint16_t>(mapping.to);
    if (mapping.colour) {
      coding.of_colour[static_cast<uint32_t>(mapping.from)] = label;
      coding.shared_colours.erase(static_cast<uint32_t>(mapping.from));
    } else {
      coding.of_value[static_cast<size_t>(mapping.from)] = label;
    }
  }
}

/// Whether the classes' own values are 1, 2, …, which is all that --reduce-zero-label could say.
bool CountsFromOne(const ClassNames& classes) {
  for (size_t i = 0; i < classes.values.size(); i++)
    if (classes.values[i] != static_cast<int>(i) + 1) return false;
  return classes.has_values && !classes.values.empty() &&
         std::ranges::find(classes.ignored_values, 0) != classes.ignored_values.end();
}

void CheckZeroLabel(const DatasetOptions& options, const KnownClasses& known, bool replaces) {
  if (!options.reduce_zero_label || replaces || CountsFromOne(known.classes)) return;
  constexpr const char* kHint = "Leave --reduce-zero-label out, or name other classes in classes.txt.";
  if (known.are_published)
    throw Error(ErrorCode::kUsage, fmt::format("the labels of {} do not count from 1", known.from), kHint);
  const ClassNames& classes = known.classes;
  bool counted = !classes.has_values;
  for (size_t i = 0; i < classes.values.size(); i++) counted = counted && classes.value(i) == static_cast<int>(i);
  if (!counted)
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{} says itself which stored values its classes have, which --reduce-zero-label contradicts",
                    known.from),
        "Leave --reduce-zero-label out, or the values in that file.");
}

/// The mappings of a head.
std::vector<LabelMapping> MapOf(const DatasetOptions& options, size_t head) {
  std::vector<LabelMapping> map;
  for (const LabelMapping& mapping : options.map) {
    const bool is_of_first = mapping.head.empty() || mapping.head == options.heads[0];
    if (head == 0 ? is_of_first : mapping.head == options.heads[head]) map.push_back(mapping);
  }
  return map;
}

}  // namespace

DatasetClasses ChooseClasses(const DatasetOptions& options, const KnownClasses& known) {
  CheckLabelOptions(options);
  const bool replaces = ReplacesPublished(options, known);
  CheckZeroLabel(options, known, replaces);
  const ClassNames classes = replaces ? ClassNames{} : known.classes;
  const bool is_known = !classes.names.empty();
  DatasetClasses chosen;
  chosen.names = !is_known                 ? GivenNames(options, known.class_file)
                 : options.classes.empty() ? classes.names
                                           : options.classes;
  chosen.from = is_known ? known.from : "--classes";
  const size_t count = chosen.names.size();
  LabelCoding& coding = chosen.coding;
  coding.classes = static_cast<int>(count);
  coding.head = known.head, coding.class_file = known.class_file;
  coding.of_value.assign(kValues, kUnknownLabel);
  SetIgnored(coding, known.void_values, known.void_colours);
  SetIgnored(coding, classes.ignored_values, classes.ignored_colours);

  const int first = options.reduce_zero_label && !CountsFromOne(classes) ? 1 : 0;
  if (first == 1) coding.of_value[0] = kIgnoredLabel;
  chosen.palette = VocPalette(coding.classes);
  std::vector<uint16_t> labels(count);
  for (size_t i = 0; i < count; i++) labels[i] = static_cast<uint16_t>(i);
  if (!is_known) {
    for (size_t i = 0; i < count; i++) SetValue(coding, static_cast<int64_t>(i) + first, labels[i], "--classes");
  } else {
    const std::vector<uint16_t> wanted = WantedLabels(chosen.names, known);
    for (size_t i = 0; i < wanted.size(); i++) {
      SetValue(coding, classes.value(i) + first, wanted[i], known.from);
      if (!classes.palette.empty() && wanted[i] != kIgnoredLabel) chosen.palette[wanted[i]] = classes.palette[i];
    }
    for (const auto& [value, place] : classes.further_values) SetValue(coding, value, wanted[place], known.from);
    if (options.palette.empty()) SetColours(coding, classes.palette, wanted);
  }
  if (!options.palette.empty()) {
    if (options.palette.size() != count)
      throw Error(ErrorCode::kUsage,
                  fmt::format("--palette has {} colours for {} classes", options.palette.size(), count),
                  "Give a colour for each class. A colour that does not count: --map '#e0e0c0:ignore'.");
    chosen.palette = options.palette;
    SetColours(coding, chosen.palette, labels);
  }
  if (options.ignore_index >= 0 && !(known.counts_255 && options.ignore_index == 255)) {
    uint16_t& meaning = coding.of_value[static_cast<size_t>(options.ignore_index)];
    if (options.ignore_index == 255 && meaning < count)
      throw Error(ErrorCode::kUsage, fmt::format("with {} classes, the ignore index 255 is one of them", count),
                  "Choose another with --ignore-index: 65535, or -1 for none.");
    meaning = kIgnoredLabel;
  }
  ApplyMap(options, coding);
  return chosen;
}

std::vector<DatasetClasses> ChooseHeads(const DatasetOptions& options, const Listing& listing) {
  CheckLabelOptions(options);
  DatasetOptions of_first = options;
  of_first.map = MapOf(options, 0);
  std::vector<DatasetClasses> heads = {ChooseClasses(of_first, listing.heads.front())};
  for (size_t i = 1; i < listing.heads.size(); i++) {
    if (listing.heads[i].classes.names.empty())
      throw Error(ErrorCode::kInput, fmt::format("the classes of the head {} are not known", options.heads[i]),
                  fmt::format("Name them, one a line, in {}/{}.", options.folder, ClassFileName(options.heads[i])));
    DatasetOptions others;
    others.ignore_index = options.ignore_index;
    others.map = MapOf(options, i), others.heads = {options.heads[i]};
    heads.push_back(ChooseClasses(others, listing.heads[i]));
  }
  return heads;
}

}  // namespace fcn
