#pragma once

#include <optional>
#include <string>
#include <vector>

namespace fcn {

/// What is known of a Python data layer of the release (github.com/shelhamer/fcn.berkeleyvision.org): the layer's own
/// code has it, not the net.
struct ReleaseData {
  std::vector<float> mean;  ///< of each channel, blue first
  bool is_log_depth = false;
};

/// Of a layer by its class, and the picture that a top is ("color", "depth", "hha", or anything where it has one).
/// Nothing for other layers. `parameters` is the layer's param_str.
std::optional<ReleaseData> ReleaseDataOf(const std::string& python_layer, const std::string& top, size_t place,
                                         const std::string& parameters);

/// The numbers behind a key of a Python dictionary, "'mean': (104.0, 116.5, 122.7)"; none where it is not there.
std::vector<float> NumbersBehind(const std::string& parameters, const std::string& key);

}  // namespace fcn
