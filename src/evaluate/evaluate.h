#pragma once

#include "base/context.h"
#include "base/function_ref.h"
#include "data/dataset.h"
#include "graph/graph.h"
#include "metrics/confusion.h"
#include "models/preprocessing.h"
#include "runtime/plan.h"
#include "runtime/weight_source.h"

namespace fcn {

/// Segments every picture of a data set at its own size, and counts what is taken for what: one matrix for the whole
/// set, no map is kept. `network` is a fully convolutional one whose only output is the scores of the data set's
/// classes, at the input's size. `progress` is called after each picture; what it throws ends the evaluation. Throws
/// Error(kUsage) where the network has another number of classes, and as Dataset::Get, Program::Compile and
/// Program::Run do.
ConfusionMatrix EvaluateModel(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                              const Dataset& dataset, const CompileOptions& options, const Context& context,
                              FunctionRef<void(size_t done)> progress);

/// The same, picture by picture: `picture` gets each one's place in the data set and a matrix of its own.
void EvaluatePictures(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                      const Dataset& dataset, const CompileOptions& options, const Context& context,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture);

}  // namespace fcn
