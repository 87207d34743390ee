// What a training that is resumed asks of its checkpoint and its data, before it goes on.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/quoted.h"
#include "data/option_text.h"
#include "fcn/error.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

/// A whole number from 0 to `most`.
int64_t Count(const Checkpoint& checkpoint, const std::string& key, int64_t most, const std::string& where) {
  const std::string& text = RequireMetadata(checkpoint.metadata, key, where);
  const std::optional<int64_t> value = ParseWhole(text);
  if (!value || *value < 0 || *value > most)
    ThrowDamaged(where, fmt::format("\"{}\" is {}, not a whole number of 0 to {}", key, Quoted(text), most));
  return *value;
}

int64_t Validations(const History& history) {
  return std::ranges::count_if(
      history, [](const HistoryEntry& entry) { return std::holds_alternative<ValidationEntry>(entry); });
}

struct Best {
  double mean_iu = std::numeric_limits<double>::quiet_NaN();
  int64_t iteration = 0;
};

/// The first of the best validations, as a training keeps it.
Best BestOf(const History& history) {
  Best best;
  for (const HistoryEntry& line : history)
    if (const auto* validation = std::get_if<ValidationEntry>(&line);
        validation != nullptr && !(std::isnan(validation->mean_iu) || validation->mean_iu <= best.mean_iu))
      best = {validation->mean_iu, validation->iteration};
  return best;
}

}  // namespace

void Trainer::State::ReadCounts(const Checkpoint& checkpoint, const std::string& where) {
  iteration = checkpoint.iteration;
  if (iteration > max_iterations)
    ThrowDamaged(where, fmt::format("it is at iteration {} of {}", iteration, max_iterations));
  history = checkpoint.history;
  const size_t classes = train_data->classes().size();
  for (const HistoryEntry& line : history)
    if (const auto* validation = std::get_if<ValidationEntry>(&line);
        validation != nullptr && validation->class_iu.size() != classes)
      ThrowDamaged(where, fmt::format("the history has scores of {} classes, and there are {}",
                                      validation->class_iu.size(), classes));
  best_mean_iu = checkpoint.best_score;
  best_iteration = checkpoint.best_iteration;
  const auto [best, best_at] = BestOf(history);
  if (std::isnan(best) ? !std::isnan(best_mean_iu) || best_iteration != 0
                       : best_mean_iu != best || best_iteration != best_at)
    ThrowDamaged(where, fmt::format("the best score is {}, of iteration {}, but the history's is {}, of iteration {}",
                                    best_mean_iu, best_iteration, best, best_at));
  validated = Count(checkpoint, "validated", iteration, where);
  worse_validations = Count(checkpoint, "worse_validations", Validations(history), where);
  loss_count = Count(checkpoint, "loss_count", config.log_interval - 1, where);
  const std::string& sum = RequireMetadata(checkpoint.metadata, "loss_sum", where);
  char* end = nullptr;
  loss_sum = std::strtod(sum.c_str(), &end);
  if (sum.empty() || *end != 0 || !std::isfinite(loss_sum) || (loss_count == 0 && loss_sum != 0))
    ThrowDamaged(where, fmt::format("\"loss_sum\" is {} for {} losses", Quoted(sum), loss_count));
}

void Trainer::State::CheckClasses(const Checkpoint& checkpoint, const std::string& where) const {
  const auto found = checkpoint.metadata.find(kClassesKey);
  if (found == checkpoint.metadata.end()) return;  // written before checkpoints had them
  std::vector<std::string> before;
  try {
    before = nlohmann::json::parse(found->second).get<std::vector<std::string>>();
  } catch (const nlohmann::json::exception&) {
    ThrowDamaged(where, fmt::format("\"{}\" is no list of names", kClassesKey));
  }
  const std::vector<std::string>& now = train_data->classes();
  if (before == now) return;
  const auto list = [](std::vector<std::string> names) {
    for (std::string& name : names) name = Quoted(name);
    return fmt::format("{}", fmt::join(names, ", "));
  };
  throw Error(
      ErrorCode::kInput,
      fmt::format("{}: the training began with the classes {}; {} now has {}", where, list(before), config.data,
                  list(now)),
      fmt::format("Give the data its classes back, in that order (classes.txt), and resume; or begin a training "
                  "from these weights: --weights {} instead of --resume.",
                  where));
}

void Trainer::State::TakeFingerprints() {
  const auto take = [&](const char* key, const std::string& split, size_t samples) {
    fingerprints[key] = FingerprintData(DatasetOptionsOf(config, split), context,
                                        [&](size_t done) { observer.OnReading(split, done, samples); });
  };
  take(kTrainDataKey, config.train_split, train_data->size());
  if (val_data) take(kValDataKey, config.val_split, val_data->size());
}

void Trainer::State::CheckData(const Checkpoint& checkpoint, const std::string& where) {
  constexpr int64_t kMost = int64_t{1} << 40;
  // With other pictures the order of the samples and, with epochs, the length of the training would be others.
  if (const int64_t samples = Count(checkpoint, "samples", kMost, where);
      samples != static_cast<int64_t>(train_data->size()))
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the training began with {} pictures; {} now has {}", where, samples, config.data,
                            train_data->size()),
                fmt::format("To train on from its weights with these: --weights {} instead of --resume.", where));
  for (const auto& [key, now] : fingerprints) {
    const auto found = checkpoint.metadata.find(key);
    if (found == checkpoint.metadata.end()) continue;  // written before checkpoints had them
    DataFingerprint before;
    if (!ParseFingerprint(found->second, before))
      ThrowDamaged(where, fmt::format("\"{}\" is no fingerprint of data", key));
    const bool is_training = key == kTrainDataKey;
    const std::string what = DifferenceOf(before, now, is_training ? *train_data : *val_data);
    if (what.empty()) continue;
    const std::string message = fmt::format("{}: {}, split {}, is not what the training began with: {}", where,
                                            config.data, is_training ? config.train_split : config.val_split, what);
    if (config.check)
      throw Error(ErrorCode::kInput, message,
                  fmt::format("Give the data back what it had; or go on with it as it is, and end elsewhere than "
                              "without a stop: --check false; or begin from these weights: --weights {}.",
                              where));
    observer.OnNotice(message);
  }
}

std::string Trainer::State::DifferenceOf(const DataFingerprint& before, const DataFingerprint& now,
                                         const Dataset& dataset) {
  if (before.samples.size() != now.samples.size())
    return fmt::format("it had {} pictures and has {}", before.samples.size(), now.samples.size());
  size_t count = 0, first = 0;
  for (size_t i = now.samples.size(); i-- > 0;)
    if (now.samples[i] != before.samples[i]) count++, first = i;
  if (count > 0)
    return fmt::format("of {} of its {} samples the name, the picture or the labels have changed; the first is {}",
                       count, now.samples.size(), Quoted(dataset.name(first)));
  if (before.meaning != now.meaning) return "its label values mean other classes than then";
  return {};
}

}  // namespace fcn
