#include "train/validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "evaluate/evaluate.h"
#include "fcn/error.h"

namespace fcn {

Validator::Validator(const TrainConfig& config, const Dataset& pictures, const PictureSizes& sizes,
                     const CompileOptions& options, const Context& context, TrainingObserver& observer)
    : config_(config), pictures_(pictures), sizes_(sizes), options_(options), context_(context), observer_(observer) {}

int64_t Validator::PlanMemory(const PictureNetwork& network, int64_t lasting) const {
  const LargestPicture largest = Plan(network, config_.val_max_pixels);
  if (const MemoryLimit limit(options_.max_memory); lasting + largest.bytes > limit.bytes())
    ThrowTooLarge(network, largest, lasting, limit);
  return largest.bytes;
}

LargestPicture Validator::Plan(const PictureNetwork& network, int64_t max_pixels) const {
  const auto file = [&](std::pair<int, int> size) { return LabelsOf(size.first, size.second); };
  Predictor predictor(network, options_, context_);
  MatchRoles(predictor, pictures_);
  return PlanLargestPicture(predictor, sizes_, {.max_pixels = max_pixels}, file);
}

std::string Validator::LabelsOf(int width, int height) const { return SourceOfSize(pictures_, {width, height}); }

void Validator::ThrowTooLarge(const PictureNetwork& network, const LargestPicture& picture, int64_t lasting,
                              const MemoryLimit& limit) const {
  // The largest pieces that would fit, halved and halved again, so that the remedy is one.
  const int64_t planned = lasting + picture.bytes;
  std::string remedy = "Validate on smaller pictures";
  for (int64_t pixels = int64_t{picture.width} * picture.height / 2; pixels >= kSmallestPiece; pixels /= 2)
    if (lasting + Plan(network, pixels).bytes <= limit.bytes()) {
      remedy = fmt::format("Validate it in pieces, with --val-max-pixels {}", pixels);
      break;
    }
  throw Error(ErrorCode::kMemory,
              fmt::format("{}: validating a picture of {}x{} pixels would need {:.0f} MB of memory; {}",
                          LabelsOf(picture.width, picture.height), picture.width, picture.height,
                          static_cast<double>(planned) / 1e6, limit.BoundText(planned)),
              remedy + ", or " + limit.Remedy(planned) + ". An empty --val-split is no validation.");
}

void Validator::NoticePieces() const {
  int64_t cut = 0, all = 0;
  for (const auto& [size, pictures] : sizes_) {
    all += pictures;
    if (config_.val_max_pixels > 0 && int64_t{size.first} * size.second > config_.val_max_pixels) cut += pictures;
  }
  if (cut > 0)
    observer_.OnNotice(
        fmt::format("{} of {} validation pictures are validated in pieces of at most {} pixels: scores "
                    "differ a little at the cuts",
                    cut, all, config_.val_max_pixels));
}

std::optional<std::vector<Scores>> Validator::Measure(const PictureNetwork& network, int64_t lasting, int64_t iteration,
                                                      const std::atomic<bool>& stop,
                                                      FunctionRef<void()> between) const {
  struct Stopped {};
  const auto on_piece = [&] {
    between();
    if (stop) throw Stopped();
  };
  const int64_t pixels = LargestPixels(sizes_);
  // The programs of a validation may have what the plan gave them: the limit without what lasts and the picture.
  CompileOptions options = options_;
  if (options.max_memory > 0)
    options.max_memory = std::max<int64_t>(1, options.max_memory - lasting - DecodedBytes(pixels));
  try {
    Predictor predictor(network, options, context_);
    const std::vector<ConfusionMatrix> heads = EvaluateModel(
        predictor, pictures_, {.max_pixels = config_.val_max_pixels, .on_piece = on_piece}, [&](size_t done) {
          observer_.OnValidating(done, pictures_.size());
          if (stop) throw Stopped();
        });
    std::vector<Scores> scores;
    scores.reserve(heads.size());
    for (const ConfusionMatrix& head : heads) scores.push_back(ComputeScores(head));
    return scores;
  } catch (const Stopped&) {
    return std::nullopt;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kMemory) throw;
    const int64_t at_once = config_.val_max_pixels > 0 ? std::min(pixels, config_.val_max_pixels) : pixels;
    throw Error(error.code(), fmt::format("validation after iteration {}: {}", iteration, error.message()),
                fmt::format("Go on with large pictures in pieces: fcn train --resume {} --val-max-pixels {}",
                            config_.output, std::max(kSmallestPiece, at_once / 4)));
  }
}

void Validator::Notice(const ValidationReport& report) {
  const bool is_scoreless = std::isnan(report.mean_iu);
  if (is_scoreless && !is_scoreless_)
    observer_.OnNotice(fmt::format(
        "nothing in the pictures of the split {} counts: there are no scores, and no best model", config_.val_split));
  is_scoreless_ = is_scoreless;
  constexpr int kAlarm = 3;
  for (size_t h = 0; h < report.heads.size(); h++)
    for (size_t c = 0; c < report.heads[h].classes.size(); c++) {
      const ClassScore& score = report.heads[h].scores.per_class[c];
      const bool is_missing = score.truth_pixels > 0 && score.predicted_pixels == 0;
      int& in_a_row = unpredicted_[{h, c}];
      in_a_row = is_missing ? in_a_row + 1 : 0;
      if (in_a_row == kAlarm)
        observer_.OnNotice(fmt::format("{} was never predicted in {} validations; class_weights = \"median\" may help",
                                       report.heads[h].classes[c], kAlarm));
    }
}

}  // namespace fcn
