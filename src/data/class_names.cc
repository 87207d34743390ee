#include "data/class_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/quoted.h"
#include "data/class_line.h"
#include "data/label_options.h"
#include "data/option_text.h"
#include "data/text_lines.h"
#include "fcn/error.h"

namespace fcn {
namespace {

constexpr int64_t kValues = 65536;

/// What the lines of a class file are made of, on the way to classes; every error names the file and a line.
class Assembly {
 public:
  explicit Assembly(const std::string& file) : file_(file) {}

  void Add(size_t number, ClassLine line) {
    if (lines_.size() == kMostClasses)
      throw Error(ErrorCode::kInput, fmt::format("{} names more than {} classes", file_, kMostClasses));
    numbers_.push_back(number);
    lines_.push_back(std::move(line));
  }
  bool empty() const { return lines_.empty(); }

  ClassNames Classes() {
    TakeValues(&ClassLine::before);
    TakeValues(&ClassLine::behind);
    CheckForm();
    int next = 0;  // the stored value where the file gives none
    for (size_t i = 0; i < lines_.size(); i++) {
      const std::string lower = LowerCase(lines_[i].name);
      const bool has_value = !values_.empty() || lower != "__ignore__";
      const int value = values_.empty() ? next : values_[i];
      if (has_value) next++;
      if (lower == "ignore" || lower == "ignored" || lower == "__ignore__") {
        if (has_value) classes_.ignored_values.push_back(value);
        if (lines_[i].colour) classes_.ignored_colours.push_back(*lines_[i].colour);
      } else {
        AddClass(i, value);
      }
    }
    if (classes_.names.empty()) throw Error(ErrorCode::kInput, fmt::format("{} names no class", file_));
    return std::move(classes_);
  }

  [[noreturn]] void Fail(size_t number, const std::string& what, const std::string& hint = {}) const {
    throw Error(ErrorCode::kInput, fmt::format("line {} of {} {}", number, file_, what), hint);
  }

 private:
  /// Numbers beside the names are stored values where all lines have one: with more than spaces between, or before the
  /// names, counting up from 0 or 1. Otherwise they are part of the names.
  void TakeValues(std::optional<ClassLine::Number> ClassLine::*number) {
    if (!values_.empty() || lines_.empty()) return;
    bool all = true, separated = false, counting = number == &ClassLine::before && lines_.size() > 1;
    for (size_t i = 0; i < lines_.size(); i++) {
      const auto& found = lines_[i].*number;
      all = all && found.has_value();
      separated = separated || (found && found->separated);
      const auto& first = lines_[0].*number;
      counting = counting && found && first && (first->value == 0 || first->value == 1) &&
                 found->value == first->value + static_cast<int64_t>(i);
    }
    if (!separated && !(all && counting)) return;
    constexpr const char* kHint =
        "Give every class its stored value, or none. A name that has a number stands in quotes.";
    std::set<int64_t> seen;
    for (size_t i = 0; i < lines_.size(); i++) {
      const auto& found = lines_[i].*number;
      if (!found) Fail(numbers_[i], "has no number beside the name, unlike others", kHint);
      if (found->value < 0 || found->value >= kValues)
        Fail(numbers_[i], "has a number beside the name that is no stored value of 0 to 65535", kHint);
      if (!seen.insert(found->value).second)
        Fail(numbers_[i], fmt::format("has the value {} again", found->value), kHint);
      values_.push_back(static_cast<int>(found->value));
      if (!lines_[i].quoted) lines_[i].name = found->rest;
    }
  }

  /// Mistakes that all lines show together.
  void CheckForm() const {
    if (!lines_.empty() && std::ranges::all_of(lines_, &ClassLine::has_alpha))
      Fail(numbers_[0], "has four numbers, of which the last is 255 in all lines",
           "Colours are red, green and blue: leave the transparency out.");
    if (lines_.size() == 1 && !lines_[0].quoted && lines_[0].name.find_first_of(",;") != std::string::npos)
      Fail(numbers_[0], "names all classes at once",
           "Give each class a line. A name that has commas stands in quotes.");
  }

