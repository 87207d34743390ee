#include "train/checkpoint.h"

#include "formats/safetensors.h"
#include "memory_file.h"
#include "safetensors_mutator.h"
#include "touch_tensors.h"

namespace fcn::fuzz {
namespace {

void CheckHistory(const History& history) {
  const std::string text = PrintHistory(history);
  Require(PrintHistory(ParseHistory(text, "fuzz")) == text, "a history comes back from its lines");
}

}  // namespace
}  // namespace fcn::fuzz

/// Any bytes as a checkpoint, and also as the lines of a history, which stand escaped in a checkpoint, where mutations
/// hardly reach them.
FUZZ_TARGET(checkpoint) {
  using namespace fcn;
  const fuzz::MemoryFile file(data, size);
  fuzz::Accepts([&] {
    const Checkpoint checkpoint = LoadCheckpoint(file.path());
    fuzz::Require(IsCheckpoint(ReadSafetensors(file.path()).metadata), "what is loaded as a checkpoint is one");
    TouchTensors(checkpoint.weights);
    for (const auto& [kind, group] : checkpoint.states) TouchTensors(group);
    fuzz::CheckHistory(checkpoint.history);
  });
  fuzz::Accepts([&] { fuzz::CheckHistory(ParseHistory(fuzz::Text(data, size), "fuzz")); });
  return 0;
}
