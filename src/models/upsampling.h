#pragma once

#include <set>
#include <string>

#include "fcn/network_form.h"
#include "graph/graph.h"

namespace fcn {

/// The parameters of a network's upsampling (IsUpsamplingParameter) that stay bilinear: all with kBilinear, with kPaper
/// those of the last transposed convolution of each head, none with the others.
std::set<std::string> FixedUpsampling(const Graph& network, UpsamplingMethod method);

}  // namespace fcn
