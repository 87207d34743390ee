#pragma once

#include <string>

#include "fcn/function_ref.h"
#include "graph/graph.h"
#include "models/ports.h"

namespace fcn {

/// A value of a graph that is being built, with its channels.
struct Map {
  ValueId id = kNoValue;
  int channels = 0;
};

/// A square kernel with its stride and the same padding on all four sides.
ConvGeometry Square(int kernel, int stride = 1, int padding = 0);

/// A network's only input, "image".
Map AddImage(Graph& graph, int channels = 3);

/// A network's inputs as its first layer reads them: the only one itself, several in a Concat called "inputs". Calls
/// CheckPorts.
Map AddInputs(Graph& graph, const Ports& ports);

/// The outputs of all heads: `add_scores` adds a head's coarse scores, with names that begin with a prefix, and
/// `add_upsampling` brings those to the picture's size, once all heads have theirs.
void AddHeads(Graph& graph, const Ports& ports, FunctionRef<Map(const std::string& prefix, int scores)> add_scores,
              FunctionRef<Map(const std::string& prefix, Map coarse)> add_upsampling);

/// The input whose size is the picture's.
Map PictureOf(const Graph& graph);

/// A convolution called `node` with the parameters `module`.weight (and `module`.bias), as a torch module names them.
Map AddConv(Graph& graph, const std::string& node, const std::string& module, Map x, int outputs,
            const ConvGeometry& geometry, bool bias = true);

/// A transposed convolution `module` without bias that keeps the number of channels.
Map AddUpsampling(Graph& graph, const std::string& module, Map x, int kernel, int stride);

/// A fully connected layer `module`; `flattened` is the number of values of x's whole map.
Map AddLinear(Graph& graph, const std::string& node, const std::string& module, Map x, int flattened, int outputs);

/// Batch norm over x with the five vectors of torch's module.
Map AddBatchNorm(Graph& graph, const std::string& module, Map x, float epsilon);

/// An operation without parameters that keeps the number of channels.
Map AddOp(Graph& graph, const std::string& node, Op op, Map x);
Map AddOp(Graph& graph, const std::string& node, Op op, Map x, Map other);

}  // namespace fcn
