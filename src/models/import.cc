#include "models/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/quoted.h"
#include "fcn/error.h"
#include "formats/checksum.h"
#include "formats/weights.h"
#include "graph/text.h"
#include "models/findings.h"
#include "models/foreign_names.h"
#include "models/head_fit.h"
#include "models/import_error.h"
#include "models/initialise.h"
#include "models/name_fit.h"
#include "models/wanted.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

using NewHead = ImportOptions::NewHead;

/// With a dot at its end, unless it is empty.
std::string AsPrefix(const std::string& text) { return text.empty() || text.ends_with('.') ? text : text + "."; }

/// The best fit, or the best of the asked prefix, or of those that begin with it. Throws Error(kUsage) where nothing is
/// behind that.
const NameFit* ChooseFit(const std::vector<NameFit>& fits, const ImportSource& source, const std::string& prefix) {
  if (prefix.empty()) return fits.empty() ? nullptr : &fits.front();
  const auto found = std::ranges::find(fits, AsPrefix(prefix), &NameFit::prefix);
  if (found != fits.end()) return &*found;
  const auto behind = std::ranges::find_if(
      fits, [&](const NameFit& fit) { return fit.complete && fit.prefix.starts_with(AsPrefix(prefix)); });
  if (behind != fits.end()) return &*behind;
  throw Error(ErrorCode::kUsage,
              fmt::format("{} has none of the network's names behind {}", source.file, Quoted(prefix)),
              fits.empty() ? "Leave --prefix out, or see which network the weights are for (--model)."
                           : fmt::format("Most of them are behind {}.", Quoted(fits.front().prefix)));
}

/// The classes that the checkpoint's own scores are for, 0 where it has none.
int64_t ScoredClasses(const std::vector<WantedParameter>& wanted, const FoundTensors& found) {
  for (const WantedParameter& parameter : wanted) {
    if (!IsScoreParameter(parameter.name) || !parameter.depends_on_classes()) continue;
    const auto tensor = found.find(parameter.name);
    if (tensor != found.end() && parameter.Fits(tensor->second->second.shape)) return tensor->second->second.shape[0];
  }
  return 0;
}

/// A score for each class; or one for two classes, a binary model's.
bool IsScoredBy(size_t classes, int64_t scored) {
  return static_cast<int64_t>(classes) == scored || (classes == 2 && scored == 1);
}

std::vector<std::string> ChooseClasses(const ZooEntry& entry, const ImportSource& source, int64_t scored) {
  if (source.model && IsScoredBy(source.model->head().classes.size(), scored)) return source.model->head().classes;
  if (scored == 1) return {"foreground"};
  if (scored == 0 || scored == static_cast<int64_t>(entry.classes.size())) return entry.class_names();
  std::vector<std::string> names;
  for (int64_t i = 0; i < scored; i++) names.push_back(fmt::format("class {}", i));
  return names;
}

void CheckClasses(const ImportSource& source, const std::vector<std::string>& classes, int64_t scored) {
  if (scored == 0 || IsScoredBy(classes.size(), scored)) return;
  if (scored == 1)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the weights give one score to a pixel, as a binary model's, {} classes are named",
                            source.file, classes.size()),
                "Name one class, or two, what is not the class first: --classes background,crack; or let the layers of "
                "scores begin anew, untrained, with --new-head.");
  throw Error(
      ErrorCode::kInput,
      fmt::format("{}: the weights score {} classes, {} {} named", source.file, scored, classes.size(),
                  classes.size() == 1 ? "is" : "are"),
      fmt::format("Name {} classes, separated by commas; or let the layers of scores begin anew, untrained, with "
                  "--new-head.",
                  scored));
}

void CheckFloatingPoint(const ImportSource& source, const FoundTensors& found) {
  Findings whole("of whole numbers");
  for (const auto& [parameter, tensor] : found)
    if (const StoredTensor& stored = tensor->second; !stored.has_reals())
      whole.Add(fmt::format("{} is {}", Quoted(tensor->first), DTypeName(stored.dtype)));
  if (whole.count() == 0) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{}: {} tensors are the network's, {}: these are quantised weights", source.file,
                          found.size(), whole.ToString()),
              "Save the float32 weights from which they were quantised, and import those.");
}

/// Batch norms divide by the square root of theirs.
void CheckVariances(const ImportSource& source, const FoundTensors& found) {
  for (const auto& [parameter, tensor] : found) {
    if (!parameter.ends_with(".running_var")) continue;
    const std::vector<float> variances = tensor->second.ToFloats();
    const auto negative = std::ranges::find_if(variances, [](float variance) { return variance < 0; });
    if (negative != variances.end())
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: {} is a variance, and {} at {}", source.file, Quoted(tensor->first), *negative,
                              negative - variances.begin()),
                  "The file is damaged, or what wrote it went astray: take an earlier checkpoint.");
  }
}

