#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace fcn::test {

/// What is in a folder and below it: each file's bytes by its name below the folder. Folders have a / at their end.
using Tree = std::map<std::string, std::vector<uint8_t>>;

/// Empty where there is no such folder.
Tree ReadTree(const std::filesystem::path& folder);

/// Makes a folder hold that, and nothing else.
void WriteTree(const std::filesystem::path& folder, const Tree& tree);

/// Names and bytes as one number: equal trees have equal ones.
uint64_t HashOf(const Tree& tree);

/// How two trees differ, for messages: a name and a word for each difference.
std::string Differences(const Tree& wanted, const Tree& found);

}  // namespace fcn::test
