#pragma once

#include <string>

#include "formats/caffe/net.h"

namespace fcn {

/// A NetParameter of any generation, upgraded, as a network. Throws Error(kInput) as the upgrades do.
CaffeNet CaffeNetOf(CaffeMessage net, const std::string& file);

}  // namespace fcn
