#include <algorithm>

#include "formats/caffe/net.h"
#include "target.h"

namespace fcn::fuzz {
namespace {

/// Every value is on a line of the text.
void CheckLines(const CaffeMessage& message, int lines) {
  for (const CaffeField& field : message.fields()) {
    Require(!field.values.empty(), "a field that is there has a value");
    for (const CaffeValue& value : field.values) {
      Require(value.line >= 1 && value.line <= lines, "a value stands on a line of its file");
      for (const CaffeMessage& inner : value.message) CheckLines(inner, lines);
    }
  }
  for (const CaffeUnknownField& field : message.unknown())
    Require(field.line >= 1 && field.line <= lines, "an unknown field stands on a line of its file");
}

}  // namespace
}  // namespace fcn::fuzz

/// Any text as a network of Caffe's, of any generation: a network whose lines are right, in every state, or an Error.
FUZZ_TARGET(caffe_net) {
  using namespace fcn;
  fuzz::Accepts([&] {
    const std::string_view text = fuzz::Text(data, size);
    const CaffeNet net = ParseCaffeNet(text, "fuzz");
    const int lines = 1 + static_cast<int>(std::ranges::count(text, '\n'));
    for (const CaffeLayer& layer : net.layers) {
      fuzz::CheckLines(layer.settings, lines);
      fuzz::Require(!layer.Described().empty(), "a layer can be described");
      fuzz::Accepts([&] { RefuseUnknownFields(net, layer); });
    }
    for (const CaffePhase phase : {CaffePhase::kTrain, CaffePhase::kTest})
      fuzz::Accepts([&] {
        fuzz::Require(LayersInState(net, CaffeStateOf(phase, {net.state})).layers.size() <= net.layers.size(),
                      "rules only leave layers out");
      });
  });
  return 0;
}
