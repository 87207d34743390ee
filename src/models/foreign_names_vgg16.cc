// VGG16 and its FCNs, whose own names are torchvision's: features.N counts ReLU and pooling too.

#include <algorithm>
#include <array>
#include <utility>

#include "models/foreign_names.h"

namespace fcn {
namespace {

using Row = std::pair<std::string_view, std::string_view>;

constexpr std::array<Row, 16> kCaffeNames = {{{"features.0", "conv1_1"},
                                              {"features.2", "conv1_2"},
                                              {"features.5", "conv2_1"},
                                              {"features.7", "conv2_2"},
                                              {"features.10", "conv3_1"},
                                              {"features.12", "conv3_2"},
                                              {"features.14", "conv3_3"},
                                              {"features.17", "conv4_1"},
                                              {"features.19", "conv4_2"},
                                              {"features.21", "conv4_3"},
                                              {"features.24", "conv5_1"},
                                              {"features.26", "conv5_2"},
                                              {"features.28", "conv5_3"},
                                              {"classifier.0", "fc6"},
                                              {"classifier.3", "fc7"},
                                              {"classifier.6", "fc8"}}};
constexpr std::array<Row, 3> kTimmNames = {
    {{"classifier.0", "pre_logits.fc1"}, {"classifier.3", "pre_logits.fc2"}, {"classifier.6", "head.fc"}}};

template <typename Rows>
std::string Find(const Rows& rows, std::string_view module) {
  const auto row = std::ranges::find(rows, module, &Row::first);
  return row == rows.end() ? std::string() : std::string(row->second);
}

}  // namespace

std::string CaffeVgg16Module(std::string_view module) { return Find(kCaffeNames, module); }
std::string TimmVgg16Module(std::string_view module) { return Find(kTimmNames, module); }

float PytorchFcnScale(std::string_view architecture, std::string_view parameter) {
  if (architecture != "FCN8sAtOnce") return 1;
  if (parameter == "score_pool4.weight") return 0.01f;
  return parameter == "score_pool3.weight" ? 0.0001f : 1.0f;
}

}  // namespace fcn
