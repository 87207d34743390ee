#pragma once

#include <functional>

#include "base/function_ref.h"
#include "data/dataset.h"
#include "metrics/confusion.h"
#include "segment/predictor/predictor.h"

namespace fcn {

/// Pieces of fewer pixels take long and see too little: the programs accept no less than this for max_pixels.
inline constexpr int64_t kSmallestPiece = 1 << 12;

struct EvaluateOptions {
  /// Larger pictures are evaluated in pieces of at most so many pixels, which see nothing of each other: at the cuts
  /// labels may differ from those of the whole picture. 0: every picture whole.
  int64_t max_pixels = 0;
  /// Called before each piece, and each whole picture; what it throws ends the evaluation.
  std::function<void()> on_piece = {};
};

/// Throws Error(kUsage) where the network has another number of classes than the data set.
void CheckClassCount(const Predictor& predictor, const Dataset& dataset);

/// Segments every picture of a data set at its own size, and counts what is taken for what: one matrix for the whole
/// set, no map is kept. `progress` is called after each picture; what it throws ends the evaluation. Throws as
/// CheckClassCount, Dataset::Get and Predictor::Segment do, Error(kMemory) with the name of the picture.
ConfusionMatrix EvaluateModel(Predictor& predictor, const Dataset& dataset, const EvaluateOptions& options,
                              FunctionRef<void(size_t done)> progress);

/// The same, picture by picture: `picture` gets each one's place in the data set and a matrix of its own.
void EvaluatePictures(Predictor& predictor, const Dataset& dataset, const EvaluateOptions& options,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture);

/// The bytes of a picture of so many pixels while it is read and evaluated: colours, labels as they are stored and as
/// classes, and the labels that the network gives.
constexpr int64_t DecodedBytes(int64_t pixels) { return 10 * pixels; }

/// All that evaluating a picture of this size takes at once: DecodedBytes, packed weights, activations. The weights
/// themselves come on top. Throws as MakePlan does.
int64_t EvaluationBytes(Predictor& predictor, int64_t width, int64_t height, int64_t max_pixels);

}  // namespace fcn
