#include "models/import.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "formats/weights.h"
#include "graph/text.h"
#include "models/findings.h"
#include "models/first_layer.h"
#include "models/foreign_names.h"
#include "models/head_fit.h"
#include "models/head_match.h"
#include "models/import_check.h"
#include "models/import_error.h"
#include "models/initialise.h"
#include "models/name_fit.h"
#include "models/skip_scale.h"
#include "models/upsampling.h"
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

/// The inputs that the network is built with. A picture of three bands is "image" in its graph whatever the model calls
/// it.
std::vector<InputPort> InputsFor(const ZooEntry& entry, const ImportSource& source, const ImportOptions& options) {
  if (!options.inputs.empty()) {
    std::vector<InputPort> ports;
    ports.reserve(options.inputs.size());
    for (const InputInfo& input : options.inputs) ports.push_back(PortOf(input));
    return ports;
  }
  if (source.inputs.empty()) return entry.ports(1).inputs;
  const bool is_colour = source.inputs.size() == 1 && source.inputs[0].channels == kColourBands;
  return is_colour ? std::vector<InputPort>{{}} : source.inputs;
}

/// The heads that it is built with; those that have no classes yet get the file's (ChooseClasses).
std::vector<HeadRole> HeadsFor(const ImportSource& source, const ImportOptions& options) {
  std::vector<HeadRole> heads;
  heads.reserve(options.heads.size());
  for (const HeadInfo& head : options.heads)
    heads.push_back({.name = head.name, .classes = head.classes, .palette = head.palette});
  if (!heads.empty()) return heads;
  heads.resize(1);
  if (source.model) {
    heads.clear();
    for (const HeadRole& head : source.model->heads)
      heads.push_back({.name = head.name, .classes = {}, .palette = {}, .loss_weight = head.loss_weight});
  }
  if (heads.size() > 1 && !options.classes.empty())
    throw Error(ErrorCode::kUsage,
                fmt::format("{} has {} heads: their classes cannot be named here", source.file, heads.size()),
                "Leave the classes out; they stay as the file names them.");
  heads[0].classes = options.classes;
  return heads;
}

/// A network's ports, of one score in each head.
Ports PortsFor(std::vector<InputPort> inputs, const std::vector<HeadRole>& heads, const NetworkForm& form) {
  std::vector<HeadPort> ports;
  ports.reserve(heads.size());
  for (const HeadRole& head : heads) ports.push_back({.name = head.name, .scores = 1});
  Ports network(std::move(inputs), std::move(ports));
  network.form = form;
  return network;
}

