#pragma once

#include <string>

#include "graph/graph.h"
#include "graph/value_type.h"
#include "tensor/named_tensors.h"

namespace fcn {

// A quantised weight is two or three tensors in a model file: NAME of int8, NAME_scale of float32 and, where one is not
// zero, NAME_zero_point of int8. The last two have as many dimensions as the first, all of size 1 but for the outputs'
// channels, so that (NAME - NAME_zero_point) * NAME_scale is the weight wherever arrays broadcast. In memory it is one
// tensor with its Quantisation.

/// A file's tensors as a model's weights: each int8 tensor that is a parameter of `graph` takes its scales and zero
/// points. Throws Error(kInput) that names the tensor where they are missing, or have another type, shape or range
/// (kLeastScale to kMostScale) than they can have; `where` (the file) begins the message.
NamedTensors JoinQuantised(const Graph& graph, NamedTensors tensors, const std::string& where);

/// Throws Error(kInput) that names an int8 tensor with scales: in a file of format 1 there can be none.
void CheckNoneQuantised(const Graph& graph, const NamedTensors& tensors, const std::string& where);

/// The reverse.
NamedTensors SplitQuantised(const NamedTensors& weights);

/// Whether any weight is quantised.
bool HasQuantised(const NamedTensors& weights);

}  // namespace fcn
