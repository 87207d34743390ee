// ResNets and their FCNs, whose own names are torchvision's, and timm's too.

#include "models/foreign_names.h"

namespace fcn {

std::string TransformersResNetModule(std::string_view module) {
  if (module == "conv1") return "embedder.embedder.convolution";
  if (module == "bn1") return "embedder.embedder.normalization";
  if (module == "fc") return "classifier.1";
  // layerS.I.convC, .bnC, .downsample.0 or .downsample.1; stages and convolutions count from 1
  constexpr std::string_view kLayer = "layer";
  const size_t dot = module.find('.'), second = module.find('.', dot + 1);
  if (!module.starts_with(kLayer) || dot != kLayer.size() + 1 || second == module.npos) return {};
  const auto less_one = [](char digit) { return std::string(1, static_cast<char>(digit - 1)); };
  const std::string block = "encoder.stages." + less_one(module[kLayer.size()]) + ".layers." +
                            std::string(module.substr(dot + 1, second - dot - 1)) + ".";
  const std::string_view layer = module.substr(second + 1);
  if (layer == "downsample.0") return block + "shortcut.convolution";
  if (layer == "downsample.1") return block + "shortcut.normalization";
  if (layer.size() == 5 && layer.starts_with("conv")) return block + "layer." + less_one(layer[4]) + ".convolution";
  if (layer.size() == 3 && layer.starts_with("bn")) return block + "layer." + less_one(layer[2]) + ".normalization";
  return {};
}

std::string MmsegmentationFcnResNetModule(std::string_view module) {
  // FCNHead of one convolution that does not concatenate its input.
  if (module == "classifier.0") return "decode_head.convs.0.conv";
  if (module == "classifier.1") return "decode_head.convs.0.bn";
  if (module == "classifier.4") return "decode_head.conv_seg";
  return "backbone." + std::string(module);
}

}  // namespace fcn
