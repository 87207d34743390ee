#include "library/model_evaluation.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "evaluate/largest_picture.h"
#include "fcn/error.h"
#include "graph/classifier.h"
#include "library/model_access.h"
#include "library/runtime_access.h"
#include "runtime/memory_limit.h"
#include "segment/threshold.h"

namespace fcn {
namespace {

std::string MemoryHint(int64_t max_memory) {
  return fmt::format("Evaluate large pictures in pieces, as with --max-pixels-at-once 1M{}.",
                     max_memory > 0 ? ", or allow more with --max-memory" : "");
}

PieceOptions PiecesOf(const EvaluateOptions& options) {
  return {.max_pixels = options.max_pixels, .shift_and_stitch = options.shift_and_stitch};
}

/// Says before the first picture is evaluated that the largest will not fit, where sizes are known. Decoded pictures
/// come on top of what is planned, as everywhere.
void CheckLargestPicture(Predictor& predictor, const Dataset& dataset, PieceOptions pieces, int64_t max_memory) {
  const auto file = [&](std::pair<int, int> size) { return SourceOfSize(dataset, size); };
  if (pieces.shift_and_stitch) {  // scores are collected of no other heads than those with labels
    try {
      const std::vector<size_t> heads = MatchRoles(predictor, dataset).heads;
      pieces.heads.assign(heads.begin(), heads.end());
    } catch (const Error&) {
      return;  // the first picture says more
    }
  }
  const PictureSizes sizes = ReadPictureSizes(dataset, [](size_t, size_t) {});
  const LargestPicture largest = PlanLargestPicture(predictor, sizes, pieces, file);
  const int64_t planned = largest.bytes - DecodedBytes(int64_t{largest.width} * largest.height);
  const MemoryLimit limit(max_memory);
  if (planned <= limit.bytes()) return;
  throw Error(ErrorCode::kMemory,
              fmt::format("{}: evaluating a picture of {}x{} pixels would need {:.0f} MB of memory; {}",
                          file({largest.width, largest.height}), largest.width, largest.height,
                          static_cast<double>(planned) / 1e6, limit.BoundText(planned)),
              MemoryHint(max_memory));
}

void CheckPieces(int64_t max_pixels) {
  if (max_pixels > 0 && max_pixels < kSmallestPiece)
    throw Error(ErrorCode::kUsage, fmt::format("pieces of {} pixels are too small", max_pixels),
                fmt::format("Pieces of a picture have {} pixels or more.", kSmallestPiece));
}

/// Refuses what cannot be evaluated, and gives the others' network.
PictureNetwork NetworkToEvaluate(const Model& model, const EvaluateOptions& options) {
  CheckPieces(options.max_pixels);
  const ModelContents& contents = *ModelAccess::ContentsOf(model);
  if (model.is_classifier())
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to a whole picture, none to its pixels", ModelAccess::PlaceOf(model)),
                "Scores need a model that was trained to segment.");
  return NetworkOf(contents,
                   ThresholdsOf(contents, options.threshold, options.head_thresholds, ModelAccess::PlaceOf(model)));
}

}  // namespace

ModelEvaluation::ModelEvaluation(const Model& model, const Dataset& dataset, EvaluateOptions options,
                                 const Runtime& runtime)
    : dataset_(dataset),
      options_(std::move(options)),
      max_memory_(RuntimeAccess::CompileOptionsOf(runtime).max_memory),
      predictor_(NetworkToEvaluate(model, options_), RuntimeAccess::CompileOptionsOf(runtime),
                 RuntimeAccess::ContextOf(runtime), RuntimeAccess::SharedOf(runtime)) {
  CheckLargestPicture(predictor_, dataset, PiecesOf(options_), max_memory_);
}

Evaluation ModelEvaluation::Run(FunctionRef<void(size_t done, size_t total)> progress) {
  Evaluation result;
  for (const HeadInfo& head : dataset_.heads())
    result.heads.push_back({head.name, head.classes, ConfusionMatrix(static_cast<int>(head.classes.size()))});
  try {
    EvaluatePictures(predictor_, dataset_, PiecesOf(options_), [&](const EvaluatedPicture& picture) {
      std::vector<HeadScores> scores;
      for (size_t head = 0; head < result.heads.size(); head++) {
        result.heads[head].matrix.Merge(picture.matrices[head]);
        scores.push_back({.scores = ComputeScores(picture.matrices[head])});
      }
      result.names.push_back(dataset_.name(picture.place));
      result.mean_ius.push_back(MeanIu(scores));
      if (options_.on_picture) options_.on_picture(picture);
      progress(picture.place + 1, dataset_.size());
    });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMemory) throw;
    throw Error(error.code(), error.message(), MemoryHint(max_memory_));
  }
  return result;
}

}  // namespace fcn