void CheckFinite(const ImportSource& source, const FoundTensors& found) {
  for (const auto& [parameter, tensor] : found)
    if (const auto bad = FindNotFinite(tensor->second))
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: {} of the {} elements of {} are infinite or no number, the first at {}", source.file,
                              bad->count, tensor->second.shape.elements(), Quoted(tensor->first), bad->first),
                  "The training that wrote it went astray: take an earlier checkpoint.");
}

StoredTensor Scaled(const StoredTensor& tensor, float factor) {
  std::vector<float> values = tensor.ToFloats();
  for (float& value : values) value *= factor;
  return StoredTensor::FromFloats(tensor.shape, values);
}

/// VGG16's weights as a classifier has them: torchvision saves fully connected layers as matrices, while networks that
/// are convolutional already, such as fcn's own, have kernels.
bool IsTorchvisionsVgg16(const NameFit& fit, const FoundTensors& found) {
  const auto fc6 = found.find("classifier.0.weight");
  return fit.naming->of.empty() && found.contains("features.28.weight") && fc6 != found.end() &&
         fc6->second->second.shape.rank() == 2;
}

Preprocessing ChoosePreprocessing(const ZooEntry& entry, const ImportSource& source, const ImportOptions& options,
                                  const NameFit& fit, const FoundTensors& found, std::string& report) {
  Preprocessing chosen = entry.preprocessing;
  std::string why = "the network's usual one";
  if (options.preprocessing) {
    chosen = *options.preprocessing;
    why = "as asked";
  } else if (source.model) {
    chosen = source.model->input().preprocessing;
    why = "the file's own";
  } else if (fit.naming->preprocessing) {
    chosen = *fit.naming->preprocessing;
    why = fmt::format("it goes with {}'s names", fit.naming->of);
  } else if (IsTorchvisionsVgg16(fit, found)) {
    chosen = kTorchvisionPreprocessing;
    why = "torchvision's names; --preprocessing caffe for weights that were converted from Caffe";
  }
  chosen.shorter_side = entry.preprocessing.shorter_side, chosen.crop = entry.preprocessing.crop;
  report = fmt::format("{} ({})", PreprocessingText(chosen), why);
  return chosen;
}

/// What names alone cannot tell.
void NoteWhatNamesDoNotTell(const ZooEntry& entry, const NameFit& fit, const FoundTensors& found,
                            const std::string& architecture, std::vector<std::string>& notes) {
  if (fit.naming->of == "pytorch-fcn" && architecture.empty() && found.contains("score_pool3.weight"))
    notes.emplace_back(
        "pytorch-fcn's FCN8s and FCN8sAtOnce have the same names; the weights were taken for FCN8s's: --architecture "
        "FCN8sAtOnce scales those of the other");
  if (fit.naming->of == "timm" && found.contains(std::string(entry.parameter_prefix) + "_conv_stem.weight") &&
      !architecture.starts_with("tf_"))
    notes.emplace_back(
        "timm's tf_efficientnet_lite0 is this network; its efficientnet_lite0 has the same names, but other padding, "
        "another epsilon and torchvision's preprocessing, and would be slightly wrong here without training");
}

void NoteOtherFits(const std::vector<NameFit>& fits, const NameFit& chosen, std::vector<std::string>& notes) {
  std::vector<std::string> others;
  for (const NameFit& fit : fits)
    if (fit.complete && fit.naming == chosen.naming && fit.prefix != chosen.prefix)
      others.push_back(Quoted(fit.prefix));
  if (others.empty()) return;
  constexpr size_t kShown = 4;
  const size_t count = others.size();
  others.resize(std::min(count, kShown));
  notes.push_back(
      fmt::format("the network's weights are there {} times: those behind {} were taken, those behind {}{} "
                  "were not; --prefix takes others",
                  count + 1, Quoted(chosen.prefix), fmt::join(others, ", "), count > kShown ? ", …" : ""));
}

/// Notes what a model said that the one which is made of it does not.
void NoteWhatIsLost(const Model& from, const Model& to, std::vector<std::string>& notes) {
  const bool is_same_network = from.name == to.name && from.head().classes.size() == to.head().classes.size();
  if (is_same_network && from.graph != nullptr && PrintGraph(*from.graph) != PrintGraph(*to.graph))
    notes.push_back(fmt::format("the file's own graph was left: this one is fcn's {}", to.name));
  if (!from.precisions.empty()) notes.emplace_back("what the file says of other precisions was left out: verify again");
}

}  // namespace

ImportSource ReadImportSource(const std::filesystem::path& path) {
  return ImportSourceOf(ReadWeights(path), path.string());
}

ImportSource ImportSourceOf(WeightsFile file, const std::string& name) {
  ImportSource source;
  source.file = name;
  if (file.metadata.contains("fcn.format")) {
    SafetensorsFile model{std::move(file.tensors), std::move(file.metadata)};
    CheckChecksum(model, name);  // of large files, too: what is imported is kept
    // Weights that are infinite or no number are ImportWeights' to find, of those that are used.
    source.model = ModelOf(std::move(model), name);
    CheckCanRun(*source.model, name);
    source.tensors = std::move(source.model->weights);
    source.model->weights.clear();
    return source;
  }
  source.tensors = std::move(file.tensors);
  source.architecture = std::move(file.architecture);
  source.notes = std::move(file.notes);
  return source;
}

