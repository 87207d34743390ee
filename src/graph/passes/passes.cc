#include "graph/passes/passes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

void CheckNames(const std::vector<std::string>& disabled) {
  std::vector<std::string_view> names;
  for (const Pass& pass : AllPasses()) names.push_back(pass.name);
  for (const std::string& name : disabled)
    if (std::find(names.begin(), names.end(), name) == names.end())
      throw Error(ErrorCode::kUsage, fmt::format("there is no pass {}", Quoted(name)),
                  fmt::format("The passes are: {}.", fmt::join(names, ", ")));
}

}  // namespace

const std::vector<Pass>& AllPasses() {
  static const std::vector<Pass> passes = {{"remove-dropout", RemoveDropout},
                                           {"fold-batch-norm", FoldBatchNorm},
                                           {"fuse-crop", FuseCrop},
                                           {"fuse-residual", FuseResidual},
                                           {"fuse-activation", FuseActivation},
                                           {"fuse-max-pool", FuseMaxPool},
                                           {"fuse-bottleneck", FuseBottleneck},
                                           {"fuse-argmax", FuseArgmax},
                                           {"fuse-activation-gradient", FuseActivationGradient},
                                           {"fuse-loss", FuseLoss},
                                           {"keep-winners", KeepWinners}};
  return passes;
}

std::vector<PassTiming> RunPasses(Lowered& lowered, const std::vector<std::string>& disabled) {
  using Clock = std::chrono::steady_clock;
  CheckNames(disabled);
  std::vector<PassTiming> timings;
  for (const Pass& pass : AllPasses()) {
    if (std::find(disabled.begin(), disabled.end(), pass.name) != disabled.end()) continue;
    const Clock::time_point begin = Clock::now();
    pass.run(lowered);
    const std::chrono::duration<double, std::milli> elapsed = Clock::now() - begin;
    timings.push_back({pass.name, elapsed.count()});
    Verify(lowered);
  }
  return timings;
}

}  // namespace fcn
