#include "data/class_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "data/class_line.h"
#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"
#include "models/class_name.h"

namespace fcn {
namespace {

constexpr int64_t kValues = 65536;

/// What a heading says that each line has beside the name.
struct Heading {
  bool values = false, colours = false;
};

/// What the lines of a class file are made of, on the way to classes; every error names the file and a line.
class Assembly {
 public:
  explicit Assembly(const std::string& file) : file_(file) {}

  void Add(size_t number, ClassLine line) {
    if (lines_.size() == kMostClasses)
      throw Error(ErrorCode::kInput, fmt::format("{} names more than {} classes", file_, kMostClasses),
                  "Is this a class file? Name the classes that there are, one a line.");
    numbers_.push_back(number);
    lines_.push_back(std::move(line));
  }
  bool empty() const { return lines_.empty(); }
  void SetHeading(Heading heading) { heading_ = heading; }

  ClassNames Classes() {
    CheckColours();
    TakeValues(&ClassLine::before);
    TakeValues(&ClassLine::behind);
    CheckForm();
    classes_.has_values = !values_.empty();
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
    if (classes_.names.empty())
      throw Error(ErrorCode::kInput, fmt::format("{} names no class", file_), "Give each class a line of its own.");
    return std::move(classes_);
  }

  [[noreturn]] void Fail(size_t number, const std::string& what, const std::string& hint) const {
    throw Error(ErrorCode::kInput, fmt::format("line {} of {} {}", number, file_, what), hint);
  }

 private:
  using NumberAt = std::optional<ClassLine::Number> ClassLine::*;

