#include "models/import_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/findings.h"
#include "models/head_match.h"
#include "models/initialise.h"

namespace fcn {
namespace {

/// A layer's outputs, as a number of classes.
int64_t ClassesOf(const StoredTensor& tensor) { return tensor.shape.rank() > 0 ? tensor.shape[0] : 1; }

/// Where layers of scores are not for the same number of classes, which is for how many; else empty.
std::string Disagreeing(const std::vector<WantedParameter>& wanted, const FoundTensors& found) {
  std::set<std::pair<size_t, int64_t>> counts;
  std::map<size_t, std::vector<std::string>> layers;  // by head
  for (const WantedParameter& parameter : wanted) {
    const auto place = found.find(parameter.name);
    if (!parameter.depends_on_classes() || place == found.end() || !parameter.Fits(place->second->second.shape))
      continue;
    const int64_t classes = ClassesOf(place->second->second);
    if (counts.emplace(parameter.head, classes).second)
      layers[parameter.head].push_back(fmt::format("{} is for {}", Quoted(place->second->first), classes));
  }
  for (const auto& [head, of_head] : layers)
    if (of_head.size() > 1)
      return fmt::format("layers are for different numbers of classes: {}", fmt::join(of_head, ", "));
  return {};
}

std::string Lacking(const std::vector<WantedParameter>& wanted, const NameFit& fit, const FoundTensors& found) {
  Findings missing("missing"), mismatched("of another shape");
  for (const WantedParameter& parameter : wanted) {
    const auto tensor = found.find(parameter.name);
    if (tensor == found.end()) {
      if (!parameter.may_be_new) missing.Add(Quoted(fit.naming->names.at(parameter.name)));
    } else if (!parameter.begins_anew && !parameter.Fits(tensor->second->second.shape)) {
      mismatched.Add(fmt::format("{} is {}, not {}", Quoted(tensor->first), tensor->second->second.shape.ToString(),
                                 parameter.ShapeFor(ClassesOf(tensor->second->second)).ToString()));
    }
  }
  std::vector<std::string> lacking;
  if (const std::string disagreeing = Disagreeing(wanted, found); !disagreeing.empty()) lacking.push_back(disagreeing);
  for (const Findings* findings : {&missing, &mismatched})
    if (findings->count() > 0) lacking.push_back(findings->ToString());
  return fmt::format("{}", fmt::join(lacking, "; "));
}

std::string NoneOf(const std::vector<WantedParameter>& wanted) {
  Findings missing("missing");
  for (const WantedParameter& parameter : wanted)
    if (!parameter.may_be_new) missing.Add(Quoted(parameter.name));
  return "none of its names is there: " + missing.ToString();
}

/// What the names begin with most often, up to the first dot, and how often.
std::pair<std::string, size_t> CommonestBeginning(const NamedTensors& tensors) {
  std::map<std::string, size_t, std::less<>> counts;
  for (const auto& [name, tensor] : tensors)
    if (const size_t dot = name.find('.'); dot != name.npos) ++counts[name.substr(0, dot + 1)];
  const auto most = std::ranges::max_element(counts, {}, [](const auto& count) { return count.second; });
  return most == counts.end() ? std::pair<std::string, size_t>() : std::pair(most->first, most->second);
}

/// What the file has: how many tensors, how many of them are the network's, and what the others are called.
std::string Having(const ImportSource& source, const NameFit* fit, const FoundTensors& found) {
  std::set<std::string_view> used;
  for (const auto& [parameter, tensor] : found) used.insert(tensor->first);
  Findings others(used.empty() ? "of other names" : "others");
  for (const auto& [name, tensor] : source.tensors)
    if (!used.contains(name)) others.Add(fmt::format("{} {}", Quoted(name), tensor.shape.ToString()));
  std::string having = fmt::format("the file has {} tensors", source.tensors.size());
  if (!used.empty())
    having += fmt::format(", {} of them the network's{}", used.size(),
                          fit->prefix.empty() ? "" : " behind " + Quoted(fit->prefix));
  if (others.count() > 0) having += (used.empty() ? ", " : "; ") + others.ToString();
  const auto [beginning, count] = CommonestBeginning(source.tensors);
  if (used.empty() && count > 1) having += fmt::format("; {} begin with {}", count, Quoted(beginning));
  for (const std::string& note : source.notes) having += "; " + note;
  return having;
}

/// The network other than the one asked for that all required parameters are there for, or where `with_head` all but
/// upsampling, and of those the one that uses most of the file, no less than `least` tensors.
const ZooEntry* FittingNetwork(const ZooEntry& asked, const NamedTensors& tensors, bool with_head, size_t least) {
  const ZooEntry* best = nullptr;
  size_t most = least == 0 ? 0 : least - 1;
  for (const ZooEntry& entry : Zoo()) {
    if (entry.name == asked.name) continue;
    std::vector<WantedParameter> wanted = WantedParameters(entry);
    std::vector<std::string> names;
    for (WantedParameter& parameter : wanted) {
      names.push_back(parameter.name);
      if (with_head) parameter.may_be_new = IsUpsamplingParameter(parameter.name);
    }
    const std::vector<Naming> namings = NamingsOf(entry, names);
    const std::vector<NameFit> fits = FitNames(wanted, namings, tensors);
    if (fits.empty() || !fits[0].complete || fits[0].fitting <= most) continue;
    best = &entry;
    most = fits[0].fitting;
  }
  return best;
}

/// The bands that a first layer is for, where that alone keeps its weight from fitting; else 0.
int64_t OtherBands(const std::vector<WantedParameter>& wanted, const FoundTensors& found) {
  for (const WantedParameter& parameter : wanted) {
    const auto place = found.find(parameter.name);
    if (parameter.inputs.empty() || place == found.end()) continue;
    const Shape& from = place->second->second.shape;
    if (from.rank() != 4 || parameter.Fits(from)) continue;
    if (from == Shape{parameter.shape[0], from[1], parameter.shape[2], parameter.shape[3]}) return from[1];
  }
  return 0;
}

std::string OtherInputs(const ImportSource& source, const std::vector<InputPort>& inputs, int64_t bands) {
  if (!source.inputs.empty())
    return fmt::format(
        "The weights read {}, and the network {}: train with the same inputs, or with weights for three "
        "bands.",
        InputNames(source.inputs), InputNames(inputs));
  return fmt::format(
      "The weights read {} bands: train with inputs of as many together, as in --inputs image:{}; or "
      "with weights for three.",
      bands, bands);
}

/// The channels of fc6 and fc7 with which all that was found would fit, where the network's own alone keep it from
/// that; else 0.
int FittingChannels(const ZooEntry& entry, const std::vector<InputPort>& inputs,
                    const std::vector<WantedParameter>& wanted, const FoundTensors& found) {
  const auto is_unfit = [&](const WantedParameter& parameter) {
    const auto place = found.find(parameter.name);
    return place != found.end() && !parameter.Fits(place->second->second.shape);
  };
  const auto first = std::ranges::find_if(wanted, is_unfit);
  if (first == wanted.end()) return 0;
  const Shape& there = found.at(first->name)->second.shape;
  if (there.rank() < 1 || there[0] < 1 || there[0] > kMostFcChannels) return 0;
  Ports ports(inputs, {{}});
  ports.form.fc_channels = static_cast<int>(there[0]);
  try {
    CheckForm(entry, ports.form);
  } catch (const Error&) {
    return 0;
  }
  return std::ranges::none_of(WantedParameters(entry, ports), is_unfit) ? ports.form.fc_channels : 0;
}

/// How to go on without the layers that are missing or have another shape, where those are a few: of VGG16's
/// convolutions alone, say.
std::string WithNewLayers(const std::vector<WantedParameter>& wanted, const FoundTensors& found) {
  std::set<std::string> there, lacking;
  for (const WantedParameter& parameter : wanted) {
    if (parameter.may_be_new) continue;
    const auto place = found.find(parameter.name);
    const bool fits = place != found.end() && parameter.Fits(place->second->second.shape);
    (fits ? there : lacking).insert(parameter.name.substr(0, parameter.name.rfind('.') + 1));
  }
  constexpr size_t kFew = 4;
  if (lacking.empty() || lacking.size() > kFew || lacking.size() >= there.size()) return {};
  return fmt::format(" --new-layers {} lets these layers begin untrained.", fmt::join(lacking, ","));
}

std::string Remedy(const ZooEntry& asked, const ImportSource& source, bool is_head, size_t found) {
  // A smaller network would leave a part of what is there, such as layers of scores that disagree with the others.
  if (const ZooEntry* other = FittingNetwork(asked, source.tensors, /*with_head=*/is_head, is_head ? found : 0))
    return fmt::format("They fit {0}: --model {0}.", other->name);
  if (is_head)
    return "The rest of the network is there: --new-head takes it, and lets the layers that depend on the number of "
           "classes begin anew, untrained.";
  if (!source.architecture.empty())
    return fmt::format("The file calls its network {}; fcn info lists those that are known.",
                       Quoted(source.architecture));
  return "No network that is known has these weights; fcn info lists them, docs/formats.md the names that are taken, "
         "docs/troubleshooting.md what else may be.";
}

}  // namespace

void ThrowDoesNotFit(const ZooEntry& entry, const ImportSource& source, const std::vector<InputPort>& inputs,
                     const std::vector<WantedParameter>& wanted, const NameFit* fit, const FoundTensors& found) {
  const std::string lacking = fit == nullptr ? NoneOf(wanted) : Lacking(wanted, *fit, found);
  const int64_t bands = OtherBands(wanted, found);
  const int channels = FittingChannels(entry, inputs, wanted, found);
  throw Error(ErrorCode::kInput,
              fmt::format("{} as {}: the weights are not those of the network: {}; {}", source.file, entry.name,
                          lacking, Having(source, fit, found)),
              bands > 0      ? OtherInputs(source, inputs, bands)
              : channels > 0 ? fmt::format("fc6 and fc7 have {0} channels there: --fc-channels {0}.", channels)
                             : Remedy(entry, source, fit != nullptr && fit->complete, found.size()) +
                                   WithNewLayers(wanted, found));
}

void ThrowLostHead(const ZooEntry& entry, const ImportSource& source, const std::string& lost, size_t found) {
  const ZooEntry* other = FittingNetwork(entry, source.tensors, /*with_head=*/true, found);
  throw Error(ErrorCode::kInput, fmt::format("{} as {}: {}", source.file, entry.name, lost),
              (other == nullptr ? "" : fmt::format("They fit {0}: --model {0}. ", other->name)) +
                  "--new-head takes the rest, and lets the layers that depend on the number of classes begin anew, "
                  "untrained.");
}

}  // namespace fcn
