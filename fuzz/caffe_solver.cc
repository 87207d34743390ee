#include "formats/caffe/solver.h"

#include "target.h"

/// Any text as a solver of Caffe's: a recipe that makes sense, or an Error.
FUZZ_TARGET(caffe_solver) {
  using namespace fcn;
  fuzz::Accepts([&] {
    const CaffeSolver solver = ParseCaffeSolver(fuzz::Text(data, size), "fuzz");
    const bool is_named = solver.settings.Has("net") || solver.settings.Has("train_net");
    fuzz::Require(solver.train.net.has_value() != is_named, "there is one network to train");
    fuzz::Require(solver.base_rate >= 0 && solver.accumulated >= 1 && solver.iterations >= 0, "figures are in range");
  });
  return 0;
}
