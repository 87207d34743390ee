#pragma once

#include <string>

#include "fcn/error.h"
#include "formats/caffe/net.h"

namespace fcn {

/// Throws an Error that names file and layer, with its line, and the field's line where there is one.
[[noreturn]] void RefuseCaffe(ErrorCode code, const CaffeNet& net, const CaffeLayer& layer, const std::string& what,
                              const std::string& hint, int field_line = 0);

/// What to do where a layer, or what it is told, is nothing that fcn does.
inline constexpr const char* kNotDone =
    "Take the layer out where the answer does not need it, or put layers that fcn has in its place; docs/caffe.md "
    "lists "
    "them.";
/// What to do where a file contradicts itself.
inline constexpr const char* kBadNet = "Caffe would refuse this net, too: compare it with where it is from.";

}  // namespace fcn
