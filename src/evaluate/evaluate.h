#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/evaluate.h"
#include "fcn/function_ref.h"
#include "segment/predictor/predictor.h"

namespace fcn {

/// How pictures are cut.
struct PieceOptions {
  int64_t max_pixels = 0;         ///< as EvaluateOptions::max_pixels
  bool shift_and_stitch = false;  ///< as SegmentRequest::shift_and_stitch
  std::vector<int> heads = {};    ///< those that a forecast counts; empty: all
  /// Called before each piece, and each whole picture; what it throws ends the evaluation.
  std::function<void()> on_piece = {};
};

/// How a network and a data set meet: by name where all inputs (or heads) of both have names, else by place. A data set
/// may have other inputs, and lack heads.
struct RoleMatch {
  std::vector<size_t> inputs;  ///< of each of the network's inputs: its place in the data set
  std::vector<size_t> heads;   ///< of each of the data set's heads: its place in the network
};

/// Throws Error(kUsage) where the data set lacks an input, or has it with other bands; where the network lacks a head,
/// or has it with another number of classes.
RoleMatch MatchRoles(const Predictor& predictor, const Dataset& dataset);

/// Segments every sample of a data set at its own size, and counts what is taken for what: one matrix for each of its
/// heads, no map is kept. `progress` is called after each sample; what it throws ends the evaluation. Throws as
/// MatchRoles, Dataset::Get and Predictor::Segment do, Error(kMemory) with the name of the sample.
std::vector<ConfusionMatrix> EvaluateModel(Predictor& predictor, const Dataset& dataset, const PieceOptions& options,
                                           FunctionRef<void(size_t done)> progress);

/// The same, sample by sample: `on_picture` gets each one's labels and matrices.
void EvaluatePictures(Predictor& predictor, const Dataset& dataset, const PieceOptions& options,
                      FunctionRef<void(const EvaluatedPicture& picture)> on_picture);

/// The bytes of a picture of so many pixels while it is read and evaluated: colours, labels as they are stored and as
/// classes, and the labels that the network gives.
constexpr int64_t DecodedBytes(int64_t pixels) { return 10 * pixels; }

/// All that evaluating a picture of this size takes at once: DecodedBytes and more for further inputs and heads, packed
/// weights, activations, collected scores. The weights themselves come on top. Throws as MakePlan and Stitching do.
int64_t EvaluationBytes(Predictor& predictor, int64_t width, int64_t height, const PieceOptions& options);

}  // namespace fcn
