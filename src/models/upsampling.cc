#include "models/upsampling.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <variant>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/initialise.h"

namespace fcn {
namespace {

constexpr std::array<std::string_view, 5> kMethods = {"usual", "resize", "bilinear", "paper", "learned"};

}  // namespace

std::string_view UpsamplingMethodName(UpsamplingMethod method) { return kMethods[static_cast<size_t>(method)]; }

UpsamplingMethod UpsamplingMethodFromText(std::string_view text) {
  const auto found = std::ranges::find(kMethods, text);
  if (found != kMethods.end()) return static_cast<UpsamplingMethod>(found - kMethods.begin());
  throw Error(ErrorCode::kUsage, fmt::format("{} is no way of upsampling", Quoted(text)),
              fmt::format("There are {}.", fmt::join(kMethods, ", ")));
}

std::set<std::string> FixedUpsampling(const Graph& network, UpsamplingMethod method) {
  std::set<std::string> fixed;
  if (method != UpsamplingMethod::kBilinear && method != UpsamplingMethod::kPaper) return fixed;
  std::set<ValueId> last(network.outputs().begin(), network.outputs().end());  // before the crops that end a network
  for (auto node = network.nodes().rbegin(); node != network.nodes().rend(); node++) {
    const bool is_last = last.contains(node->output);
    if (is_last && std::holds_alternative<Crop>(node->op)) last.insert(node->inputs[0]);
    if (!std::holds_alternative<Deconv2d>(node->op)) continue;
    const std::string& name = network.value(node->inputs[1]).name;
    if (IsUpsamplingParameter(name) && (is_last || method == UpsamplingMethod::kBilinear)) fixed.insert(name);
  }
  return fixed;
}

}  // namespace fcn
