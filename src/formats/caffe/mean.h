#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fcn {

/// What Caffe subtracts from pictures before a network sees them (mean_file, .binaryproto).
struct CaffeMean {
  int64_t channels = 0, height = 0, width = 0;
  std::vector<float> values;  ///< channels × height × width, of samples 0 … 255; colours as in the training: blue first

  /// The mean of each channel, added up in double precision.
  std::vector<double> ChannelMeans() const;
};

/// Throws Error(kIo) where it cannot be read, Error(kInput) that names the file where it is none, malformed, or not of
/// 1 to 64 channels.
CaffeMean ReadCaffeMean(const std::filesystem::path& path);
CaffeMean ParseCaffeMean(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace fcn
