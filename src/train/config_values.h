#pragma once

// Values of a configuration from TOML, to TOML and from a flag's text, by their type.

#include <toml++/toml.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "train/config_keys.h"

namespace fcn {

/// What is wrong with a value, as words that follow the key: "must be a whole number, not 1.5". The reader of the file
/// or flag says where.
struct WrongValue {
  std::string what;
};

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
void ReadValue(const toml::node& node, const ConfigKey& key, std::vector<RuleOptions::Prefix>& value);

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
std::string WriteValue(const std::vector<RuleOptions::Prefix>& value);

/// A flag's text as TOML; the value only says the type. Throws WrongValue where a number is none.
std::string TomlOfText(std::string_view text, const std::string& type);
std::string TomlOfText(std::string_view text, bool type);
std::string TomlOfText(std::string_view text, int64_t type);
std::string TomlOfText(std::string_view text, double type);
std::string TomlOfText(std::string_view text, const CropSize& type);
std::string TomlOfText(std::string_view text, const std::array<double, 2>& type);
std::string TomlOfText(std::string_view text, const ClassWeights& type);
std::string TomlOfText(std::string_view text, const std::vector<int64_t>& type);
/// Other vectors are lists of strings in TOML.
std::string TomlOfList(std::string_view text);
template <typename T>
std::string TomlOfText(std::string_view text, const std::vector<T>&) {
  return TomlOfList(text);
}

}  // namespace fcn
