#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fcn/preprocessing.h"
#include "formats/caffe/net.h"

namespace fcn {

/// What is known of a picture that a Python data layer of the release (github.com/shelhamer/fcn.berkeleyvision.org)
/// gives: the layer's own code has it, not the net.
struct ReleaseData {
  std::vector<float> mean;  ///< of each channel, in the order of `order`
  Preprocessing::Order order = Preprocessing::Order::kBgr;
  std::string input;               ///< what fcn's data set calls the picture; empty where it has one alone
  std::vector<std::string> heads;  ///< what it calls the labels; empty where it has one kind
};

/// Of a layer's top: by the layer's class, and by what its param_str says of its tops ("color", "depth", "hha").
/// Nothing for other layers.
std::optional<ReleaseData> ReleaseDataOf(const CaffeLayer& layer, size_t top);

/// The numbers behind a key of a Python dictionary, "'mean': (104.0, 116.5, 122.7)"; none where it is not there.
std::vector<float> NumbersBehind(const std::string& parameters, const std::string& key);
/// The text behind a key, "'split': 'trainval'"; empty where it is not there.
std::string TextBehind(const std::string& parameters, const std::string& key);

}  // namespace fcn
