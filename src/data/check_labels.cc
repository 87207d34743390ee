#include "data/check_labels.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/palette_order.h"
#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

/// A mask of 0 and 255, but for few pixels of other values, as a smooth brush leaves them, tells nothing by itself:
/// PASCAL VOC's labels without an object look so. It is the others beside it that do: whether any has 255 and objects.
LabelsReport::Mask MaskOf(const LabelsReport& report, const LabelCoding& coding) {
  using enum LabelsReport::Mask;
  if (report.colours || coding.Meaning(255, false) != kIgnoredLabel) return kOther;
  const uint16_t background = coding.Meaning(0, false);
  if (background >= coding.classes) return kOther;
  const auto count = [&](uint32_t value) {
    const auto found = report.counts.find(value);
    return found == report.counts.end() ? 0 : found->second;
  };
  int64_t objects = 0;
  for (size_t i = 0; i < report.pixels.size(); i++)
    if (i != background) objects += report.pixels[i];
  constexpr int64_t kFew = 1000;
  constexpr size_t kEdges = 8;  // as many other values, and the mask was resized smoothly: no value means anything
  if (report.counts.size() > kEdges && report.unknown > 0) return kOther;
  if (count(0) > 0 && count(255) > 0 && objects <= count(255) / kFew) return objects == 0 ? kBlackAndWhite : kFewOthers;
  if (objects == 0) return kOther;
  return count(255) > 0 ? kIgnoredBeside : kObjects;
}

void AddNote(std::vector<Finding>& findings, const std::string& kind, const std::string& file,
             const std::string& message) {
  findings.push_back({kind, file, message, false});
}

/// What all labels together tell may have been told by one of them.
void AddUnlessSaid(Finding finding, std::vector<Finding>& findings) {
  for (const Finding& other : findings)
    if (other.message.find(finding.message) != std::string::npos ||
        other.message.find("resized smoothly") != std::string::npos)
      return;
  findings.push_back(std::move(finding));
}

}  // namespace

std::string WithHint(const Error& error) { return error.message() + ". " + error.hint(); }

LabelsReport CheckLabels(const std::string& file, const LabelCoding& coding, const StoredLabels& stored,
                         std::vector<Finding>& findings) {
  LabelsReport report;
  report.is_read = true;
  report.pixels.resize(static_cast<size_t>(coding.classes));
  report.colours = stored.colours;
  report.counts = CountValues(stored);
  for (const auto& [value, count] : report.counts) {
    const uint16_t meaning = coding.Meaning(value, stored.colours);
    (meaning == kIgnoredLabel   ? report.ignored
     : meaning == kUnknownLabel ? report.unknown
                                : report.pixels[meaning]) += count;
  }
  report.mask = MaskOf(report, coding);
  if (std::string wrong = ContradictingPalette(stored, report.counts, coding, file); !wrong.empty())
    findings.push_back({"palette order", file, std::move(wrong)});
  if (report.unknown == 0 && report.counts.size() < kMostCheckedValues) return report;
  try {
    Interpret(stored, coding, file);
  } catch (const Error& error) {
    const bool lossy = error.hint().find("loss") != std::string::npos;
    findings.push_back({lossy ? "lossy labels" : "unknown value", file, WithHint(error)});
  }
  return report;
}

void HeadCheck::Add(const LabelsReport& labels) {
  if (!labels.is_read) return;
  masks_[labels.mask]++;
  ValueCounts& counts = labels.colours ? report_.colours : report_.values;
  for (const auto& [value, count] : labels.counts)
    if (counts.size() < kMostCheckedValues || counts.contains(value)) counts[value] += count;
  report_.frequencies.AddCounts(labels.pixels);
  report_.ignored_pixels += labels.ignored;
  report_.unknown_pixels += labels.unknown;
}

/// Masks of 0 and 255, where no other mask has 255 beside objects. As many of them as there are masks with objects, and
/// it is no accident, unless half of them have few pixels of other values: those may be points in what is not labelled.
bool HeadCheck::FindBlackAndWhite(size_t samples, size_t counted, std::vector<Finding>& findings) const {
  using enum LabelsReport::Mask;
  const auto count = [&](LabelsReport::Mask mask) { return masks_.contains(mask) ? masks_.at(mask) : 0; };
  const size_t few = count(kFewOthers), suspects = count(kBlackAndWhite) + few;
  if (suspects == 0 || count(kIgnoredBeside) > 0 || report_.classes.size() < 2) return false;
  const bool is_error = 2 * few < suspects && (counted < 2 || suspects >= count(kObjects));
  findings.push_back(
      {"binary labels", options_.folder,
       fmt::format("{} of {} labels are 0 or 255{}, and 255 is ignored: {}. Binary masks are read with {}", suspects,
                   samples, few > 0 ? " but for few pixels" : "",
                   counted < 2 ? "everything that counts is one class"
                   : few > 0   ? "little of what they show counts"
                               : "what they show does not count",
                   coding_.MapFlag("255:1")),
       is_error});
  return is_error || counted >= 2;
}

