#include "evaluate/evaluate.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <set>
#include <string>
#include <vector>

#include "evaluate/pieces.h"
#include "fcn/error.h"

namespace fcn {
namespace {

Image Cut(const Image& image, const Piece& piece) {
  Image part{static_cast<int>(piece.width), static_cast<int>(piece.height), {}};
  part.rgb.reserve(static_cast<size_t>(piece.width * piece.height * 3));
  for (int64_t y = piece.y; y < piece.y + piece.height; y++) {
    const uint8_t* row = image.rgb.data() + (y * image.width + piece.x) * 3;
    part.rgb.insert(part.rgb.end(), row, row + piece.width * 3);
  }
  return part;
}

/// The classes of a sample's pixels, piece by piece where it is large.
std::vector<uint16_t> Predict(Predictor& predictor, const Image& image, const EvaluateOptions& options) {
  const int64_t width = image.width, height = image.height;
  const Pieces pieces(width, height, options.max_pixels);
  const auto segment = [&](const Image& part) {
    if (options.on_piece) options.on_piece();
    return predictor.Segment(part).labels;
  };
  if (pieces.count() == 1) return segment(image);
  std::vector<uint16_t> whole(static_cast<size_t>(width * height));
  for (int64_t i = 0; i < pieces.count(); i++) {
    const Piece piece = pieces[i];
    const std::vector<uint16_t> labels = segment(Cut(image, piece));
    for (int64_t y = 0; y < piece.height; y++)
      std::copy_n(labels.begin() + y * piece.width, piece.width, whole.begin() + (piece.y + y) * width + piece.x);
  }
  return whole;
}

}  // namespace

void CheckClassCount(const Predictor& predictor, const Dataset& dataset) {
  if (predictor.classes() == std::ssize(dataset.classes())) return;
  throw Error(
      ErrorCode::kUsage,
      fmt::format("the network tells {} classes apart, the data set {}", predictor.classes(), dataset.classes().size()),
      "Choose the data set's classes with --classes.");
}

void EvaluatePictures(Predictor& predictor, const Dataset& dataset, const EvaluateOptions& options,
                      FunctionRef<void(size_t i, const ConfusionMatrix& matrix)> picture) {
  for (size_t i = 0; i < dataset.size(); i++) {
    std::string what = fmt::format("the picture {}", dataset.name(i));
    ConfusionMatrix matrix(static_cast<int>(dataset.classes().size()));
    try {
      const Sample sample = dataset.Get(i);
      what += fmt::format(" of {}x{} pixels", sample.image.width, sample.image.height);
      CheckClassCount(predictor, dataset);  // labels that cannot be read say more
      matrix.Add(sample.labels.labels, Predict(predictor, sample.image, options), kIgnoredLabel);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kMemory) throw;
      throw Error(ErrorCode::kMemory, fmt::format("{}: {}", what, error.message()), error.hint());
    } catch (const std::bad_alloc&) {
      throw Error(ErrorCode::kMemory, fmt::format("{}: there is not enough memory", what),
                  "Evaluate large pictures in pieces, or on a machine with more memory.");
    }
    picture(i, matrix);
  }
}

ConfusionMatrix EvaluateModel(Predictor& predictor, const Dataset& dataset, const EvaluateOptions& options,
                              FunctionRef<void(size_t done)> progress) {
  ConfusionMatrix whole(static_cast<int>(dataset.classes().size()));
  EvaluatePictures(predictor, dataset, options, [&](size_t i, const ConfusionMatrix& matrix) {
    whole.Merge(matrix);
    progress(i + 1);
  });
  return whole;
}

int64_t EvaluationBytes(Predictor& predictor, int64_t width, int64_t height, int64_t max_pixels) {
  const Pieces pieces(width, height, max_pixels);
  int64_t peak = 0;
  for (const int64_t h : std::set{pieces.shortest_height(), pieces.longest_height()})
    for (const int64_t w : std::set{pieces.shortest_width(), pieces.longest_width()})
      peak = std::max(peak, predictor.PlannedBytes(w, h));
  return peak + DecodedBytes(width * height);
}

}  // namespace fcn
