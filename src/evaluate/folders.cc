#include "evaluate/folders.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>

#include "data/coding.h"
#include "data/listing.h"
#include "fcn/error.h"
#include "fcn/picture_files.h"
#include "metrics/scores.h"

namespace fcn {
namespace {

namespace fs = std::filesystem;

/// Indices count as themselves, colours as the classes' own. What means nothing so far means what it does in the truth:
/// both folders of a binary task may hold 0 and 255.
LabelCoding PredictionCoding(const DatasetClasses& classes, const KnownClasses& known, const DatasetOptions& truth) {
  LabelCoding coding;
  coding.classes = classes.coding.classes;
  coding.of_value.assign(65536, kUnknownLabel);
  for (const auto* values : {&known.void_values, &known.classes.ignored_values})
    for (int value : *values) coding.of_value[static_cast<size_t>(value)] = kIgnoredLabel;
  for (const auto* colours : {&known.void_colours, &known.classes.ignored_colours})
    for (const auto& [r, g, b] : *colours) coding.of_colour[uint32_t{r} << 16 | uint32_t{g} << 8 | b] = kIgnoredLabel;
  if (truth.ignore_index >= 0) coding.of_value[static_cast<size_t>(truth.ignore_index)] = kIgnoredLabel;
  for (const LabelMapping& mapping : truth.map) {
    const auto from = static_cast<uint32_t>(mapping.from);
    const uint16_t meaning = classes.coding.Meaning(from, mapping.colour);
    (mapping.colour ? coding.of_colour[from] : coding.of_value[from]) = meaning;
  }
  for (size_t i = 0; i < classes.names.size(); i++) {
    coding.of_value[i] = static_cast<uint16_t>(i);
    const Colour& c = classes.palette[i];
    coding.of_colour[uint32_t{c.r} << 16 | uint32_t{c.g} << 8 | c.b] = static_cast<uint16_t>(i);
  }
  return coding;
}

struct Pair {
  std::string name;
  fs::path truth, prediction;
};

std::vector<Pair> MatchStems(const std::string& predictions, const std::string& truths, size_t& others) {
  std::map<std::string, fs::path> predicted;
  for (const fs::path& path : FilesOf(predictions, HasPictureEnding)) predicted[path.stem().string()] = path;
  others = predicted.size();
  std::vector<Pair> pairs;
  std::vector<std::string> missing;
  for (const fs::path& truth : FilesOf(truths, HasPictureEnding)) {
    const std::string stem = truth.stem().string();
    const auto found = predicted.find(stem);
    if (found == predicted.end()) {
      missing.push_back(stem);
    } else {
      pairs.push_back({stem, truth, found->second});
      others--;
    }
  }
  if (pairs.empty() && missing.empty())
    throw Error(ErrorCode::kInput, fmt::format("the folder {} holds no label pictures", truths), "Check --truth.");
  if (missing.empty()) return pairs;
  constexpr size_t kNamed = 10;
  std::string names;
  for (size_t i = 0; i < std::min(missing.size(), kNamed); i++) names += (i > 0 ? ", " : "") + missing[i];
  if (missing.size() > kNamed) names += fmt::format(" and {} more", missing.size() - kNamed);
  throw Error(ErrorCode::kInput,
              fmt::format("{} has no predictions for {} of {} pictures: {}", predictions, missing.size(),
                          missing.size() + pairs.size(), names),
              "Scores of a part would flatter: every true label picture needs a prediction of the same stem.");
}

}  // namespace

FolderComparison CompareFolders(const std::string& predictions, const DatasetOptions& truth, const Context& context) {
  const KnownClasses known = ListClasses(truth.kind, truth.folder);
  const DatasetClasses classes = ChooseClasses(truth, known);
  const LabelCoding coding = PredictionCoding(classes, known, truth);
  FolderComparison result;
  const std::vector<Pair> pairs = MatchStems(predictions, truth.folder, result.others);
  result.classes = classes.names;
  result.matrix = ConfusionMatrix(coding.classes);
  result.mean_ius.resize(pairs.size());
  std::mutex mutex;
  for (const Pair& pair : pairs) result.names.push_back(pair.name);
  context.Parallel(static_cast<int64_t>(pairs.size()), [&](int64_t task, int) {
    context.ThrowIfCancelled();
    const auto i = static_cast<size_t>(task);
    const LabelMap wanted = ReadLabels(pairs[i].truth, classes.coding, truth.images);
    const LabelMap predicted = ReadLabels(pairs[i].prediction, coding, truth.images);
    if (wanted.width != predicted.width || wanted.height != predicted.height)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} has {}x{} pixels, but {} has {}x{}", pairs[i].prediction.string(), predicted.width,
                              predicted.height, pairs[i].truth.string(), wanted.width, wanted.height),
                  "Predictions are compared at the truth's size: resize label pictures to the nearest pixel only.");
    ConfusionMatrix matrix(coding.classes);
    matrix.Add(wanted.labels, predicted.labels, kIgnoredLabel);
    result.mean_ius[i] = ComputeScores(matrix).mean_iu;
    const std::lock_guard lock(mutex);  // sums of whole numbers: their order does not matter
    result.matrix.Merge(matrix);
  });
  return result;
}

}  // namespace fcn
