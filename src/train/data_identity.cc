#include "train/data_identity.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

// Of a checkpoint's metadata: the number of pictures to learn from; the names of the classes in the order of their
// channels, in JSON, or a list of such lists where there are several heads; PrintFingerprint of the data of either
// split.
constexpr char kSamplesKey[] = "samples", kClassesKey[] = "classes", kTrainDataKey[] = "train_data",
               kValDataKey[] = "val_data";

/// A sentence; empty where there is none.
std::string DifferenceOf(const DataFingerprint& before, const DataFingerprint& now, const Dataset& dataset) {
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

}  // namespace

DataIdentity::DataIdentity(const TrainConfig& config, const TrainingData& data, const Context& context,
                           TrainingObserver& observer)
    : config_(config), data_(data) {
  const auto take = [&](const char* key, const std::string& split, const Dataset& dataset) {
    fingerprints_[key] = data.are_files()
                             ? FingerprintData(DatasetOptionsOf(config, split), context,
                                               [&](size_t done) { observer.OnReading(split, done, dataset.size()); })
                             : FingerprintNames(dataset);
  };
  take(kTrainDataKey, config.train_split, data.training());
  if (data.validation() != nullptr) take(kValDataKey, config.val_split, *data.validation());
}

void DataIdentity::WriteTo(Checkpoint& checkpoint) const {
  checkpoint.metadata[kSamplesKey] = fmt::format("{}", data_.training().size());
  const std::vector<HeadInfo>& heads = data_.training().heads();
  nlohmann::json classes = nlohmann::json::array();
  for (const HeadInfo& head : heads) classes.push_back(head.classes);
  checkpoint.metadata[kClassesKey] = (heads.size() == 1 ? classes[0] : classes).dump();
  for (const auto& [key, fingerprint] : fingerprints_) checkpoint.metadata[key] = PrintFingerprint(fingerprint);
}

void DataIdentity::Check(const Checkpoint& checkpoint, const std::string& where, TrainingObserver& observer) const {
  constexpr int64_t kMost = int64_t{1} << 40;
  // With other pictures the order of the samples and, with epochs, the length of the training would be others.
  if (const int64_t samples = RequireCount(checkpoint, kSamplesKey, kMost, where);
      samples != static_cast<int64_t>(data_.training().size()))
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the training began with {} pictures; {} now has {}", where, samples, DataName(config_),
                            data_.training().size()),
                fmt::format("To train on from its weights with these: --weights {} instead of --resume.", where));
  for (const auto& [key, now] : fingerprints_) {
    const auto found = checkpoint.metadata.find(key);
    if (found == checkpoint.metadata.end()) continue;  // written before checkpoints had them
    DataFingerprint before;
    if (!ParseFingerprint(found->second, before))
      ThrowDamaged(where, fmt::format("\"{}\" is no fingerprint of data", key));
    const bool is_training = key == kTrainDataKey;
    const std::string what = DifferenceOf(before, now, is_training ? data_.training() : *data_.validation());
    if (what.empty()) continue;
    const std::string message =
        fmt::format("{}: {}, split {}, is not what the training began with: {}", where, DataName(config_),
                    is_training ? config_.train_split : config_.val_split, what);
    if (config_.check)
      throw Error(ErrorCode::kInput, message,
                  fmt::format("Give the data back what it had; or go on with it as it is, and end elsewhere than "
                              "without a stop: --check false; or begin from these weights: --weights {}.",
                              where));
    observer.OnNotice(message);
  }
}

std::vector<std::vector<std::string>> ClassesOf(const Checkpoint& checkpoint, const std::string& where, size_t heads) {
  const auto found = checkpoint.metadata.find(kClassesKey);
  if (found == checkpoint.metadata.end()) return {};  // written before checkpoints had them
  std::vector<std::vector<std::string>> classes;
  try {
    const auto json = nlohmann::json::parse(found->second);
    if (heads == 1)
      classes.push_back(json.get<std::vector<std::string>>());
    else
      classes = json.get<std::vector<std::vector<std::string>>>();
  } catch (const nlohmann::json::exception&) {
    ThrowDamaged(where, fmt::format("\"{}\" is no list of names", kClassesKey));
  }
  if (classes.size() != heads)
    ThrowDamaged(where,
                 fmt::format("\"{}\" are those of {} heads, and there are {}", kClassesKey, classes.size(), heads));
  return classes;
}

void CheckClasses(const Checkpoint& checkpoint, const std::string& where, const TrainConfig& config,
                  const Dataset& data) {
  const std::vector<std::vector<std::string>> all = ClassesOf(checkpoint, where, data.heads().size());
  const auto changed = std::ranges::mismatch(all, data.heads(), {}, {}, &HeadInfo::classes);
  if (changed.in1 == all.end()) return;
  const std::vector<std::string>&before = *changed.in1, &classes = changed.in2->classes;
  const auto list = [](std::vector<std::string> names) {
    for (std::string& name : names) name = Quoted(name);
    return fmt::format("{}", fmt::join(names, ", "));
  };
  throw Error(
      ErrorCode::kInput,
      fmt::format("{}: the training began with the classes {}; {} now has {}", where, list(before), DataName(config),
                  list(classes)),
      fmt::format("Give the data its classes back, in that order (classes.txt), and resume; or begin a training "
                  "from these weights: --weights {} instead of --resume.",
                  where));
}

}  // namespace fcn
