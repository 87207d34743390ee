#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fcn {

/// The fewest letters to insert, delete or change that make one word the other (Levenshtein's distance).
size_t EditDistance(std::string_view a, std::string_view b);

/// The candidate that a mistyped word most likely meant, by Levenshtein's distance over the first 64 letters; empty
/// where none is nearer than half its length.
std::string NearestName(std::string_view word, std::span<const std::string> candidates);

}  // namespace fcn
