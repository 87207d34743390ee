#include "fcn/error.h"
#include "train/config.h"

/// Any text as the configuration of a training: what is read is written and read back equal, or there is an Error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fcn;
  try {
    const TrainConfig config = ParseConfig({reinterpret_cast<const char*>(data), size}, "fuzz");
    if (ParseConfig(ToToml(config), "fuzz") != config) __builtin_trap();
    CheckConfig(config);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInternal) __builtin_trap();
  }
  return 0;
}
