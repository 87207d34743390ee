#include "train/checkpoint.h"

#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "fcn/error.h"
#include "touch_tensors.h"

namespace fcn {
namespace {

/// The bytes as a file in memory, at the path that is handed on.
template <typename Use>
void WithFile(const uint8_t* data, size_t size, Use use) {
  const int file = memfd_create("fuzz", MFD_CLOEXEC);
  if (file < 0 || write(file, data, size) != static_cast<ssize_t>(size)) __builtin_trap();
  try {
    use("/proc/self/fd/" + std::to_string(file));
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal || error.code() == ErrorCode::kIo) __builtin_trap();
  }
  close(file);
}

void CheckHistory(const History& history) {
  const std::string text = PrintHistory(history);
  if (PrintHistory(ParseHistory(text, "fuzz")) != text) __builtin_trap();
}

}  // namespace
}  // namespace fcn

/// Any bytes as a checkpoint, and also as the lines of a history, which stand escaped in a checkpoint, where mutations
/// hardly reach them.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcn;
  WithFile(data, size, [](const std::string& path) {
    const Checkpoint checkpoint = LoadCheckpoint(path);
    if (!IsCheckpoint(path)) __builtin_trap();
    TouchTensors(checkpoint.weights);
    for (const auto& [kind, group] : checkpoint.states) TouchTensors(group);
    CheckHistory(checkpoint.history);
  });
  try {
    CheckHistory(ParseHistory({reinterpret_cast<const char*>(data), size}, "fuzz"));
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInput) __builtin_trap();
  }
  return 0;
}
