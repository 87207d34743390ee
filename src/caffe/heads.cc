#include "caffe/heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/error.h"

namespace fcn {
namespace {

/// What ends a net without changing which class is best, or how likely it is said to be.
bool EndsScores(const CaffeLayer& layer) {
  return std::ranges::any_of(std::array<std::string_view, 4>{"Softmax", "ArgMax", "Sigmoid", "Split"},
                             [&](std::string_view type) { return layer.type == type; });
}

CaffeNormalisation NormalisationOf(const CaffeLayer& layer) {
  const CaffeMessage loss = layer.settings.Message("loss_param");
  if (!loss.Has("normalization") && loss.Has("normalize"))
    return loss.Flag("normalize") ? CaffeNormalisation::kValid : CaffeNormalisation::kBatchSize;
  const std::string mode = loss.Text("normalization");
  if (mode == "FULL") return CaffeNormalisation::kFull;
  if (mode == "BATCH_SIZE") return CaffeNormalisation::kBatchSize;
  return mode == "NONE" ? CaffeNormalisation::kNone : CaffeNormalisation::kValid;
}

/// What only writes down what it reads: HDF5Output, and those of forks.
bool WritesAlone(const CaffeLayer& layer) {
  return layer.tops.empty() && layer.type != "Silence" && !IsCaffeLoss(layer);
}

/// Scores behind layers that end them, and whether a sigmoid is one of these.
struct EndedScores {
  CaffeTop scores;
  bool is_sigmoid = false;
};

/// Of each layer that ends scores; nothing of others.
std::vector<std::optional<EndedScores>> FindEndedScores(const CaffeNet& net, const CaffeWiring& wiring) {
  std::vector<std::optional<EndedScores>> ended(net.layers.size());
  for (size_t i = 0; i < net.layers.size(); i++) {
    if (!EndsScores(net.layers[i]) || wiring.BottomsOf(i).empty()) continue;
    const CaffeTop bottom = wiring.BottomsOf(i)[0];
    ended[i] = ended[bottom.layer].value_or(EndedScores{.scores = bottom});
    if (net.layers[i].type == "Sigmoid") ended[i]->is_sigmoid = true;
  }
  return ended;
}

}  // namespace

bool IsCaffeLoss(const CaffeLayer& layer) {
  if (layer.type.ends_with("Loss") || layer.type.ends_with("Accuracy")) return true;
  const bool is_own = layer.type == "Python" && !layer.bottoms.empty();
  return is_own && std::ranges::any_of(layer.loss_weights, [](double weight) { return weight != 0; });
}

std::vector<CaffeHead> FindCaffeHeads(const CaffeNet& net, const CaffeWiring& wiring) {
  const std::vector<std::optional<EndedScores>> ended = FindEndedScores(net, wiring);
  std::vector<CaffeHead> heads;
  std::map<std::pair<size_t, size_t>, size_t> places;  // of heads, by their scores
  const auto add = [&](CaffeTop top) -> CaffeHead* {
    const auto& [scores, is_sigmoid] = ended[top.layer].value_or(EndedScores{.scores = top});
    const CaffeLayer& layer = net.layers[scores.layer];
    if (layer.bottoms.empty()) return nullptr;  // data, labels
    const auto [place, is_new] = places.try_emplace({scores.layer, scores.top}, heads.size());
    if (is_new) heads.push_back({.scores = scores, .name = layer.tops[scores.top], .is_sigmoid = is_sigmoid});
    return &heads[place->second];
  };
  for (size_t i = 0; i < net.layers.size(); i++) {
    const CaffeLayer& layer = net.layers[i];
    if (IsCaffeLoss(layer)) {
      CaffeHead* head = layer.bottoms.empty() ? nullptr : add(wiring.BottomsOf(i)[0]);
      if (head == nullptr || layer.type.ends_with("Accuracy")) continue;
      if (!layer.loss_weights.empty()) head->loss_weight = layer.loss_weights[0];
      head->is_sigmoid = head->is_sigmoid || layer.type == "SigmoidCrossEntropyLoss";
      head->has_loss = layer.type == "SoftmaxWithLoss";
      const CaffeMessage loss = layer.settings.Message("loss_param");
      if (loss.Has("ignore_label")) head->ignore_label = static_cast<int>(loss.Integer("ignore_label"));
      head->normalisation = NormalisationOf(layer);
      continue;
    }
    const auto writes_alone = [&](size_t reader) { return WritesAlone(net.layers[reader]); };
    for (size_t top = 0; top < layer.tops.size(); top++)
      if (std::ranges::all_of(wiring.ReadersOf({i, top}), writes_alone)) add({i, top});
  }
  if (heads.empty())
    throw Error(ErrorCode::kInput, fmt::format("{} gives no scores: no layer but data and losses is left", net.file),
                "Take a net whose last layers give scores; another phase may have them: --phase train.");
  std::ranges::stable_sort(heads, std::ranges::greater(), &CaffeHead::loss_weight);
  return heads;
}

}  // namespace fcn
