#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/function_ref.h"
#include "fcn/model.h"
#include "fcn/runtime.h"
#include "fcn/scores.h"

namespace fcn {

/// What was taken for what in a head.
struct FCN_API EvaluatedHead {
  std::string name = {};
  std::vector<std::string> classes = {};
  ConfusionMatrix matrix{0};
};

/// How well labels fit the truth.
struct FCN_API Evaluation {
  std::vector<EvaluatedHead> heads = {};  ///< of the truth
  std::vector<std::string> names = {};    ///< of the pictures, in order
  std::vector<double> mean_ius = {};      ///< of each picture, over its heads; NaN where none of its pixels counts
  size_t others = 0;                      ///< files among predictions that no truth belongs to: CompareFolders alone

  /// For ScoresText, ScoresJson and MeanIu.
  std::vector<HeadScores> scores() const;
};

/// A picture that a model is evaluated on.
struct FCN_API EvaluatedPicture {
  size_t place = 0;  ///< in the data set
  int width = 0, height = 0;
  std::span<const std::vector<uint16_t>> labels = {};  ///< the model's, of each of the data's heads: height × width
  std::span<const ConfusionMatrix> matrices = {};      ///< of this picture alone, of each of the data's heads
};

/// Pieces of fewer pixels take long and see too little: no less than this is accepted.
inline constexpr int64_t kSmallestPiece = 1 << 12;

struct FCN_API EvaluateOptions {
  /// Larger pictures are evaluated in pieces of at most so many pixels, which see nothing of each other: at the cuts
  /// labels may differ from those of the whole picture. 0: every picture whole.
  int64_t max_pixels = 0;
  double threshold = 0.5;  ///< as SegmenterOptions has them
  std::map<std::string, double> head_thresholds = {};
  bool shift_and_stitch = false;  ///< as SegmentRequest::shift_and_stitch
  /// Where given: called with each picture, in order, before `progress`. What it throws ends the evaluation.
  std::function<void(const EvaluatedPicture& picture)> on_picture = {};
};

/// Segments every sample of a data set at its own size, and counts what is taken for what: one matrix for each of its
/// heads, no label map is kept. Model and data meet by name where all inputs (or heads) of both have names, else by
/// place; the data may have more inputs, and fewer heads. `progress` is called after each sample; what it throws ends
/// the evaluation.
///
/// Throws Error(kUnsupported) for a classifier; Error(kUsage) for thresholds that the model cannot have, pieces that
/// are too small, and where the data lack an input or the model a head, or have it with other bands or classes;
/// Error(kMemory), before the first picture is read where sizes are known, naming the sample; Error(kInput) for
/// samples that are not what their data set says; Error(kCancelled); and what Dataset::Get throws.
FCN_API Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options,
                            const Runtime& runtime, FunctionRef<void(size_t done, size_t total)> progress);
/// The same without progress.
FCN_API Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options = {},
                            const Runtime& runtime = Runtime());

/// Compares label pictures that some program wrote with true ones, by the stems of their names. Predictions hold the
/// indices of the classes (or their colours, or values that truth.map gives a meaning and that are no index); where
/// they have the ignore index or the kind's void value, they count as wrong. The truth is read as `truth` says: its
/// folder holds the label pictures themselves; its kind (camvid, voc) or a classes.txt tells what they mean, otherwise
/// they hold the indices of truth.classes. Throws Error(kInput) that lists names where predictions are missing, a size
/// differs or a file is malformed; Error(kIo) for folders that cannot be read; Error(kUsage) as OpenDataset does;
/// Error(kCancelled).
FCN_API Evaluation CompareFolders(const std::string& predictions, const DatasetOptions& truth,
                                  const Runtime& runtime = Runtime());

}  // namespace fcn
