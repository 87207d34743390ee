#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/upgrade.h"

namespace fcn {
namespace {

/// Where a field of the first generation went for one type of layers; empty type: for all of them.
struct MovedField {
  std::string_view from, type, message, to;
};
constexpr MovedField kMoved[] = {
    {"num_output", "conv", "convolution_param", "num_output"},
    {"num_output", "innerproduct", "inner_product_param", "num_output"},
    {"biasterm", "conv", "convolution_param", "bias_term"},
    {"biasterm", "innerproduct", "inner_product_param", "bias_term"},
    {"weight_filler", "conv", "convolution_param", "weight_filler"},
    {"weight_filler", "innerproduct", "inner_product_param", "weight_filler"},
    {"bias_filler", "conv", "convolution_param", "bias_filler"},
    {"bias_filler", "innerproduct", "inner_product_param", "bias_filler"},
    {"pad", "conv", "convolution_param", "pad"},
    {"pad", "pool", "pooling_param", "pad"},
    {"kernelsize", "conv", "convolution_param", "kernel_size"},
    {"kernelsize", "pool", "pooling_param", "kernel_size"},
    {"group", "conv", "convolution_param", "group"},
    {"stride", "conv", "convolution_param", "stride"},
    {"stride", "pool", "pooling_param", "stride"},
    {"pool", "pool", "pooling_param", "pool"},
    {"dropout_ratio", "dropout", "dropout_param", "dropout_ratio"},
    {"local_size", "lrn", "lrn_param", "local_size"},
    {"alpha", "lrn", "lrn_param", "alpha"},
    {"beta", "lrn", "lrn_param", "beta"},
    {"k", "lrn", "lrn_param", "k"},
    {"source", "data", "data_param", "source"},
    {"source", "hdf5_data", "hdf5_data_param", "source"},
    {"source", "images", "image_data_param", "source"},
    {"source", "window_data", "window_data_param", "source"},
    {"source", "infogain_loss", "infogain_loss_param", "source"},
    {"batchsize", "data", "data_param", "batch_size"},
    {"batchsize", "hdf5_data", "hdf5_data_param", "batch_size"},
    {"batchsize", "images", "image_data_param", "batch_size"},
    {"batchsize", "window_data", "window_data_param", "batch_size"},
    {"rand_skip", "data", "data_param", "rand_skip"},
    {"rand_skip", "images", "image_data_param", "rand_skip"},
    {"shuffle_images", "images", "image_data_param", "shuffle"},
    {"new_height", "images", "image_data_param", "new_height"},
    {"new_width", "images", "image_data_param", "new_width"},
    {"concat_dim", "concat", "concat_param", "concat_dim"},
    {"det_fg_threshold", "window_data", "window_data_param", "fg_threshold"},
    {"det_bg_threshold", "window_data", "window_data_param", "bg_threshold"},
    {"det_fg_fraction", "window_data", "window_data_param", "fg_fraction"},
    {"det_context_pad", "window_data", "window_data_param", "context_pad"},
    {"det_crop_mode", "window_data", "window_data_param", "crop_mode"},
    {"scale", "", "transform_param", "scale"},
    {"meanfile", "", "transform_param", "mean_file"},
    {"cropsize", "", "transform_param", "crop_size"},
    {"mirror", "", "transform_param", "mirror"},
};

/// Types whose name in the second generation is not the same in capitals.
constexpr std::pair<std::string_view, std::string_view> kRenamedTypes[] = {
    {"conv", "CONVOLUTION"}, {"images", "IMAGE_DATA"}, {"innerproduct", "INNER_PRODUCT"}, {"pool", "POOLING"}};

/// Types that are the same in capitals; any other is kept as it is, for whoever needs the layer to refuse it.
constexpr std::string_view kKeptTypes[] = {"accuracy",
                                           "bnll",
                                           "concat",
                                           "data",
                                           "dropout",
                                           "euclidean_loss",
                                           "flatten",
                                           "hdf5_data",
                                           "hdf5_output",
                                           "im2col",
                                           "infogain_loss",
                                           "lrn",
                                           "multinomial_logistic_loss",
                                           "relu",
                                           "sigmoid",
                                           "softmax",
                                           "softmax_loss",
                                           "split",
                                           "tanh",
                                           "window_data"};

std::string SecondGenerationType(const std::string& type) {
  for (const auto& [from, to] : kRenamedTypes)
    if (type == from) return std::string(to);
  std::string capitals = type;
  if (std::ranges::find(kKeptTypes, type) != std::end(kKeptTypes))
    for (char& c : capitals)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return capitals;
}

[[noreturn]] void Refuse(const std::string& file, const CaffeMessage& layer, const std::string& what) {
  throw Error(ErrorCode::kInput, fmt::format("{}, line {}: {}", Shown(file), layer.line(), what),
              "Caffe refuses it as well: correct the layer, or write it in today's form, `layer { type: \"…\" }`.");
}

/// Padding layers are left out; their padding goes to the convolution or pooling behind each.
std::vector<CaffeMessage> WithoutPaddingLayers(const std::vector<CaffeValue>& layers, const CaffeMessage& net,
                                               const std::string& file) {
  std::map<std::string, const CaffeMessage*> padding;  // what last made a value: a padding layer, or another
  for (const std::string& input : net.Texts("input")) padding[input] = nullptr;
  std::vector<CaffeMessage> kept;
  for (const CaffeValue& value : layers) {
    const CaffeMessage& layer = value.message.front();
    const std::string type = layer.Message("layer").Text("type");
    CaffeMessage upgraded = layer;
    const std::vector<std::string> bottoms = layer.Texts("bottom");
    for (const std::string& bottom : bottoms) {
      const auto source = padding.find(bottom);
      if (source == padding.end() || source->second == nullptr) continue;
      const CaffeMessage& pad = *source->second;
      if (type != "conv" && type != "pool")
        Refuse(file, layer, fmt::format("a padding layer leads to a layer of type {}", Quoted(type)));
      if (bottoms.size() != 1 || pad.Count("bottom") != 1 || pad.Count("top") != 1)
        Refuse(file, layer, "a padding layer, and the layer that it leads to, have to have one bottom each");
      CaffeMessage& inner = upgraded.Open("layer", layer.line());
      inner.Take("pad");
      CaffeValue width;
      width.line = pad.Message("layer").LineOf("pad");
      width.number = pad.Message("layer").Number("pad");
      inner.Add("pad", std::move(width));
      CaffeValue bottom_of_pad;
      bottom_of_pad.line = pad.LineOf("bottom");
      bottom_of_pad.text = pad.Text("bottom", 0);
      upgraded.Take("bottom");
      upgraded.Add("bottom", std::move(bottom_of_pad));
    }
    for (const std::string& top : layer.Texts("top")) padding[top] = type == "padding" ? &layer : nullptr;
    if (type != "padding") kept.push_back(std::move(upgraded));
  }
  return kept;
}

CaffeMessage SecondGeneration(const CaffeMessage& layer, const std::string& file) {
  if (!layer.Has("layer")) Refuse(file, layer, "a layer without a `layer` of its own, in a file where others have one");
  CaffeMessage upgraded("V1LayerParameter", layer.line());
  const auto move_all = [&](CaffeMessage& from, std::string_view name) {
    for (CaffeValue& value : from.Take(name)) upgraded.Add(name, std::move(value));
  };
  CaffeMessage outer = layer, old = layer.Message("layer");
  for (const char* name : {"bottom", "top"}) move_all(outer, name);
  const std::string type = old.Text("type");
  for (CaffeValue& value : old.Take("type")) {
    value.text = SecondGenerationType(value.text);
    upgraded.Add("type", std::move(value));
  }
  for (const char* name : {"name", "blobs", "blobs_lr", "weight_decay"}) move_all(old, name);
  for (const MovedField& row : kMoved) {
    if (!row.type.empty() && row.type != type) continue;
    for (CaffeValue& value : old.Take(row.from)) {
      CaffeMessage& message = upgraded.Open(row.message, value.line);
      message.Add(row.to, std::move(value));
    }
  }
  // What is left Caffe passes over, too: a field of another type of layers.
  for (const CaffeMessage* part : {&std::as_const(outer), &std::as_const(old)})
    for (const CaffeUnknownField& field : part->unknown()) upgraded.AddUnknown(field);
  return upgraded;
}

}  // namespace

void UpgradeCaffeV0(CaffeMessage& net, const std::string& file) {
  std::vector<CaffeValue> layers = net.Take("layers");
  const bool oldest =
      std::ranges::any_of(layers, [](const CaffeValue& layer) { return layer.message.front().Has("layer"); });
  if (!oldest) {
    for (CaffeValue& layer : layers) net.Add("layers", std::move(layer));
    return;
  }
  for (const CaffeMessage& layer : WithoutPaddingLayers(layers, net, file)) {
    CaffeValue value;
    value.line = layer.line();
    value.message.push_back(SecondGeneration(layer, file));
    net.Add("layers", std::move(value));
  }
}

}  // namespace fcn