  void AddClass(size_t i, int value) {
    const ClassLine& line = lines_[i];
    const auto fail = [&](const std::string& what) {
      Fail(numbers_[i], what, "Colours are for all classes or for none. A name that ends in numbers stands in quotes.");
    };
    if (!classes_.names.empty() && line.colour.has_value() == classes_.palette.empty())
      fail(fmt::format("has {} colour, unlike the lines before", line.colour ? "a" : "no"));
    if (!seen_.insert(line.name).second) Fail(numbers_[i], fmt::format("names {} again", Quoted(line.name)));
    classes_.names.push_back(line.name);
    if (line.colour) classes_.palette.push_back(*line.colour);
    classes_.values.push_back(value);
  }

  const std::string& file_;
  std::vector<size_t> numbers_;
  std::vector<ClassLine> lines_;
  std::vector<int> values_;
  std::set<std::string> seen_;
  ClassNames classes_;
};

std::vector<std::string> Columns(std::string_view line) {
  const size_t separator = line.find_first_of(",;\t");
  const char gap = separator == line.npos ? ' ' : line[separator];
  std::vector<std::string> columns;
  while (!line.empty()) {
    const size_t end = std::min(line.find(gap), line.size());
    const std::string_view column = Trimmed(line.substr(0, end), " \t\"'");
    if (!column.empty()) columns.push_back(LowerCase(column));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return columns;
}

/// "name,r,g,b" and the like: columns that are called as nobody calls classes. Throws WrongLine where a column is
/// called so and another is unknown.
bool IsHeading(std::string_view line) {
  constexpr std::array kNames = {"name",  "class",      "class_name", "class name",
                                 "label", "label_name", "classes",    "labels"};
  constexpr std::array kOthers = {"r",   "g",  "b",     "red", "green", "blue",        "color", "colour",
                                  "rgb", "id", "index", "idx", "value", "pixel value", "pixel", "color_rgb"};
  const std::vector<std::string> columns = Columns(line);
  const auto is_name = [&](const std::string& column) { return std::ranges::find(kNames, column) != kNames.end(); };
  const auto is_other = [&](const std::string& column) { return std::ranges::find(kOthers, column) != kOthers.end(); };
  const auto names = std::ranges::count_if(columns, is_name), others = std::ranges::count_if(columns, is_other);
  if (columns.size() < 2 || names == 0 || others == 0) return false;
  if (names + others == static_cast<std::ptrdiff_t>(columns.size())) return true;
  throw WrongLine{fmt::format("is a heading with columns that are not known: {}", Quoted(line)),
                  "Known are columns for the name, the stored value, and red, green and blue: name,r,g,b."};
}

}  // namespace

ClassNames ParseClassNames(std::string_view text, const std::string& name) {
  Assembly assembly(name);
  bool headed = false;
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (IsComment(line)) return;
    try {
      CheckLineLength(line);
      if (assembly.empty() && !headed && (headed = IsHeading(line))) return;
      assembly.Add(number, ParseClassLine(line));
    } catch (const WrongLine& wrong) {
      assembly.Fail(number, wrong.what, wrong.hint);
    }
  });
  return assembly.Classes();
}

ClassNames ParseLabelMap(std::string_view text, const std::string& name) {
  Assembly assembly(name);
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (line.starts_with('#')) return;
    ClassLine parsed;
    const size_t colour = line.find(':');
    parsed.name = Trimmed(line.substr(0, colour));
    parsed.quoted = true;  // as it is, also with commas
    try {
      CheckClassName(parsed.name);
      const std::string_view behind = colour == line.npos ? std::string_view() : line.substr(colour + 1);
      const std::vector<Colour> colours = ParseColours(behind.substr(0, behind.find(':')));
      if (colours.size() > 1) throw WrongValue{fmt::format("has {} colours", colours.size())};
      if (!colours.empty()) parsed.colour = colours[0];
    } catch (const WrongLine& wrong) {
      assembly.Fail(number, wrong.what, wrong.hint);
    } catch (const WrongValue& wrong) {
      assembly.Fail(number, wrong.what, "CVAT's lines are name:r,g,b:parts:actions, as in road:128,64,128::");
    }
    assembly.Add(number, std::move(parsed));
  });
  return assembly.Classes();
}

}  // namespace fcn