/// Classes that never occur, and what that may tell of the names.
void HeadCheck::FindAbsentClasses(std::vector<Finding>& findings) const {
  constexpr size_t kShown = 30;
  std::string absent;
  size_t count = 0;
  for (size_t i = 0; i < report_.classes.size(); i++)
    if (report_.frequencies.pixels(i) == 0 && count++ < kShown) absent += (count == 1 ? "" : ", ") + report_.classes[i];
  if (count == 0) return;
  if (count > kShown) absent += fmt::format(" and {} more", count - kShown);
  std::string message = fmt::format("These classes never occur: {}", absent);
  if (known_.are_published && report_.classes_from == known_.from)
    message += fmt::format(". The names are {}'s{}; classes of your own are named in {}/classes.txt{}", known_.from,
                           options_.classes.empty() ? "" : ", and so are the stored values", options_.folder,
                           options_.classes.empty() ? ", or by --classes" : "");
  else if (count == 1 && report_.frequencies.pixels(0) == 0 && report_.classes.size() > 2 &&
           !options_.reduce_zero_label)
    message += ". Where 0 does not count, as in ADE20K: leave that class out, with --reduce-zero-label";
  AddNote(findings, "absent classes", options_.folder, message);
}

/// Names that differ in case and blanks alone, which is mostly one class in two spellings.
void HeadCheck::FindSimilarNames(std::vector<Finding>& findings) const {
  std::map<std::string, std::string> seen;
  for (const std::string& name : report_.classes) {
    std::string plain;
    for (const char c : LowerCase(name))
      if (c != ' ' && c != '_' && c != '-') plain += c;
    if (const auto [other, is_new] = seen.emplace(plain, name); !is_new)
      AddNote(findings, "similar names", options_.folder,
              fmt::format("The classes {} and {} differ in case or blanks alone: are they one?", Quoted(other->second),
                          Quoted(name)));
  }
}

/// Names that look like others and differ from them.
void HeadCheck::FindHiddenCharacters(std::vector<Finding>& findings) const {
  for (const std::string& name : report_.classes)
    if (Shown(name) != name)
      AddNote(findings, "hidden characters", options_.folder,
              fmt::format("The class {} has characters that are not seen: write its name anew", Quoted(name)));
}

/// What gives a data set of which everything is one class another.
std::string HeadCheck::OtherClasses(const std::string& present) const {
  if (report_.classes.size() > 1)
    return fmt::format("Values that stand for the others are given with {}", coding_.MapFlag("VALUE:CLASS"));
  const std::vector<std::string>& known = known_.classes.names;
  const auto other = std::ranges::find_if(known, [&](const std::string& name) { return name != present; });
  if (std::ranges::find(known, present) == known.end())
    return fmt::format("Name what else there is, in the order of the label values: --classes 'background,{}'", present);
  if (other == known.end() || options_.classes.empty())
    return fmt::format("Name what else there is in {}, a class a line in the order of the label values", known_.from);
  return fmt::format("Name more of the classes of {}: --classes '{},{}'", known_.from, present, *other);
}

void HeadCheck::CheckWhole(size_t samples, std::vector<Finding>& findings) const {
  std::vector<std::string> present;
  for (size_t i = 0; i < report_.classes.size(); i++)
    if (report_.frequencies.pixels(i) > 0) present.push_back(report_.classes[i]);
  if (report_.unknown_pixels > 0)
    for (const bool colours : {false, true}) {
      const ValueCounts& counts = colours ? report_.colours : report_.values;
      if (std::ranges::any_of(
              counts, [&](const auto& entry) { return coding_.Meaning(entry.first, colours) == kUnknownLabel; }))
        AddUnlessSaid({"all values", options_.folder, GuessMistake(counts, colours, coding_)}, findings);
    }
  FindSimilarNames(findings);
  FindHiddenCharacters(findings);
  if (FindBlackAndWhite(samples, present.size(), findings) && present.size() < 2) return;
  if (report_.unknown_pixels > 0 && present.size() < 2) return;  // whatever these are meant to be
  if (present.empty() && report_.ignored_pixels > 0) {
    findings.push_back({"nothing counts", options_.folder,
                        "All pixels of all labels are ignored. --map and --ignore-index say what label values "
                        "mean"});
  } else if (present.size() == 1) {
    findings.push_back({"one class", options_.folder,
                        fmt::format("Everything that counts is {}, so that there is nothing to tell apart. {}",
                                    present[0], OtherClasses(present[0]))});
  } else {
    FindAbsentClasses(findings);
  }
}

}  // namespace fcn
