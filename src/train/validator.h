#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/context.h"
#include "data/picture_sizes.h"
#include "evaluate/largest_picture.h"
#include "fcn/dataset.h"
#include "fcn/function_ref.h"
#include "fcn/scores.h"
#include "fcn/training_observer.h"
#include "runtime/memory_limit.h"
#include "runtime/plan.h"
#include "segment/picture_network.h"
#include "train/config.h"

namespace fcn {

/// Measures networks on the validation split of a training, and says what a person should know of their scores.
class Validator {
 public:
  /// Everything that is given must outlive it. `sizes` are those of the pictures.
  Validator(const TrainConfig& config, const Dataset& pictures, const PictureSizes& sizes,
            const CompileOptions& options, const Context& context, TrainingObserver& observer);

  /// The bytes that the picture takes which takes the most; the network needs no weights yet. Throws Error(kMemory)
  /// that names it, with a remedy, where there is no room for it beside `lasting` bytes, and as MatchRoles.
  int64_t PlanMemory(const PictureNetwork& network, int64_t lasting) const;
  /// Says how many pictures are cut.
  void NoticePieces() const;

  /// The scores of a network in each head of the data, beside `lasting` bytes; none where `stop` was set before all
  /// pictures were seen. `between` is called now and then. `iteration` is for messages. Throws as EvaluateModel does.
  std::optional<std::vector<Scores>> Measure(const PictureNetwork& network, int64_t lasting, int64_t iteration,
                                             const std::atomic<bool>& stop, FunctionRef<void()> between) const;
  /// Looks at the scores of each validation in turn: says where there are none, and which class is never predicted.
  void Notice(const ValidationReport& report);

 private:
  /// Of the largest picture, in pieces of at most `max_pixels`; 0: whole.
  LargestPicture Plan(const PictureNetwork& network, int64_t max_pixels) const;
  /// The file whose header tells of a picture of that size.
  std::string LabelsOf(int width, int height) const;
  [[noreturn]] void ThrowTooLarge(const PictureNetwork& network, const LargestPicture& picture, int64_t lasting,
                                  const MemoryLimit& limit) const;

  const TrainConfig& config_;
  const Dataset& pictures_;
  const PictureSizes& sizes_;
  CompileOptions options_;
  const Context& context_;
  TrainingObserver& observer_;
  bool is_scoreless_ = false;  // whether the last validation had no score
  // By head and class: validations in a row that never predicted it.
  std::map<std::pair<size_t, size_t>, int> unpredicted_;
};

}  // namespace fcn
