#include "data/palette_order.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/drawing.h"

namespace fcn {
namespace {

bool IsDefault(const std::vector<Colour>& palette) {
  constexpr size_t kShort = 16;
  if (palette.size() < kShort) return false;
  return palette == VocPalette(static_cast<int>(palette.size())) ||
         std::ranges::all_of(palette, [](const Colour& c) { return c.r == c.g && c.g == c.b; });
}

}  // namespace

std::string ContradictingPalette(const StoredLabels& stored, const ValueCounts& counts, const LabelCoding& coding,
                                 const std::string& name) {
  if (stored.palette.empty() || coding.of_colour.empty() || IsDefault(stored.palette)) return {};
  std::string first;
  for (const auto& [index, count] : counts) {
    const uint16_t by_index = coding.Meaning(index, false);
    if (by_index == kIgnoredLabel) continue;
    if (index >= stored.palette.size()) return {};
    const Colour& c = stored.palette[index];
    const uint32_t colour = uint32_t{c.r} << 16 | uint32_t{c.g} << 8 | c.b;
    const uint16_t by_colour = coding.Meaning(colour, true);
    if (by_colour == kUnknownLabel) return {};
    if (first.empty() && by_colour != by_index)
      first = fmt::format("{} has index {} in {}, which is the colour of {}", name, index, ValueText(colour, true),
                          by_colour == kIgnoredLabel ? "what does not count" : fmt::format("class {}", by_colour));
  }
  if (first.empty()) return {};
  return fmt::format(
      "{}. Is its palette in another order than the classes? Save it as RGB, so that the colours are read; where the "
      "indices are right, correct the colours in {}{}",
      first, coding.class_file, coding.head.empty() ? " or --palette" : "");
}

}  // namespace fcn
