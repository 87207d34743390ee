#include "cli/dataset_options.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/quoted.h"
#include "cli/picture_options.h"
#include "fcn/error.h"

namespace fcn::cli {
namespace {

std::optional<int> ParseInt(std::string_view text, int base = 10) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::pair<int, int> ParseMap(const std::string& text) {
  const size_t colon = text.find(':');
  if (colon != std::string::npos) {
    const auto from = ParseInt(std::string_view(text).substr(0, colon)),
               to = ParseInt(std::string_view(text).substr(colon + 1));
    if (from && to) return {*from, *to};
  }
  throw Error(ErrorCode::kUsage, fmt::format("{} maps nothing", Quoted(text)),
              "--map is VALUE:CLASS, as in 255:1 for labels of 0 and 255.");
}

Colour ParseColour(const std::string& text) {
  if (text.size() == 7 && text[0] == '#')
    if (const auto rgb = ParseInt(std::string_view(text).substr(1), 16); rgb && *rgb >= 0)
      return {static_cast<uint8_t>(*rgb >> 16), static_cast<uint8_t>(*rgb >> 8 & 255),
              static_cast<uint8_t>(*rgb & 255)};
  std::vector<uint8_t> parts;
  std::string_view rest = text;
  while (parts.size() < 4) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const auto value = ParseInt(rest.substr(0, comma));
    if (!value || *value < 0 || *value > 255) break;
    parts.push_back(static_cast<uint8_t>(*value));
    if (comma == rest.size()) {
      if (parts.size() == 3) return {parts[0], parts[1], parts[2]};
      break;
    }
    rest.remove_prefix(comma + 1);
  }
  throw Error(ErrorCode::kUsage, fmt::format("{} is no colour", Quoted(text)),
              "Colours are red,green,blue of 0 to 255 (128,64,128) or #804080, one for each class.");
}

}  // namespace

DatasetOptions DatasetFlags::Resolve() const {
  DatasetOptions resolved = options;
  for (const std::string& text : map) resolved.map.push_back(ParseMap(text));
  for (const std::string& text : palette) resolved.palette.push_back(ParseColour(text));
  return resolved;
}

void AddDatasetOptions(CLI::App& verb, DatasetFlags& flags) {
  verb.add_option("--data", flags.options.folder, "The data set's folder");
  verb.add_option("--split", flags.options.split, "The part of it, of which a slice may be taken: val, train[:380]");
  AddLabelOptions(verb, flags);
  AddPictureOptions(verb, flags.options.images);
}

void AddLabelOptions(CLI::App& verb, DatasetFlags& flags) {
  verb.add_option("--dataset", flags.options.kind,
                  "How it is laid out: camvid, voc, pairs, list or scenes (default: found out)");
  verb.add_option(
          "--classes", flags.options.classes,
          "Names of the classes in the order of their indices; of a data set that has its own, those that count")
      ->delimiter(',');
  verb.add_option("--ignore-index", flags.options.ignore_index, "The label that does not count; -1: none")
      ->capture_default_str();
  verb.add_option("--map", flags.map, "VALUE:CLASS: what a stored label means, as in 255:1 (may be repeated)");
  verb.add_option("--palette", flags.palette, "The classes' colours in RGB labels: 128,64,128 or #804080, one each");
}

}  // namespace fcn::cli
