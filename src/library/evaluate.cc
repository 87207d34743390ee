#include "fcn/evaluate.h"

#include <fmt/format.h>

#include <utility>

#include "evaluate/evaluate.h"
#include "evaluate/folders.h"
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

/// Says before the first picture is evaluated that the largest will not fit, where sizes are known. Decoded pictures
/// come on top of what is planned, as everywhere.
void CheckLargestPicture(Predictor& predictor, const Dataset& dataset, int64_t max_pixels, int64_t max_memory) {
  const auto file = [&](std::pair<int, int> size) { return SourceOfSize(dataset, size); };
  const PictureSizes sizes = ReadPictureSizes(dataset, [](size_t, size_t) {});
  const LargestPicture largest = PlanLargestPicture(predictor, sizes, max_pixels, file);
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

}  // namespace

std::vector<HeadScores> Evaluation::scores() const {
  std::vector<HeadScores> all;
  for (const EvaluatedHead& head : heads) all.push_back({head.name, head.classes, ComputeScores(head.matrix)});
  return all;
}

Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options, const Runtime& runtime,
                    FunctionRef<void(size_t done, size_t total)> progress) {
  CheckPieces(options.max_pixels);
  const ModelContents& contents = *ModelAccess::ContentsOf(model);
  if (model.is_classifier())
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} gives a class to a whole picture, none to its pixels", ModelAccess::PlaceOf(model)),
                "Scores need a model that was trained to segment.");
  const std::vector<double> thresholds =
      ThresholdsOf(contents, options.threshold, options.head_thresholds, ModelAccess::PlaceOf(model));
  const CompileOptions compile = RuntimeAccess::CompileOptionsOf(runtime);
  Predictor predictor(NetworkOf(contents, thresholds), compile, RuntimeAccess::ContextOf(runtime),
                      RuntimeAccess::SharedOf(runtime));
  CheckLargestPicture(predictor, dataset, options.max_pixels, compile.max_memory);
  Evaluation result;
  for (const HeadInfo& head : dataset.heads())
    result.heads.push_back({head.name, head.classes, ConfusionMatrix(static_cast<int>(head.classes.size()))});
  try {
    EvaluatePictures(predictor, dataset,
                     {.max_pixels = options.max_pixels, .shift_and_stitch = options.shift_and_stitch},
                     [&](size_t i, std::span<const ConfusionMatrix> heads) {
                       std::vector<HeadScores> scores;
                       for (size_t head = 0; head < heads.size(); head++) {
                         result.heads[head].matrix.Merge(heads[head]);
                         scores.push_back({.scores = ComputeScores(heads[head])});
                       }
                       result.names.push_back(dataset.name(i));
                       result.mean_ius.push_back(MeanIu(scores));
                       progress(i + 1, dataset.size());
                     });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMemory) throw;
    throw Error(error.code(), error.message(), MemoryHint(compile.max_memory));
  }
  return result;
}

Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options,
                    const Runtime& runtime) {
  return Evaluate(model, dataset, options, runtime, [](size_t, size_t) {});
}

Evaluation CompareFolders(const std::string& predictions, const DatasetOptions& truth, const Runtime& runtime) {
  return CompareFolders(predictions, truth, RuntimeAccess::ContextOf(runtime));
}

}  // namespace fcn