/// The classes that the checkpoint's own scores of a head are for, 0 where it has none.
int64_t ScoredClasses(const std::vector<WantedParameter>& wanted, size_t head, const FoundTensors& found) {
  for (const WantedParameter& parameter : wanted) {
    if (parameter.head != head || parameter.begins_anew) continue;
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

/// `own` is what the file says of the head, or null.
std::vector<std::string> ChooseClasses(const ZooEntry& entry, const HeadRole* own, int64_t scored) {
  if (own != nullptr && !own->classes.empty() && IsScoredBy(own->classes.size(), scored)) return own->classes;
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

float ValueOr(const std::map<std::string, float>& values, const std::string& name, float otherwise) {
  const auto found = values.find(name);
  return found == values.end() ? otherwise : found->second;
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

/// Throws, or notes, that the file lacks some of the heads that it is asked for by name.
void CheckHeadsAreThere(const ImportSource& source, const HeadMatch& match, const ImportOptions& options,
                        std::vector<std::string>& notes) {
  if (match.Missing().empty()) return;
  const std::string lacking =
      fmt::format("{} has the heads {}, not {}", source.file, HeadNames(source.model->heads), match.Missing());
  if (options.new_head == NewHead::kNever)
    throw Error(ErrorCode::kInput, lacking,
                "Heads meet by their names: name them as the file does, or let the others begin anew, untrained, with "
                "--new-head.");
  notes.push_back(lacking + ", which begin anew");
}

/// A first layer's weight for these inputs: one of the same inputs in another order has its bands in another order.
StoredTensor InOrderOf(const std::vector<InputPort>& inputs, const ImportSource& source, const StoredTensor& weight,
                       const std::string& name, std::vector<std::string>& notes) {
  if (source.inputs.empty() || source.inputs == inputs) return weight;
  const std::string differ =
      fmt::format("{} reads {}, the network {}", Quoted(name), InputNames(source.inputs), InputNames(inputs));
  const std::optional<std::vector<size_t>> places = PlacesOfInputs(source, inputs);
  if (!places || !weight.has_reals()) {
    notes.push_back(differ + ": their bands met in their order");
    return weight;
  }
  notes.push_back(differ + ": they met by their names");
  return InOrder(weight, source.inputs, *places);
}

Preprocessing CroppedAs(const ZooEntry& entry, Preprocessing preprocessing) {
  preprocessing.shorter_side = entry.preprocessing.shorter_side, preprocessing.crop = entry.preprocessing.crop;
  return preprocessing;
}

/// What the file says of the first of these inputs, a picture of three bands; null where it says nothing.
const Preprocessing* OwnPreprocessing(const ImportSource& source, const std::vector<InputPort>& inputs) {
  if (!source.model) return nullptr;
  const auto places = PlacesOfInputs(source, inputs);
  const Preprocessing& own = source.model->inputs[places ? places->front() : 0].preprocessing;
  return own.mean.size() == static_cast<size_t>(inputs[0].channels) ? &own : nullptr;
}

/// Of the first input, a picture of three bands; `own` is what the file says, or null.
Preprocessing ChoosePreprocessing(const ZooEntry& entry, const Preprocessing* own, const ImportOptions& options,
                                  const NameFit& fit, const FoundTensors& found, std::string& report) {
  Preprocessing chosen = entry.colour_preprocessing();
  std::string why = "the network's usual one";
  if (options.preprocessing) {
    chosen = *options.preprocessing;
    why = "as asked";
  } else if (own != nullptr) {
    chosen = *own;
    why = "the file's own";
  } else if (fit.naming->preprocessing) {
    chosen = *fit.naming->preprocessing;
    why = fmt::format("it goes with {}'s names", fit.naming->of);
  } else if (IsTorchvisionsVgg16(fit, found)) {
    chosen = kTorchvisionPreprocessing;
    why = "torchvision's names; --preprocessing caffe for weights that were converted from Caffe";
  }
  chosen = CroppedAs(entry, chosen);
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
    notes.push_back(fmt::format(
        "timm's tf_efficientnet_lite{0} is this network; its efficientnet_lite{0} has the same names, but other "
        "padding, "
        "another epsilon and torchvision's preprocessing, and would be slightly wrong here without training",
        entry.name.back()));
}

/// Parts of a network with the number of their tensors, in its order: "features (26), classifier (4), score_fr (2)"; of
/// Caffe's names, "inception_3a/1x1", too.
std::string PartsText(const std::vector<std::string>& names) {
  std::vector<std::pair<std::string, size_t>> parts;
  for (const std::string& name : names) {
    const std::string part = name.substr(0, name.find_first_of("./", name.size() - WithoutHeadPrefix(name).size()));
    if (parts.empty() || parts.back().first != part) parts.emplace_back(part, 0);
    ++parts.back().second;
  }
  std::vector<std::string> texts;
  texts.reserve(parts.size());
  for (const auto& [part, count] : parts) texts.push_back(fmt::format("{} ({})", part, count));
  return fmt::format("{}", fmt::join(texts, ", "));
}

/// What a network takes over from a coarser one, and how its new parts begin.
void NoteStage(const ImportSource& source, const std::vector<WantedParameter>& wanted, const FoundTensors& used,
               ImportReport& report) {
  std::vector<std::string> taken, scores, upsampling, left;
  for (const WantedParameter& parameter : wanted) {
    const std::string& name = parameter.name;
    if (used.contains(name))
      taken.push_back(name);
    else if (IsScoreParameter(name))
      scores.push_back(name);
    else if (IsUpsamplingParameter(name))
      upsampling.push_back(name);
  }
  std::ranges::copy_if(report.ignored, std::back_inserter(left), IsUpsamplingParameter);
  std::string note =
      fmt::format("{} is of a coarser network{}, and is taken over: {} tensors of {}; from zero begins {}", source.file,
                  source.model ? ", " + source.model->name : "", taken.size(), PartsText(taken), PartsText(scores));
  if (!upsampling.empty()) note += fmt::format("; as bilinear interpolation {}", PartsText(upsampling));
  if (!left.empty()) note += fmt::format("; left is {}", fmt::join(left, ", "));
  report.notes.push_back(note);
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

/// Whether inputs and heads are in the same order, as far as both models name theirs.
bool HaveSameOrder(const ModelContents& a, const ModelContents& b) {
  return !a.names_roles() || !b.names_roles() ||
         (std::ranges::equal(a.inputs, b.inputs, {}, &InputRole::name, &InputRole::name) &&
          std::ranges::equal(a.heads, b.heads, {}, &HeadRole::name, &HeadRole::name));
}

/// Notes what a model said that the one which is made of it does not.
void NoteWhatIsLost(const ModelContents& from, const ModelContents& to, std::vector<std::string>& notes) {
  const bool is_same_network = from.name == to.name && from.inputs.size() == to.inputs.size() &&
                               from.heads.size() == to.heads.size() &&
                               from.head().classes.size() == to.head().classes.size() && HaveSameOrder(from, to);
  if (is_same_network && from.graph != nullptr && PrintGraph(*from.graph) != PrintGraph(*to.graph))
    notes.push_back(fmt::format("the file's own graph was left: this one is fcn's {}", to.name));
  if (!from.precisions.empty()) notes.emplace_back("what the file says of other precisions was left out: verify again");
}

}  // namespace

std::optional<std::vector<size_t>> PlacesOfInputs(const ImportSource& source, const std::vector<InputPort>& inputs) {
  if (!source.model) return std::nullopt;
  const std::vector<InputPort> there = source.inputs.empty() ? std::vector<InputPort>{{}} : source.inputs;
  if (there.size() != inputs.size()) return std::nullopt;
  std::vector<size_t> places;
  for (const InputPort& input : inputs) {
    const auto found = std::ranges::find(there, input);
    if (found == there.end()) return std::nullopt;
    places.push_back(static_cast<size_t>(found - there.begin()));
  }
  return places;
}

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
    source.tensors = std::move(source.model->weights);
    source.model->weights.clear();
    source.input_scales = InputScales(*source.model->graph);
    if (source.model->names_roles())
      for (size_t i = 0; i < source.model->inputs.size(); i++) {
        const ValueId input = source.model->graph->inputs()[i];
        source.inputs.push_back({source.model->inputs[i].name, source.model->graph->value(input).channels});
      }
    return source;
  }
  source.tensors = std::move(file.tensors);
  source.architecture = std::move(file.architecture);
  source.notes = std::move(file.notes);
  return source;
}

void CheckUsed(const ImportSource& source, const FoundTensors& used) {
  CheckFloatingPoint(source, used);
  CheckFinite(source, used);
  CheckVariances(source, used);
}

bool ImportReport::is_untrained() const { return !std::ranges::all_of(initialised, IsUpsamplingParameter); }

Imported ImportWeights(const ZooEntry& entry, const ImportSource& source, const ImportOptions& options) {
  std::vector<HeadRole> heads = HeadsFor(source, options);
  CheckForm(entry, options.form);
  Ports ports = PortsFor(InputsFor(entry, source, options), heads, options.form);
  std::vector<WantedParameter> wanted = WantedParameters(entry, ports);
  MarkNewLayers(options.new_layers, wanted);
  std::vector<std::string> own_names;
  own_names.reserve(wanted.size());
  for (const WantedParameter& parameter : wanted) own_names.push_back(parameter.name);
  const HeadMatch match(source, heads);
  const std::vector<Naming> namings =
      match.is_by_name() ? std::vector{match.NamingOf(entry, ports.form, wanted)} : NamingsOf(entry, own_names);
  const std::vector<NameFit> fits = FitNames(wanted, namings, source.tensors);
  const NameFit* fit = ChooseFit(fits, source, options.prefix);
  if (fit == nullptr || !fit->complete)
    ThrowDoesNotFit(entry, source, ports.inputs, wanted, fit,
                    fit == nullptr ? FoundTensors() : TensorsOf(*fit, source.tensors));
  FoundTensors found = TensorsOf(*fit, source.tensors);

  ImportReport report;
  report.names = fit->naming->of;
  report.prefix = fit->prefix;
  report.notes = source.notes;
  FindHead(source, wanted, namings, *fit, AsPrefix(options.prefix), found, report.notes);
  CheckHeadsAreThere(source, match, options, report.notes);
  bool is_staged = false;
  if (options.new_head != NewHead::kAlways && match.Missing().empty()) {
    const std::string lost = LostHead(entry, source, wanted, fits, *fit, found);
    if (!lost.empty() && options.new_head == NewHead::kNever) ThrowLostHead(entry, source, lost, found.size());
    is_staged = !lost.empty() && IsCoarserHead(entry, source, wanted, fits, found);
    if (!lost.empty() && !is_staged) report.notes.push_back(fmt::format("{} as {}: {}", source.file, entry.name, lost));
  }
  report.scored_classes = ScoredClasses(wanted, 0, found);
  for (size_t i = 0; i < heads.size(); i++) {
    std::vector<std::string>& classes = heads[i].classes;
    const int64_t scored = ScoredClasses(wanted, i, found);
    if (classes.empty()) classes = ChooseClasses(entry, match.Of(i), scored);
    if (options.new_head == NewHead::kNever) CheckClasses(source, classes, scored);
    const bool is_scored_by_one = options.binary || (options.new_head == NewHead::kNever && scored == 1);
    ports.heads[i].scores = classes.size() == 2 && is_scored_by_one ? 1 : static_cast<int>(classes.size());
  }

  const std::string& architecture = options.architecture.empty() ? source.architecture : options.architecture;
  const Graph network = entry.build(ports);
  const std::set<std::string> fixed = FixedUpsampling(network, ports.form.upsampling);
  const std::map<std::string, float> input_scales = InputScales(network);
  std::vector<std::string> rescaled;
  NamedTensors weights;
  FoundTensors used;
  for (const WantedParameter& parameter : wanted) {
    const int64_t scores = ports.heads[parameter.head].scores;
    const Shape shape = parameter.ShapeFor(scores);
    const auto place = found.find(parameter.name);
    const bool is_there = place != found.end();
    const bool anew = parameter.begins_anew || fixed.contains(parameter.name) ||
                      (options.new_head == NewHead::kAlways && parameter.depends_on_classes());
    const bool fits_as_it_is = is_there && parameter.Fits(place->second->second.shape) &&
                               (!parameter.depends_on_classes() || place->second->second.shape[0] == scores);
    if (anew || (!fits_as_it_is && (!is_there || options.new_head != NewHead::kNever))) {
      weights.emplace(parameter.name,
                      InitialParameter(parameter.name, shape, parameter.begins_anew ? options.seed : 0));
      report.initialised.push_back(parameter.name);
      continue;
    }
    // What is there with another shape is not missing.
    if (!fits_as_it_is) ThrowDoesNotFit(entry, source, ports.inputs, wanted, fit, found);
    const auto& [name, stored] = *place->second;
    (stored.shape == shape ? report.taken : report.reshaped).push_back(name);
    const float foreign = report.names == "pytorch-fcn" ? PytorchFcnScale(architecture, parameter.name) : 1.0f;
    const float own = ValueOr(source.input_scales, name, 1.0f);
    const float scale = foreign * own / ValueOr(input_scales, parameter.name, 1.0f);
    if (scale != foreign) rescaled.push_back(fmt::format("{} by {:g}", name, scale));
    StoredTensor tensor = scale == 1.0f ? stored : Scaled(stored, scale);
    std::vector<InputPort> inputs;
    inputs.reserve(parameter.inputs.size());
    for (const size_t input : parameter.inputs) inputs.push_back(ports.inputs[input]);
    if (parameter.IsColourLayer(stored.shape) && stored.has_reals()) {
      tensor = AdaptFirstLayer(stored, inputs, options.new_bands);
      report.notes.push_back(fmt::format("{} is for 3 bands, the network has {}: {}", Quoted(name), shape[1],
                                         BeginningOfBands(inputs, options.new_bands)));
    } else if (inputs.size() == ports.inputs.size() && stored.shape == shape) {
      tensor = InOrderOf(ports.inputs, source, stored, name, report.notes);
    }
    tensor.shape = shape;
    weights.emplace(parameter.name, std::move(tensor));
    used.insert(*place);
  }
  std::set<std::string_view> used_names;
  for (const auto& [parameter, tensor] : used) used_names.insert(tensor->first);
  for (const auto& [name, tensor] : source.tensors)
    if (!used_names.contains(name)) report.ignored.push_back(name);
  if (!rescaled.empty())
    report.notes.push_back(fmt::format("skips are scaled otherwise than in {}: weights are multiplied, {}", source.file,
                                       fmt::join(rescaled, ", ")));
  if (is_staged) NoteStage(source, wanted, used, report);
  CheckUsed(source, used);
  NoteOtherFits(fits, *fit, report.notes);
  NoteWhatNamesDoNotTell(entry, *fit, found, architecture, report.notes);
  CheckUnchanged(source.tensors);  // some were copied

  Imported imported{.model = MakeModel(entry, ports, std::move(weights), std::move(heads)),
                    .report = std::move(report)};
  ModelContents& model = imported.model;
  if (const auto places = PlacesOfInputs(source, ports.inputs))
    for (size_t i = 0; i < model.inputs.size(); i++)
      model.inputs[i].preprocessing = CroppedAs(entry, source.model->inputs[(*places)[i]].preprocessing);
  if (ports.inputs[0].channels == kColourBands)
    model.input().preprocessing = ChoosePreprocessing(entry, OwnPreprocessing(source, ports.inputs), options, *fit,
                                                      found, imported.report.preprocessing);
  for (size_t i = 0; i < model.heads.size(); i++) {
    const HeadRole* own = match.Of(i);
    HeadRole& head = model.heads[i];
    if (head.palette.empty() && own != nullptr && own->palette.size() == head.classes.size())
      head.palette = own->palette;
  }
  if (source.model && source.model->names_roles() && model.names_roles() && options.inputs.empty())
    for (size_t i = 0; i < model.inputs.size(); i++) model.inputs[i].name = source.model->inputs[i].name;
  if (source.model) {
    model.metadata = source.model->metadata;
    NoteWhatIsLost(*source.model, model, imported.report.notes);
  }
  return imported;
}

}  // namespace fcn
