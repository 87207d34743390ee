#pragma once

#include <functional>

#include "base/context.h"
#include "base/function_ref.h"
#include "data/dataset.h"
#include "graph/graph.h"
#include "metrics/confusion.h"
#include "models/preprocessing.h"
#include "runtime/plan.h"
#include "runtime/weight_source.h"

namespace fcn {

/// Pieces of fewer pixels take long and see too little: the programs accept no less than this for max_pixels.
inline constexpr int64_t kSmallestPiece = 1 << 12;

struct EvaluateOptions {
  CompileOptions compile;
  /// Larger pictures are evaluated in pieces of at most so many pixels, which see nothing of each other: at the cuts
  /// labels may differ from those of the whole picture. 0: every picture whole.
  int64_t max_pixels = 0;
  /// Called before each piece, and each whole picture; what it throws ends the evaluation.
  std::function<void()> on_piece = {};
};

/// Segments every picture of a data set at its own size, and counts what is taken for what: one matrix for the whole
/// set, no map is kept. `network` is a fully convolutional one whose only output is the scores of the data set's
/// classes, at the input's size. `progress` is called after each picture; what it throws ends the evaluation. Throws
/// Error(kUsage) where the network has another number of classes, Error(kMemory) that names the picture where it does
/// not fit, and as Dataset::Get, Program::Compile and Program::Run do.
ConfusionMatrix EvaluateModel(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                              const Dataset& dataset, const EvaluateOptions& options, const Context& context,
                              FunctionRef<void(size_t done)> progress);

/// The same, picture by picture: `picture` gets each one's place in the data set and a matrix of its own.
void EvaluatePictures(const Graph& network, const WeightSource& weights, const Preprocessing& preprocessing,
                      const Dataset& dataset, const EvaluateOptions& options, const Context& context,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture);

/// The bytes of a picture of so many pixels while it is read and evaluated: colours, labels as they are stored and as
/// classes, and the labels that the network gives.
constexpr int64_t DecodedBytes(int64_t pixels) { return 10 * pixels; }

/// All that evaluating a picture of this size takes at once: DecodedBytes, packed weights, activations. The weights
/// themselves come on top. Throws as MakePlan does.
int64_t EvaluationBytes(const Graph& network, int64_t width, int64_t height, const EvaluateOptions& options,
                        const Context& context);

}  // namespace fcn
