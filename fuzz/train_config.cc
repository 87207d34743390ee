#include "target.h"
#include "train/config.h"

/// Any text as the configuration of a training: what is read is written and read back equal, or there is an Error.
FUZZ_TARGET(train_config) {
  using namespace fcn;
  fuzz::Accepts([&] {
    const TrainConfig config = ParseConfig(fuzz::Text(data, size), "fuzz");
    fuzz::Require(ParseConfig(ToToml(config), "fuzz") == config, "a configuration comes back from its file");
    CheckConfig(config);
  });
  return 0;
}
