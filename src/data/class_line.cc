#include "data/class_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <span>
#include <vector>

#include "data/text_lines.h"
#include "fcn/option_text.h"
#include "fcn/text.h"
#include "models/class_name.h"

namespace fcn {
namespace {

constexpr std::string_view kSeparators = " \t,;:=|";
constexpr std::string_view kOpening = "([{", kClosing = ")]}";
constexpr size_t kLongestLine = 4000;

bool IsOneOf(char c, std::string_view set) { return set.find(c) != set.npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

[[noreturn]] void Refuse(std::string_view line, const std::string& why) {
  throw WrongLine{
      fmt::format("is no class, and no class with a colour: {} ({})", Quoted(line), why),
      "Understood are \"road 128 64 128\", \"road,128,64,128\", \"road = 128:64:128\", \"road #804080\", the "
      "colour first or last. A name that ends in numbers stands in quotes."};
}

[[noreturn]] void RefuseMarks(std::string_view line, const std::string& why) {
  throw WrongLine{
      fmt::format("is no class: {} ({})", Quoted(line), why),
      "Understood are \"road\", \"0: road\", \"road,0\", each also with a colour as in \"road #804080\", and "
      "lines that begin with # as comments. Any other name stands in quotes."};
}

/// Digits with what may stand in a number, so that 300, -1 and 0.5 are seen as numbers that are no part of a colour.
bool LooksLikeNumber(std::string_view token) {
  const size_t sign = !token.empty() && (token[0] == '-' || token[0] == '+') ? 1 : 0;
  return token.size() > sign && IsDigit(token[sign]) &&
         std::ranges::all_of(token.substr(sign), [](char c) { return IsDigit(c) || c == '.'; });
}

std::string_view HexDigits(std::string_view token) {
  if (token.starts_with('#')) return token.substr(1);
  if (token.starts_with("0x") || token.starts_with("0X")) return token.substr(2);
  return {};
}

/// "#1" and "#facade" are words of a name.
bool LooksLikeHexColour(std::string_view token) {
  const std::string_view digits = HexDigits(token);
  return digits.size() >= 3 && digits.size() <= 8 &&
         std::ranges::all_of(digits, [](char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }) &&
         (digits.size() == 6 || std::ranges::any_of(digits, IsDigit));
}

Colour HexColour(std::string_view token, std::string_view line) {
  const std::string_view digits = HexDigits(token);
  if (digits.size() != 6) Refuse(line, fmt::format("{} does not have six digits", token));
  return ParseColours(fmt::format("#{}", digits))[0];
}

Colour ColourOf(std::span<const std::string_view> tokens, std::string_view line) {
  std::vector<uint8_t> channels;
  for (const std::string_view token : tokens) {
    const std::optional<int64_t> value = ParseWhole(token);
    if (!value || *value < 0 || *value > 255) Refuse(line, fmt::format("{} is not between 0 and 255", token));
    channels.push_back(static_cast<uint8_t>(*value));
  }
  return {channels[0], channels[1], channels[2]};
}

/// The end of a text that is looked at from one of its ends: the tokens that `wanted` fits, and what is left.
struct End {
  std::vector<std::string_view> tokens;  ///< in the order of the text
  std::vector<std::string_view> rests;   ///< before (from the left: behind) each of them, innermost first
  bool separated = false;                ///< whether more than spaces is between the tokens and the rest
};

using Wanted = bool (*)(std::string_view);

End TakeBehind(std::string_view text, Wanted wanted) {
  End end;
  for (;;) {
    const size_t last = text.find_last_not_of(std::string(kSeparators) + std::string(kClosing));
    if (last == text.npos) break;
    const size_t gap = text.find_last_of(std::string(kSeparators) + std::string(kOpening), last);
    const size_t first = gap == text.npos ? 0 : gap + 1;
    const std::string_view token = text.substr(first, last + 1 - first);
    if (!wanted(token)) break;
    std::string_view rest = text.substr(0, first);
    const size_t name_end = rest.find_last_not_of(std::string(kSeparators) + std::string(kOpening)) + 1;
    end.separated = rest.substr(name_end).find_first_not_of(' ') != rest.npos;
    rest = rest.substr(0, name_end);
    end.tokens.push_back(token);
    end.rests.push_back(rest);
    text = rest;
  }
  std::ranges::reverse(end.tokens);
  std::ranges::reverse(end.rests);
  return end;
}

End TakeBefore(std::string_view text, Wanted wanted) {
  End end;
  for (;;) {
    const size_t first = text.find_first_not_of(std::string(kSeparators) + std::string(kOpening));
    if (first == text.npos) break;
    const size_t last =
        std::min(text.find_first_of(std::string(kSeparators) + std::string(kClosing), first), text.size());
    const std::string_view token = text.substr(first, last - first);
    if (!wanted(token)) break;
    std::string_view rest = text.substr(last);
    const size_t name = std::min(rest.find_first_not_of(std::string(kSeparators) + std::string(kClosing)), rest.size());
    end.separated = rest.substr(0, name).find_first_not_of(' ') != rest.npos;
    rest = rest.substr(name);
    end.tokens.push_back(token);
    end.rests.push_back(rest);
    text = rest;
  }
  std::ranges::reverse(end.rests);
  return end;
}

/// Takes a name in quotes off one end of a line; "" within them is one of them, as in CSV.
std::optional<std::string> TakeQuoted(std::string_view& line) {
  if (line.empty() || (line[0] != '"' && line[0] != '\'')) return std::nullopt;
  const char quote = line[0];
  std::string name;
  for (size_t i = 1; i < line.size(); i++) {
    if (line[i] != quote) {
      name += line[i];
    } else if (i + 1 < line.size() && line[i + 1] == quote) {
      name += line[i++];
    } else {
      const std::string_view rest = line.substr(i + 1);
      if (!rest.empty() && !IsOneOf(rest[0], kSeparators) && !IsOneOf(rest[0], kOpening)) return std::nullopt;
      line = rest;
      return name;
    }
  }
  return std::nullopt;
}

/// The same off its end, where only numbers or a colour stand before it.
std::optional<std::string> TakeQuotedBehind(std::string_view& line) {
  const std::string_view front = line.substr(0, line.find('"'));
  if (front.size() == line.size()) return std::nullopt;
  if (TakeBehind(front, LooksLikeNumber).tokens.empty() && TakeBehind(front, LooksLikeHexColour).tokens.empty())
    return std::nullopt;
  std::string_view rest = line.substr(front.size());
  std::optional<std::string> name = TakeQuoted(rest);
  if (!name || !Trimmed(rest, kSeparators).empty()) return std::nullopt;
  line = front;
  return name;
}

std::string Clean(std::string_view name) {
  name = Trimmed(name, " \t,;:=|");
  if (name.size() >= 2 && (name[0] == '"' || name[0] == '\'') && name.back() == name[0])
    name = name.substr(1, name.size() - 2);
  return std::string(Trimmed(name));
}

ClassLine::Number NumberOf(const End& end) {
  return {.value = ParseWhole(end.tokens[0]).value_or(-1), .rest = Clean(end.rests[0]), .separated = end.separated};
}

/// Up to one number and a colour of three that stand alone, as before or behind a name in quotes.
void TakeAlone(std::string_view text, std::string_view line, ClassLine& parsed,
               std::optional<ClassLine::Number>& single) {
  if (Trimmed(text, " \t,;:=|").empty()) return;
  const End hex = TakeBehind(text, LooksLikeHexColour);
  const End numbers = TakeBehind(hex.tokens.empty() ? text : hex.rests[0], LooksLikeNumber);
  const bool all = numbers.tokens.empty() ? !hex.tokens.empty() && hex.rests[0].empty() : numbers.rests[0].empty();
  const size_t count = numbers.tokens.size();
  if (!all || hex.tokens.size() > 1 || (!hex.tokens.empty() && count > 1) || count == 2 || count > 4)
    Refuse(line, fmt::format("{} is no colour", Quoted(Trimmed(text, " \t,;:=|"))));
  if (!hex.tokens.empty()) parsed.colour = HexColour(hex.tokens[0], line);
  if (count >= 3) parsed.colour = ColourOf(std::span(numbers.tokens).last(3), line);
  parsed.has_alpha = count == 4 && numbers.tokens[3] == "255";
  if (count == 1 || count == 4)
    single = {.value = ParseWhole(numbers.tokens[0]).value_or(-1), .rest = parsed.name, .separated = true};
}

/// A colour behind the name, and a number before it.
bool TakeColourBehind(std::string_view line, ClassLine& parsed) {
  std::string_view rest;
  if (const End hex = TakeBehind(line, LooksLikeHexColour); !hex.tokens.empty()) {
    if (hex.tokens.size() > 1) Refuse(line, "two colours");
    parsed.colour = HexColour(hex.tokens[0], line);
    rest = hex.rests[0];
  } else {
    const End numbers = TakeBehind(line, LooksLikeNumber);
    const size_t count = numbers.tokens.size();
    if (count < 2) return false;
    if (count == 2) Refuse(line, "a colour has three numbers");
    parsed.colour = ColourOf(std::span(numbers.tokens).last(3), line);
    parsed.has_alpha = count == 4 && numbers.tokens[3] == "255";
    rest = numbers.rests[count - 3];
    if (count == 4 && !numbers.rests[0].empty()) parsed.behind = NumberOf(numbers);
  }
  if (rest.ends_with("(rgb") || rest.ends_with(" rgb") || rest.ends_with(":rgb")) rest.remove_suffix(4);
  parsed.name = Clean(rest);
  if (const End before = TakeBefore(rest, LooksLikeNumber); !before.tokens.empty() && !before.rests[0].empty()) {
    if (before.tokens.size() > 1) Refuse(line, "numbers on both sides of the name");
    parsed.before = NumberOf(before);
  }
  return true;
}

/// A colour before the name, and a number before that.
bool TakeColourBefore(std::string_view line, ClassLine& parsed) {
  if (const End hex = TakeBefore(line, LooksLikeHexColour); !hex.tokens.empty()) {
    parsed.colour = HexColour(hex.tokens[0], line);
    parsed.name = Clean(hex.rests.back());
    return true;
  }
  const End numbers = TakeBefore(line, LooksLikeNumber);
  const size_t count = numbers.tokens.size();
  if (count < 2 || numbers.rests[0].empty()) return false;
  if (count == 2 || count > 4) Refuse(line, "a colour has three numbers");
  parsed.colour = ColourOf(std::span(numbers.tokens).last(3), line);
  parsed.name = Clean(numbers.rests[0]);
  if (count == 4)
    parsed.before = {.value = ParseWhole(numbers.tokens[0]).value_or(-1), .rest = parsed.name, .separated = true};
  return true;
}

bool IsLetter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Comments as other formats have them, and those behind a name; "track #1" and "C#" are names.
void CheckComments(std::string_view line) {
  for (const std::string_view mark : {"//", "/*", "--", "%", ";", "<!"})
    if (line.starts_with(mark)) RefuseMarks(line, fmt::format("it begins with {}", mark));
  if (line.find(" // ") != line.npos) RefuseMarks(line, "a comment behind a name");
  for (size_t i = 1; i < line.size(); i++) {
    if (line[i] != '#' || !IsOneOf(line[i - 1], kSeparators)) continue;
    const std::string_view word = line.substr(i, line.find_first_of(kSeparators, i) - i);
    if (word.size() == 1 || (IsLetter(word[1]) && !LooksLikeHexColour(word)))
      RefuseMarks(line, "a comment behind a name");
  }
}

/// What lists in other formats put around names: "- road", "0. road", "0 -> road", "[road".
void CheckMarks(std::string_view line, std::string_view name) {
  for (const std::string_view mark : {"- ", "* ", "+ ", "• ", "> "})
    if (name.starts_with(mark)) RefuseMarks(line, "it begins as in a list");
  const std::string_view first = name.substr(0, name.find(' '));
  if (first.size() < name.size() && first.ends_with('.') && LooksLikeNumber(first))
    RefuseMarks(line, "it begins as in a list");
  if (name.find("->") != name.npos || name.find("=>") != name.npos) RefuseMarks(line, "an arrow");
  if (name.starts_with('[') || name.starts_with('{')) RefuseMarks(line, "it begins with a bracket");
  if (std::ranges::all_of(name, [](char c) { return c > ' ' && c < 127 && std::ispunct(c) != 0; }))
    RefuseMarks(line, "no letter and no digit");
}

}  // namespace

bool IsComment(std::string_view line) {
  return line.starts_with('#') && !LooksLikeHexColour(line.substr(0, line.find_first_of(kSeparators)));
}

void CheckClassName(std::string_view name) {
  if (const std::optional<WrongName> wrong = FindWrongName(name)) throw WrongLine{wrong->what, wrong->hint};
}

void CheckLineLength(std::string_view line) {
  if (line.size() > kLongestLine)
    throw WrongLine{fmt::format("has {} bytes", line.size()),
                    fmt::format("A name and a colour have room in {}: is this a class file?", kLongestLine)};
}

ClassLine ParseClassLine(std::string_view line) {
  CheckLineLength(line);
  ClassLine parsed;
  std::string_view rest = line;
  if (std::optional<std::string> name = TakeQuoted(rest)) {
    parsed.quoted = true;
    parsed.name = std::move(*name);
    TakeAlone(rest, line, parsed, parsed.behind);
  } else if (std::optional<std::string> last = TakeQuotedBehind(rest)) {
    parsed.quoted = true;
    parsed.name = std::move(*last);
    TakeAlone(rest, line, parsed, parsed.before);
  } else if (!TakeColourBehind(line, parsed) && !TakeColourBefore(line, parsed)) {
    parsed.name = Clean(line);
    const End before = TakeBefore(line, LooksLikeNumber), behind = TakeBehind(line, LooksLikeNumber);
    if (before.tokens.size() == 1 && !before.rests[0].empty())
      parsed.before = NumberOf(before);
    else if (behind.tokens.size() == 1 && !behind.rests[0].empty())
      parsed.behind = NumberOf(behind);
  }
  if (parsed.name.empty() && parsed.colour) Refuse(line, "the colour has no name");
  // A number behind a tab is the stored value in any case, and the tab no part of the name.
  const auto& number = parsed.before ? parsed.before : parsed.behind;
  CheckClassName(number && number->separated ? number->rest : parsed.name);
  if (parsed.quoted) return parsed;
  CheckComments(line);
  CheckMarks(line, parsed.name);
  if (number) CheckMarks(line, number->rest);
  return parsed;
}

}  // namespace fcn
