#pragma once

// Values of a configuration from TOML, to TOML and from a flag's text, by their type.

#include <toml++/toml.h>

#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "fcn/option_text.h"
#include "train/config_keys.h"

namespace fcn {

/// The value of a TOML node. Throws WrongValue for another type, another form, and a number or text that the key does
/// not allow.
void ReadValue(const toml::node& node, const ConfigKey& key, std::string& value);
void ReadValue(const toml::node& node, const ConfigKey& key, bool& value);
void ReadValue(const toml::node& node, const ConfigKey& key, int64_t& value);
void ReadValue(const toml::node& node, const ConfigKey& key, double& value);
void ReadValue(const toml::node& node, const ConfigKey& key, CropSize& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::array<double, 2>& value);
void ReadValue(const toml::node& node, const ConfigKey& key, ClassWeights& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<std::string>& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<int64_t>& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<Colour>& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<LabelMapping>& value);
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<NamedFactor>& value);

/// The place in `names` of the one that the node is.
size_t ReadName(const toml::node& node, const std::vector<std::string_view>& names);
template <typename E>
  requires std::is_enum_v<E>
void ReadValue(const toml::node& node, const ConfigKey&, E& value) {
  std::vector<std::string_view> names;
  for (const auto& choice : ChoicesOf(value)) names.push_back(choice.name);
  value = ChoicesOf(value)[ReadName(node, names)].value;
}

/// The value as TOML that ReadValue reads back equal.
std::string WriteValue(const std::string& value);
std::string WriteValue(bool value);
std::string WriteValue(int64_t value);
std::string WriteValue(double value);
std::string WriteValue(const CropSize& value);
std::string WriteValue(const std::array<double, 2>& value);
std::string WriteValue(const ClassWeights& value);
std::string WriteValue(const std::vector<std::string>& value);
std::string WriteValue(const std::vector<int64_t>& value);
std::string WriteValue(const std::vector<Colour>& value);
std::string WriteValue(const std::vector<LabelMapping>& value);
std::string WriteValue(const std::vector<NamedFactor>& value);

template <typename E>
  requires std::is_enum_v<E>
std::string WriteValue(E value) {
  for (const auto& choice : ChoicesOf(value))
    if (choice.value == value) return WriteValue(std::string(choice.name));
  return WriteValue(std::string());
}

/// A flag's text as TOML; the value only says the type. Throws WrongValue where it should be a number and is not.
std::string TomlOfText(std::string_view text, const std::string& type);
std::string TomlOfText(std::string_view text, bool type);
std::string TomlOfText(std::string_view text, int64_t type);
std::string TomlOfText(std::string_view text, double type);
/// Names, sizes, pairs and lists have in TOML the same text as in a flag.
template <typename T>
std::string TomlOfText(std::string_view text, const T&) {
  return TomlOfText(text, std::string());
}

/// What a flag of that type takes, for help.
constexpr const char* FormOf(const std::string&) { return "TEXT"; }
template <typename E>
  requires std::is_enum_v<E>
constexpr const char* FormOf(E) {
  return "TEXT";
}
constexpr const char* FormOf(bool) { return "true|false"; }
constexpr const char* FormOf(int64_t) { return "INT"; }
constexpr const char* FormOf(double) { return "NUMBER"; }
constexpr const char* FormOf(const CropSize&) { return "WIDTHxHEIGHT"; }
constexpr const char* FormOf(const std::array<double, 2>&) { return "NUMBER,NUMBER"; }
constexpr const char* FormOf(const ClassWeights&) { return "none|median|NUMBER,NUMBER"; }
constexpr const char* FormOf(const std::vector<int64_t>&) { return "INT,INT"; }
constexpr const char* FormOf(const std::vector<std::string>&) { return "NAME,NAME"; }
constexpr const char* FormOf(const std::vector<Colour>&) { return "COLOUR,COLOUR"; }
constexpr const char* FormOf(const std::vector<LabelMapping>&) { return "VALUE:CLASS,VALUE:CLASS"; }
constexpr const char* FormOf(const std::vector<NamedFactor>&) { return "NAME:NUMBER,NAME:NUMBER"; }

}  // namespace fcn
