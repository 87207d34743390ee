#include "formats/caffe/upgrade.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

CaffeValue MessageValue(CaffeMessage message) {
  CaffeValue value;
  value.line = message.line();
  value.message.push_back(std::move(message));
  return value;
}

/// The shapes of the inputs, as many as there are; none where the net says nothing of sizes.
std::vector<CaffeMessage> InputShapes(CaffeMessage& net, size_t inputs, const std::string& file) {
  constexpr size_t kDimensions = 4;
  const int shape_line = net.LineOf("input_shape"), dim_line = net.LineOf("input_dim");
  std::vector<CaffeValue> whole = net.Take("input_shape"), single = net.Take("input_dim");
  std::vector<CaffeMessage> shapes;
  if (!whole.empty()) {
    for (CaffeValue& shape : whole) shapes.push_back(std::move(shape.message.front()));
  } else {
    for (size_t i = 0; i + kDimensions <= single.size(); i += kDimensions) {
      CaffeMessage& shape = shapes.emplace_back("BlobShape", single[i].line);
      for (size_t k = 0; k < kDimensions; k++) shape.Add("dim", std::move(single[i + k]));
    }
  }
  if (shapes.size() < inputs && (!whole.empty() || !single.empty()))
    throw Error(ErrorCode::kInput,
                fmt::format("{}, line {}: {} inputs, but the shapes of {}", Shown(file),
                            whole.empty() ? dim_line : shape_line, inputs, shapes.size()),
                "Give an input_shape, or four lines of input_dim, for each input.");
  shapes.resize(std::min(shapes.size(), inputs), CaffeMessage("BlobShape"));
  return shapes;
}

}  // namespace

void UpgradeCaffeInputs(CaffeMessage& net, const std::string& file) {
  const int line = net.LineOf("input");
  std::vector<CaffeValue> inputs = net.Take("input");
  std::vector<CaffeMessage> shapes = InputShapes(net, inputs.size(), file);
  if (shapes.empty()) return;
  CaffeMessage layer("LayerParameter", line);
  CaffeValue name;
  name.line = line;
  name.text = "input";
  CaffeValue type = name;
  type.text = "Input";
  layer.Add("name", std::move(name));
  layer.Add("type", std::move(type));
  for (CaffeValue& input : inputs) layer.Add("top", std::move(input));
  CaffeMessage& parameter = layer.Open("input_param", line);
  for (CaffeMessage& shape : shapes) parameter.Add("shape", MessageValue(std::move(shape)));

  std::vector<CaffeValue> others = net.Take("layer");
  net.Add("layer", MessageValue(std::move(layer)));
  for (CaffeValue& other : others) net.Add("layer", std::move(other));
}

void RenameCaffeVariants(CaffeMessage& net) {
  std::vector<CaffeValue> layers = net.Take("layer");
  for (CaffeValue& layer : layers) {
    CaffeMessage& message = layer.message.front();
    if (message.Has("convolution_param")) {
      CaffeMessage& convolution = message.Open("convolution_param", layer.line);
      for (CaffeValue& hole : convolution.Take("hole"))
        if (!convolution.Has("dilation")) convolution.Add("dilation", std::move(hole));
    }
    if (message.Has("pooling_param")) {
      CaffeMessage& pooling = message.Open("pooling_param", layer.line);
      for (CaffeValue& ceil : pooling.Take("ceil_mode")) {
        ceil.text = ceil.number != 0 ? "CEIL" : "FLOOR";
        if (!pooling.Has("round_mode")) pooling.Add("round_mode", std::move(ceil));
      }
    }
    net.Add("layer", std::move(layer));
  }
}

void UpgradeCaffeBatchNorms(CaffeMessage& net) {
  constexpr size_t kParameters = 3;
  std::vector<CaffeValue> layers = net.Take("layer");
  for (CaffeValue& value : layers) {
    CaffeMessage& layer = value.message.front();
    if (layer.Text("type") == "BatchNorm" && layer.Count("param") == kParameters) {
      for (CaffeValue& parameter : layer.Take("param")) {
        for (const char* name : {"lr_mult", "decay_mult"}) {
          parameter.message.front().Take(name);
          CaffeValue zero;
          zero.line = parameter.line;
          parameter.message.front().Add(name, std::move(zero));
        }
        layer.Add("param", std::move(parameter));
      }
    }
    net.Add("layer", std::move(value));
  }
}

}  // namespace fcn