Imported ImportWeights(const ZooEntry& entry, const ImportSource& source, const ImportOptions& options) {
  const std::vector<WantedParameter> wanted = WantedParameters(entry);
  std::vector<std::string> own_names;
  for (const WantedParameter& parameter : wanted) own_names.push_back(parameter.name);
  const std::vector<Naming> namings = NamingsOf(entry, own_names);
  const std::vector<NameFit> fits = FitNames(wanted, namings, source.tensors);
  const NameFit* fit = ChooseFit(fits, source, options.prefix);
  if (fit == nullptr || !fit->complete)
    ThrowDoesNotFit(entry, source, wanted, fit, fit == nullptr ? FoundTensors() : TensorsOf(*fit, source.tensors));
  FoundTensors found = TensorsOf(*fit, source.tensors);

  ImportReport report;
  report.names = fit->naming->of;
  report.prefix = fit->prefix;
  report.notes = source.notes;
  FindHead(source, wanted, namings, *fit, AsPrefix(options.prefix), found, report.notes);
  if (options.new_head != NewHead::kAlways) {
    const std::string lost = LostHead(entry, source, wanted, fits, *fit, found);
    if (!lost.empty() && options.new_head == NewHead::kNever) ThrowLostHead(entry, source, lost, found.size());
    if (!lost.empty()) report.notes.push_back(fmt::format("{} as {}: {}", source.file, entry.name, lost));
  }
  report.scored_classes = ScoredClasses(wanted, found);
  std::vector<std::string> classes = options.classes;
  if (classes.empty()) classes = ChooseClasses(entry, source, report.scored_classes);
  if (options.new_head == NewHead::kNever) CheckClasses(source, classes, report.scored_classes);

  const std::string& architecture = options.architecture.empty() ? source.architecture : options.architecture;
  const bool is_binary = options.new_head == NewHead::kNever && classes.size() == 2 && report.scored_classes == 1;
  const int64_t count = is_binary ? 1 : static_cast<int64_t>(classes.size());
  NamedTensors weights;
  FoundTensors used;
  for (const WantedParameter& parameter : wanted) {
    const Shape shape = parameter.ShapeFor(count);
    const auto place = found.find(parameter.name);
    const bool is_there = place != found.end();
    const bool anew = options.new_head == NewHead::kAlways && parameter.depends_on_classes();
    const bool fits_as_it_is = is_there && parameter.Fits(place->second->second.shape) &&
                               (!parameter.depends_on_classes() || place->second->second.shape[0] == count);
    if (anew || (!fits_as_it_is && (!is_there || options.new_head != NewHead::kNever))) {
      weights.emplace(parameter.name, InitialParameter(parameter.name, shape, 0));
      report.initialised.push_back(parameter.name);
      continue;
    }
    // What is there with another shape is not missing.
    if (!fits_as_it_is) ThrowDoesNotFit(entry, source, wanted, fit, found);
    const auto& [name, stored] = *place->second;
    (stored.shape == shape ? report.taken : report.reshaped).push_back(name);
    const float scale = report.names == "pytorch-fcn" ? PytorchFcnScale(architecture, parameter.name) : 1.0f;
    StoredTensor tensor = scale == 1.0f ? stored : Scaled(stored, scale);
    tensor.shape = shape;
    weights.emplace(parameter.name, std::move(tensor));
    used.insert(*place);
  }
  std::set<std::string_view> used_names;
  for (const auto& [parameter, tensor] : used) used_names.insert(tensor->first);
  for (const auto& [name, tensor] : source.tensors)
    if (!used_names.contains(name)) report.ignored.push_back(name);
  CheckFloatingPoint(source, used);
  CheckFinite(source, used);
  CheckVariances(source, used);
  NoteOtherFits(fits, *fit, report.notes);
  NoteWhatNamesDoNotTell(entry, *fit, found, architecture, report.notes);
  CheckUnchanged(source.tensors);  // some were copied

  Graph graph = entry.build(static_cast<int>(count));
  Imported imported{.model = MakeModel(entry, std::move(graph), std::move(weights), std::move(classes)),
                    .report = std::move(report)};
  Model& model = imported.model;
  model.input().preprocessing = ChoosePreprocessing(entry, source, options, *fit, found, imported.report.preprocessing);
  if (source.model && source.model->head().palette.size() == model.head().classes.size())
    model.head().palette = source.model->head().palette;
  if (source.model) {
    model.input().name = source.model->input().name;
    model.head().name = source.model->head().name, model.head().loss_weight = source.model->head().loss_weight;
    model.metadata = source.model->metadata;
    NoteWhatIsLost(*source.model, model, imported.report.notes);
  }
  return imported;
}

}  // namespace fcn
