#include "train/data_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "data/check.h"
#include "data/listing.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "train/config.h"

namespace fcn {
namespace {

constexpr size_t kShown = 5;  // findings of a split, before the command that lists all

/// A word of a command line, quoted where a shell would take it apart.
std::string Word(const std::string& text) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

DatasetReport CheckSplit(const TrainConfig& config, const std::string& split, int64_t memory, const Context& context,
                         TrainingObserver& observer) {
  return CheckDataset(
      DatasetOptionsOf(config, split), context,
      [&](size_t done, size_t total) { observer.OnChecking(split, done, total); }, memory);
}

/// The errors as lines of a message; empty where there is none.
std::string ErrorText(const DatasetReport& report, const TrainConfig& config, const std::string& split,
                      const char* use) {
  std::string text;
  size_t errors = 0;
  for (const Finding& finding : report.findings)
    if (finding.is_error && errors++ < kShown) text += fmt::format("\n  {}: {}", finding.kind, finding.message);
  if (errors == 0) return {};
  if (errors > kShown) text += fmt::format("\n  and {} more", errors - kShown);
  return fmt::format("{}, split {}, cannot be {} on: {}{}", config.data, split, use,
                     errors == 1 ? "1 error" : fmt::format("{} errors", errors), text);
}

void NoticeOthers(const DatasetReport& report, const TrainConfig& config, const std::string& split,
                  TrainingObserver& observer) {
  constexpr size_t kOfAKind = 2;
  std::map<std::string, size_t> kinds;
  for (const Finding& finding : report.findings)
    if (!finding.is_error && ++kinds[finding.kind] <= kOfAKind)
      observer.OnNotice(fmt::format("split {}: {}: {}", split, finding.kind, finding.message));
  for (const auto& [kind, count] : kinds)
    if (count > kOfAKind)
      observer.OnNotice(fmt::format("split {}: {}: {} more, which {} lists", split, kind, count - kOfAKind,
                                    CheckCommand(config, split)));
}

/// Throws where samples of an input are of another type in the validation: one number would mean two things.
void CheckTypes(const DatasetReport& training, const DatasetReport& validation, const TrainConfig& config) {
  for (size_t k = 0; k < training.inputs.size(); k++) {
    const InputReport &ours = training.inputs[k], &theirs = validation.inputs[k];
    if (ours.bands.empty() || theirs.bands.empty() || ours.type == theirs.type) continue;
    throw Error(
        ErrorCode::kInput,
        fmt::format("the pictures of the input {} are of {} in the split {} and of {} in {}", ours.input.name,
                    SampleTypeName(ours.type), config.train_split, SampleTypeName(theirs.type), config.val_split),
        "An input's pictures have one type: save all with as many bits, or as floats.");
  }
}

/// A single class can be scored, though nothing can be learnt from it.
void AllowOneClass(DatasetReport& report) {
  for (Finding& finding : report.findings)
    if (finding.kind == "one class") finding.is_error = false;
}

/// By their files; of data that are no files by their place, since two sets may call their pictures alike.
std::set<std::string> PicturesOf(const TrainConfig& config, const std::string& split, const TrainingData& data,
                                 const Dataset& dataset) {
  std::set<std::string> pictures;
  if (!data.are_files()) {
    for (size_t i = 0; i < dataset.size(); i++)
      pictures.insert(fmt::format("{} {}", static_cast<const void*>(&dataset), i));
    return pictures;
  }
  for (const SampleFiles& sample : ListDataset(DatasetOptionsOf(config, split)).samples)
    pictures.insert(sample.inputs[0].lexically_normal().string());
  return pictures;
}

}  // namespace

std::string CheckCommand(const TrainConfig& config, const std::string& split) {
  std::string command = "fcn dataset check --data " + Word(config.data);
  if (!split.empty()) command += " --split " + Word(split);
  if (!config.dataset.empty()) command += " --dataset " + Word(config.dataset);
  if (!config.inputs.empty()) command += " --inputs " + Word(fmt::format("{}", fmt::join(config.inputs, ",")));
  if (!config.heads.empty()) command += " --heads " + Word(fmt::format("{}", fmt::join(config.heads, ",")));
  if (!config.classes.empty()) command += " --classes " + Word(fmt::format("{}", fmt::join(config.classes, ",")));
  if (config.ignore_index != TrainConfig{}.ignore_index)
    command += fmt::format(" --ignore-index {}", config.ignore_index);
  if (config.reduce_zero_label) command += " --reduce-zero-label";
  for (const LabelMapping& mapping : config.map) command += " --map " + Word(MappingText(mapping));
  for (const Colour& colour : config.palette) command += " --palette " + Word(ColourText(colour));
  if (config.strict) command += " --strict";
  if (config.max_pixels != TrainConfig{}.max_pixels) command += fmt::format(" --max-pixels {}", config.max_pixels);
  if (config.sample_max > 0) command += fmt::format(" --sample-max {}", config.sample_max);
  if (!config.bands.empty()) command += fmt::format(" --bands {}", fmt::join(config.bands, ","));
  if (config.page != 1) command += fmt::format(" --page {}", config.page);
  if (config.ignore_alpha) command += " --ignore-alpha";
  return command;
}

std::vector<ClassFrequencies> CheckTrainingData(const TrainConfig& config, int64_t memory, const Context& context,
                                                TrainingObserver& observer) {
  DatasetReport training = CheckSplit(config, config.train_split, memory, context, observer);
  std::string errors = ErrorText(training, config, config.train_split, "trained");
  std::string commands = CheckCommand(config, config.train_split);
  NoticeOthers(training, config, config.train_split, observer);
  if (!config.val_split.empty() && config.val_split != config.train_split) {
    DatasetReport validation = CheckSplit(config, config.val_split, memory, context, observer);
    AllowOneClass(validation);
    NoticeOthers(validation, config, config.val_split, observer);
    if (const std::string more = ErrorText(validation, config, config.val_split, "validated"); !more.empty()) {
      commands = errors.empty() ? CheckCommand(config, config.val_split)
                                : commands + "; " + CheckCommand(config, config.val_split);
      errors += (errors.empty() ? "" : "\n  ") + more;
    }
    if (errors.empty()) CheckTypes(training, validation, config);
  }
  if (!errors.empty())
    throw Error(
        ErrorCode::kInput, errors,
        fmt::format("All that was found is listed by: {}\n  docs/troubleshooting.md says more of labels and classes.",
                    commands));
  std::vector<ClassFrequencies> frequencies;
  frequencies.reserve(training.heads.size());
  for (HeadReport& head : training.heads) frequencies.push_back(std::move(head.frequencies));
  return frequencies;
}

void NoticeOddities(const TrainConfig& config, const TrainingData& data, TrainingObserver& observer) {
  const std::set<std::string> pictures = PicturesOf(config, config.train_split, data, data.training());
  if (data.validation() != nullptr) {
    const std::set<std::string> validation = PicturesOf(config, config.val_split, data, *data.validation());
    const auto both =
        std::ranges::count_if(validation, [&](const std::string& name) { return pictures.contains(name); });
    if (both > 0)
      observer.OnNotice(
          fmt::format("{} of {} pictures of the split {} are learnt from as well: its scores say little about others",
                      both, validation.size(), config.val_split));
  }
  if (static_cast<int64_t>(pictures.size()) < config.batch_size)
    observer.OnNotice(fmt::format("there are {} pictures for a batch_size of {}: each batch has some more than once",
                                  pictures.size(), config.batch_size));
  const PictureSizes& sizes = data.training_sizes();
  const auto is_smaller = [&](const auto& size) {
    return static_cast<double>(size.first.first) * config.scale[1] < static_cast<double>(config.crop_size.width) &&
           static_cast<double>(size.first.second) * config.scale[1] < static_cast<double>(config.crop_size.height);
  };
  if (!sizes.empty() && std::ranges::all_of(sizes, is_smaller))
    observer.OnNotice(
        fmt::format("a crop_size of {}x{} is larger than every picture, also enlarged by {}: crops are "
                    "padded, which only takes time",
                    config.crop_size.width, config.crop_size.height, config.scale[1]));
}

}  // namespace fcn