  /// Takes numbers beside the names as stored values, where they are that.
  void TakeValues(NumberAt number) {
    if (!values_.empty() || !AreValues(number)) return;
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

  /// Numbers are values where more than spaces is between, or a heading says so. With mere spaces between, numbers
  /// before all names are, where they count from 1 or one is 0, as no name begins. Fails where they may be either.
  bool AreValues(NumberAt number) const {
    std::set<int64_t> values;
    std::set<std::string> rests;
    std::vector<size_t> numbered;
    for (size_t i = 0; i < lines_.size(); i++) {
      const auto& found = lines_[i].*number;
      if (!found) continue;
      if (found->separated) return true;
      numbered.push_back(i);
      values.insert(found->value);
      rests.insert(found->rest);
    }
    if (numbered.empty()) return false;
    if (heading_.values) return true;
    if (lines_.size() > 1 && rests.size() == 1) return false;  // "class 1", "class 2"
    const size_t count = lines_.size();
    const bool all = numbered.size() == count, differ = values.size() == count;
    const bool counting = *values.begin() == 1 && *values.rbegin() == static_cast<int64_t>(count);
    if (number == &ClassLine::before && all && differ && (counting || *values.begin() == 0)) return true;
    const bool unclear = number == &ClassLine::before
                             ? all
                             : all && count > 1 && differ && rests.size() == count && *values.begin() == 0;
    if (unclear || CountLines(number, 0) || CountLines(number, 1))
      Fail(numbers_[numbered[0]], "has a number that may be the stored value or a part of the name",
           "Write \"0: road\" or \"road,0\" where the number of each line is its stored value, and \"class 1\" in "
           "quotes "
           "where it is a part of the name.");
    return false;
  }

  /// Whether numbers of two lines or more, and of different names, are those of the lines, counted from `first`.
  bool CountLines(NumberAt number, int64_t first) const {
    std::set<std::string> rests;
    size_t count = 0;
    for (size_t i = 0; i < lines_.size(); i++)
      if (const auto& found = lines_[i].*number; found && found->value == first + static_cast<int64_t>(i))
        count++, rests.insert(found->rest);
    return count > 1 && rests.size() == count;
  }

  void CheckColours() const {
    if (!lines_.empty() && std::ranges::all_of(lines_, &ClassLine::has_alpha))
      Fail(numbers_[0], "has four numbers, of which the last is 255 in all lines",
           "Colours are red, green and blue: leave the transparency out.");
    for (size_t i = 0; i < lines_.size() && heading_.colours; i++)
      if (!lines_[i].colour)
        Fail(
            numbers_[i], "has no colour, which the first line seems to announce as a heading",
            "A colour is written as in \"road,128,64,128\" or \"road,#804080\". A first line that is a class stands in "
            "quotes.");
  }

  /// Mistakes that all lines show together.
  void CheckForm() const {
    if (heading_.values && !lines_.empty() && values_.empty())
      Fail(numbers_[0], "has no number beside the name, which the first line seems to announce as a heading",
           "A stored value is written as in \"0,road\". A first line that is a class stands in quotes.");
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
    if (!seen_.insert(line.name).second)
      Fail(numbers_[i], fmt::format("names {} again", Quoted(line.name)), "Class names differ.");
    classes_.names.push_back(line.name);
    if (line.colour) classes_.palette.push_back(*line.colour);
    classes_.values.push_back(value);
  }

  const std::string& file_;
  Heading heading_;
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
    const std::string_view column = Trimmed(line.substr(0, end), " \t\"':");
    if (!column.empty()) columns.push_back(LowerCase(column));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return columns;
}

/// "name,r,g,b" and the like: columns that are called as nobody calls classes. Throws WrongLine where a column is
/// called so and another is unknown, and for what may be a heading or a class.
std::optional<Heading> FindHeading(std::string_view line) {
  constexpr std::array kNames = {"name",  "names",  "class",      "class_name", "class name", "classname", "classes",
                                 "label", "labels", "label_name", "label name", "category",   "categories"};
  constexpr std::array kValueColumns = {"id", "index", "idx", "value", "pixel value", "pixel"};
  constexpr std::array kColours = {"r", "g", "b", "red", "green", "blue", "color", "colour", "rgb", "color_rgb"};
  const std::vector<std::string> columns = Columns(line);
  const auto count = [&](const auto& known) {
    return static_cast<size_t>(std::ranges::count_if(
        columns, [&](const std::string& column) { return std::ranges::find(known, column) != known.end(); }));
  };
  const size_t names = count(kNames), values = count(kValueColumns), colours = count(kColours);
  const bool quoted = line.starts_with('"') || line.starts_with('\'');
  if (names > 0 && names == columns.size() && !(quoted && names == 1))
    throw WrongLine{fmt::format("may be a heading, or a class: {}", Quoted(line)),
                    "Leave a heading out. A class that is called so stands in quotes."};
  const bool numbers = std::ranges::any_of(
      columns, [](const std::string& column) { return column[0] == '#' || (column[0] >= '0' && column[0] <= '9'); });
  const bool has_gaps = line.find_first_of(",;\t") != line.npos;
  if (numbers || names == 0 || (values + colours == 0 && !has_gaps)) return std::nullopt;
  if (names + values + colours == columns.size()) return Heading{values > 0, colours > 0};
  throw WrongLine{fmt::format("is a heading with columns that are not known: {}", Quoted(line)),
                  "Known are columns for the name, the stored value, and red, green and blue: name,r,g,b. A class that "
                  "is called so stands in quotes."};
}

}  // namespace

ClassNames ParseClassNames(std::string_view text, const std::string& name) {
  Assembly assembly(name);
  bool headed = false;
  size_t title = 0;  // the number of a first line as "classes:", which may be one where others do not end so
  ForEachLine(text, name, [&](std::string_view line, size_t number) {
    if (IsComment(line)) return;
    try {
      CheckLineLength(line);
      if (assembly.empty() && !headed) {
        if (const std::optional<Heading> heading = FindHeading(line))
          return headed = true, assembly.SetHeading(*heading);
        if (line.ends_with(':')) title = number;
      }
      if (title > 0 && !line.ends_with(':'))
        assembly.Fail(title, "ends with a colon, unlike others", "Leave a heading out, and the colon of a class.");
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
