#include "train/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "data/text_lines.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "train/config_keys.h"
#include "train/config_values.h"

namespace fcn {
namespace {

constexpr size_t kMaxFile = 1 << 20;
constexpr std::ptrdiff_t kMaxDots = 256;

std::string FlagOf(std::string_view name) {
  std::string flag = fmt::format("--{}", name);
  std::ranges::replace(flag, '_', '-');
  return flag;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  const TrainConfig config;
  VisitConfig(config, [&](const ConfigKey& key, const auto&) { names.emplace_back(key.name); });
  return names;
}

std::string Suggestion(std::string_view word, const std::vector<std::string>& names) {
  const std::string nearest = NearestName(word, names);
  return nearest.empty() ? fmt::format("Known are: {}.", fmt::join(names, ", "))
                         : fmt::format("Did you mean {}?", nearest);
}

[[noreturn]] void FailAt(const std::string& where, const toml::source_region& source, const std::string& what,
                         const std::string& hint) {
  throw Error(ErrorCode::kInput, fmt::format("{}, line {}: {}", where, source.begin.line, what), hint);
}

/// The dots that may be a key's: those before a line's last "=", and all in a line that may be a heading. Values are
/// behind it, and a list's further lines have none.
std::ptrdiff_t DotsOfKeys(std::string_view text) {
  std::ptrdiff_t dots = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t last = line.starts_with('[') ? line.npos : line.rfind('=');
    if (last != line.npos || line.starts_with('[')) dots += std::ranges::count(line.substr(0, last), '.');
  }
  return dots;
}

/// A key of n dots is n tables in each other, which toml++ takes apart by recursion: some kilobytes of them would
/// exhaust a small stack. Our keys have no dots.
toml::table Parse(std::string_view text, const std::string& where) {
  if (text.size() > kMaxFile)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: a configuration of {} bytes; at most {} are read", where, text.size(), kMaxFile),
                "Check that it is the file that was meant.");
  if (const auto dots = DotsOfKeys(text); dots > kMaxDots)
    throw Error(ErrorCode::kInput,
                fmt::format("{} has {} dots in its keys, and at most {} are read", where, dots, kMaxDots),
                "All keys stand at the top, without [sections] and dots.");
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    FailAt(where, error.source(), fmt::format("not TOML: {}", Quoted(error.description())),
           "A line is a key and its value, as in lr = 0.01; texts stand in quotes.");
  }
}

void CheckKeys(const toml::table& table, const std::string& where) {
  const std::vector<std::string> names = Names();
  for (const auto& [key, node] : table) {
    if (node.is_table())
      FailAt(where, key.source(), fmt::format("{} is a table, and there are none here", Quoted(key.str())),
             "All keys stand at the top, without [sections] and dots.");
    if (std::ranges::find(names, key.str()) == names.end())
      FailAt(where, key.source(), fmt::format("unknown key {}", Quoted(key.str())), Suggestion(key.str(), names));
  }
}

}  // namespace

TrainConfig ParseConfig(std::string_view toml, const std::string& where, TrainConfig base) {
  const toml::table table = Parse(toml, where);
  CheckKeys(table, where);
  VisitConfig(base, [&](const ConfigKey& key, auto& value) {
    const toml::node* node = table.get(key.name);
    if (node == nullptr) return;
    try {
      ReadValue(*node, key, value);
    } catch (const WrongValue& wrong) {
      FailAt(where, node->source(), fmt::format("{} {}", key.name, wrong.what),
             fmt::format("{}: {}", key.name, key.help));
    }
  });
  return base;
}

TrainConfig ReadConfig(const std::filesystem::path& path, TrainConfig base) {
  const std::vector<uint8_t> bytes = ReadFile(path, kMaxFile);
  return ParseConfig({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, path.string(), std::move(base));
}

void SetConfigKey(TrainConfig& config, std::string_view key_name, const std::string& text) {
  bool known = false;
  VisitConfig(config, [&](const ConfigKey& key, auto& value) {
    if (key_name != key.name) return;
    known = true;
    const std::string flag = FlagOf(key.name);
    try {
      const toml::table table = toml::parse("v = " + TomlOfText(text, value));
      ReadValue(*table.get("v"), key, value);
    } catch (const WrongValue& wrong) {
      throw Error(ErrorCode::kUsage, fmt::format("{} {}", flag, wrong.what), fmt::format("{}: {}", flag, key.help));
    } catch (const toml::parse_error&) {
      throw Error(ErrorCode::kUsage, fmt::format("{} cannot be {}", flag, Quoted(text)),
                  "Texts are UTF-8 without control characters.");
    }
  });
  if (!known)
    throw Error(ErrorCode::kUsage, fmt::format("unknown key {}", Quoted(key_name)), Suggestion(key_name, Names()));
}

std::string ToToml(const TrainConfig& config) {
  std::string text;
  VisitConfig(config, [&](const ConfigKey& key, const auto& value) {
    text += fmt::format("# {}\n{} = {}\n", key.help, key.name, WriteValue(value));
  });
  return text;
}

bool IsSameTraining(const TrainConfig& a, const TrainConfig& b) {
  const auto text = [](const TrainConfig& config) {
    std::string all;
    VisitConfig(config, [&](const ConfigKey& key, const auto& value) {
      if (!key.is_free) all += WriteValue(value) + "\n";
    });
    return all;
  };
  return text(a) == text(b);
}

std::vector<ConfigKeyInfo> ConfigKeys() {
  std::vector<ConfigKeyInfo> keys;
  const TrainConfig config;
  VisitConfig(config, [&](const ConfigKey& key, const auto& value) {
    keys.push_back({.name = key.name,
                    .flag = FlagOf(key.name),
                    .help = key.help,
                    .group = key.group,
                    .form = FormOf(value),
                    .is_list = std::string_view(FormOf(value)).find(',') != std::string_view::npos,
                    .is_switch = std::is_same_v<decltype(value), const bool&>,
                    .is_free = key.is_free,
                    .default_value = WriteValue(value)});
  });
  return keys;
}

}  // namespace fcn
