#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/net.h"

namespace fcn {
namespace {

bool Meets(const CaffeState& state, const CaffeMessage& rule) {
  const auto has_stage = [&](const std::string& stage) {
    return std::ranges::find(state.stages, stage) != state.stages.end();
  };
  if (rule.Has("phase") && (rule.Text("phase") == "TRAIN") != (state.phase == CaffePhase::kTrain)) return false;
  if (rule.Has("min_level") && state.level < rule.Integer("min_level")) return false;
  if (rule.Has("max_level") && state.level > rule.Integer("max_level")) return false;
  return std::ranges::all_of(rule.Texts("stage"), has_stage) &&
         std::ranges::none_of(rule.Texts("not_stage"), has_stage);
}

bool IsIncluded(const CaffeState& state, const CaffeNet& net, const CaffeLayer& layer) {
  const std::vector<CaffeMessage> include = layer.settings.Messages("include");
  const std::vector<CaffeMessage> exclude = layer.settings.Messages("exclude");
  if (!include.empty() && !exclude.empty())
    throw Error(ErrorCode::kInput,
                fmt::format("{}: {} has include and exclude rules", Shown(net.file), layer.Described()),
                "Caffe refuses it as well: give rules of one kind.");
  const auto meets = [&](const CaffeMessage& rule) { return Meets(state, rule); };
  return include.empty() ? std::ranges::none_of(exclude, meets) : std::ranges::any_of(include, meets);
}

}  // namespace

CaffeState CaffeStateOf(CaffePhase phase, const std::vector<CaffeMessage>& messages) {
  CaffeState state;
  state.phase = phase;
  for (const CaffeMessage& message : messages) {
    if (message.Has("phase")) state.phase = message.Text("phase") == "TRAIN" ? CaffePhase::kTrain : CaffePhase::kTest;
    if (message.Has("level")) state.level = static_cast<int>(message.Integer("level"));
    for (std::string& stage : message.Texts("stage")) state.stages.push_back(std::move(stage));
  }
  return state;
}

CaffeNet LayersInState(const CaffeNet& net, const CaffeState& state) {
  CaffeNet chosen = net;
  std::erase_if(chosen.layers, [&](const CaffeLayer& layer) { return !IsIncluded(state, net, layer); });
  return chosen;
}

}  // namespace fcn
