#include "train/data_options.h"

namespace fcn {

DatasetOptions DatasetOptionsOf(const TrainConfig& config, const std::string& split) {
  DatasetOptions options;
  options.kind = config.dataset;
  options.folder = config.data;
  options.split = split;
  options.classes = config.classes;
  options.ignore_index = static_cast<int>(config.ignore_index);
  options.map = config.map;
  options.reduce_zero_label = config.reduce_zero_label;
  options.palette = config.palette;
  options.images.strict = config.strict;
  options.images.max_pixels = config.max_pixels;
  options.images.sample_max = static_cast<int>(config.sample_max);
  options.images.bands.assign(config.bands.begin(), config.bands.end());
  options.images.page = static_cast<int>(config.page);
  options.images.ignore_alpha = config.ignore_alpha;
  return options;
}

}  // namespace fcn
