#include "segment/threshold.h"

#include <fmt/format.h>

#include <algorithm>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/binary.h"

namespace fcn {
namespace {

void CheckIsProbability(double threshold) {
  if (!(threshold > 0 && threshold < 1))
    throw Error(ErrorCode::kUsage, fmt::format("a threshold of {} is not between 0 and 1", threshold),
                "Give a probability, as in --threshold 0.3.");
}

[[noreturn]] void ThrowNotBinary(const std::string& what) {
  throw Error(ErrorCode::kUsage,
              fmt::format("{} has a score for each class and takes the best: it has no threshold", what),
              "A threshold is for models whose network gives one score.");
}

}  // namespace

std::vector<double> ThresholdsOf(const ModelContents& model, double threshold,
                                 const std::map<std::string, double>& by_head, const std::string& where) {
  std::vector<double> thresholds(model.heads.size(), 0.5);
  std::vector<size_t> binary;
  for (size_t i = 0; i < model.heads.size(); i++)
    if (IsBinary(*model.graph, i)) binary.push_back(i);
  CheckIsProbability(threshold);
  if (threshold != 0.5) {
    if (binary.empty()) ThrowNotBinary(where);
    if (binary.size() > 1)
      throw Error(ErrorCode::kUsage, fmt::format("{} has {} heads with a threshold", where, binary.size()),
                  fmt::format("Name the head: --threshold {}={}.", model.heads[binary[0]].name, threshold));
    thresholds[binary[0]] = threshold;
  }
  for (const auto& [name, value] : by_head) {
    CheckIsProbability(value);
    const auto head = std::ranges::find(model.heads, name, &HeadRole::name);
    if (head == model.heads.end() || name.empty())
      throw Error(ErrorCode::kUsage, fmt::format("{} has no head {}", where, Quoted(name)), "fcn info names them.");
    const auto i = static_cast<size_t>(head - model.heads.begin());
    if (std::ranges::find(binary, i) == binary.end()) ThrowNotBinary(fmt::format("{}: {}", where, Quoted(name)));
    thresholds[i] = value;
  }
  return thresholds;
}

}  // namespace fcn
