#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/upgrade.h"

namespace fcn {
namespace {

constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
    {"ABSVAL", "AbsVal"},
    {"ACCURACY", "Accuracy"},
    {"ARGMAX", "ArgMax"},
    {"BNLL", "BNLL"},
    {"CONCAT", "Concat"},
    {"CONTRASTIVE_LOSS", "ContrastiveLoss"},
    {"CONVOLUTION", "Convolution"},
    {"DATA", "Data"},
    {"DECONVOLUTION", "Deconvolution"},
    {"DROPOUT", "Dropout"},
    {"DUMMY_DATA", "DummyData"},
    {"ELTWISE", "Eltwise"},
    {"EUCLIDEAN_LOSS", "EuclideanLoss"},
    {"EXP", "Exp"},
    {"FLATTEN", "Flatten"},
    {"HDF5_DATA", "HDF5Data"},
    {"HDF5_OUTPUT", "HDF5Output"},
    {"HINGE_LOSS", "HingeLoss"},
    {"IM2COL", "Im2col"},
    {"IMAGE_DATA", "ImageData"},
    {"INFOGAIN_LOSS", "InfogainLoss"},
    {"INNER_PRODUCT", "InnerProduct"},
    {"LRN", "LRN"},
    {"MEMORY_DATA", "MemoryData"},
    {"MULTINOMIAL_LOGISTIC_LOSS", "MultinomialLogisticLoss"},
    {"MVN", "MVN"},
    {"NONE", ""},
    {"POOLING", "Pooling"},
    {"POWER", "Power"},
    {"RELU", "ReLU"},
    {"SIGMOID", "Sigmoid"},
    {"SIGMOID_CROSS_ENTROPY_LOSS", "SigmoidCrossEntropyLoss"},
    {"SILENCE", "Silence"},
    {"SLICE", "Slice"},
    {"SOFTMAX", "Softmax"},
    {"SOFTMAX_LOSS", "SoftmaxWithLoss"},
    {"SPLIT", "Split"},
    {"TANH", "TanH"},
    {"THRESHOLD", "Threshold"},
    {"WINDOW_DATA", "WindowData"},
};

std::string TodaysType(const std::string& type) {
  for (const auto& [from, to] : kTypes)
    if (type == from) return std::string(to);
  return type;
}

/// Fields of the data layers that moved to "transform_param".
void MoveTransformation(CaffeMessage& layer, const std::string& type) {
  for (const auto& [of_type, message] : {std::pair("DATA", "data_param"), std::pair("IMAGE_DATA", "image_data_param"),
                                         std::pair("WINDOW_DATA", "window_data_param")}) {
    if (type != of_type || !layer.Has(message)) continue;
    CaffeMessage& data = layer.Open(message, layer.line());
    for (const char* name : {"scale", "mean_file", "crop_size", "mirror"}) {
      for (CaffeValue& value : data.Take(name)) {
        CaffeMessage& transform = layer.Open("transform_param", value.line);
        transform.Take(name);
        transform.Add(name, std::move(value));
      }
    }
  }
}

/// The four lists of the second generation, of names, ways of sharing, rates and decays, as one list of parameters.
void JoinParameters(CaffeMessage& old, CaffeMessage& layer) {
  constexpr std::pair<const char*, const char*> kLists[] = {
      {"param", "name"}, {"blob_share_mode", "share_mode"}, {"blobs_lr", "lr_mult"}, {"weight_decay", "decay_mult"}};
  std::vector<CaffeMessage> parameters;
  for (const auto& [list, name] : kLists) {
    std::vector<CaffeValue> values = old.Take(list);
    for (size_t i = 0; i < values.size(); i++) {
      if (parameters.size() <= i) parameters.emplace_back("ParamSpec", values[i].line);
      parameters[i].Add(name, std::move(values[i]));
    }
  }
  for (CaffeMessage& parameter : parameters) {
    CaffeValue value;
    value.line = parameter.line();
    value.message.push_back(std::move(parameter));
    layer.Add("param", std::move(value));
  }
}

CaffeMessage TodaysLayer(CaffeMessage old) {
  CaffeMessage layer("LayerParameter", old.line());
  MoveTransformation(old, old.Text("type"));
  for (CaffeValue& type : old.Take("type")) {
    type.text = TodaysType(type.text);
    layer.Add("type", std::move(type));
  }
  JoinParameters(old, layer);
  for (const CaffeField& field : old.fields())
    for (const CaffeValue& value : field.values) layer.Add(field.name, value);
  for (const CaffeUnknownField& field : old.unknown()) layer.AddUnknown(field);
  return layer;
}

}  // namespace

void UpgradeCaffeV1(CaffeMessage& net, const std::string& file) {
  std::vector<CaffeValue> layers = net.Take("layers");
  if (!layers.empty() && net.Has("layer"))
    throw Error(ErrorCode::kInput,
                fmt::format("{}: has layers of two generations, `layers` (line {}) and `layer` (line {})", Shown(file),
                            layers.front().line, net.LineOf("layer")),
                "Caffe refuses it as well: write all of them as `layer { type: \"…\" }`.");
  for (CaffeValue& value : layers) {
    CaffeMessage upgraded = TodaysLayer(std::move(value.message.front()));
    value.message.front() = std::move(upgraded);
    net.Add("layer", std::move(value));
  }
}

}  // namespace fcn
