// AlexNet and its FCNs, whose own names are Caffe's. torchvision counts ReLU, pooling and dropout too.

#include <algorithm>
#include <array>
#include <utility>

#include "models/foreign_names.h"

namespace fcn {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kTorchvisionNames = {{
    {"conv1", "features.0"},
    {"conv2", "features.3"},
    {"conv3", "features.6"},
    {"conv4", "features.8"},
    {"conv5", "features.10"},
    {"fc6", "classifier.1"},
    {"fc7", "classifier.4"},
    {"fc8", "classifier.6"},
}};

}  // namespace

std::string TorchvisionAlexNetModule(std::string_view module) {
  const auto row = std::ranges::find(kTorchvisionNames, module, [](const auto& names) { return names.first; });
  return row == kTorchvisionNames.end() ? std::string() : std::string(row->second);
}

}  // namespace fcn
