#include "models/head_fit.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "models/findings.h"
#include "models/initialise.h"

namespace fcn {
namespace {

/// Upsampling is of the head too, but is mostly not trained: nothing is lost where a file lacks it.
bool IsOfTrainedHead(const WantedParameter& parameter) {
  return parameter.may_be_new && parameter.head == 0 && !IsUpsamplingParameter(parameter.name) &&
         !parameter.is_of_chosen_channels && !parameter.begins_anew;
}

std::vector<std::string_view> Modules(std::string_view name) {
  std::vector<std::string_view> modules;
  for (size_t dot; (dot = name.find('.')) != name.npos; name.remove_prefix(dot + 1))
    modules.push_back(name.substr(0, dot));
  if (!name.empty()) modules.push_back(name);
  return modules;
}

/// How many modules two prefixes begin with in common.
size_t Shared(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> in_a = Modules(a), in_b = Modules(b);
  const auto [end, other] = std::ranges::mismatch(in_a, in_b);
  return static_cast<size_t>(end - in_a.begin());
}

/// The namings with some of the parameters alone.
std::vector<Naming> Restricted(const std::vector<Naming>& namings, const std::vector<WantedParameter>& wanted) {
  std::vector<Naming> restricted;
  for (const Naming& naming : namings) {
    Naming& row = restricted.emplace_back(Naming{.of = naming.of, .names = {}, .preprocessing = naming.preprocessing});
    for (const WantedParameter& parameter : wanted) row.names[parameter.name] = naming.names.at(parameter.name);
  }
  return restricted;
}

bool IsFloatingPoint(DType dtype) {
  return dtype == DType::kFloat64 || dtype == DType::kFloat32 || dtype == DType::kFloat16 || dtype == DType::kBFloat16;
}

/// Modules whose weights are used in training alone.
bool IsOfTraining(std::string_view module) {
  constexpr std::array<std::string_view, 6> kOptimisers = {"exp_avg",         "exp_avg_sq", "max_exp_avg_sq",
                                                           "momentum_buffer", "square_avg", "acc_delta"};
  return module.starts_with("aux") || module.starts_with("loss1/") || module.starts_with("loss2/") ||
         module.starts_with("optim") || std::ranges::find(kOptimisers, module) != kOptimisers.end();
}

/// Modules in which classifiers keep their last layers, fully connected ones.
bool IsOfClassifier(std::string_view module) {
  constexpr std::array<std::string_view, 10> kNames = {"fc",   "_fc",         "fc6",    "fc7",        "fc8",
                                                       "head", "last_linear", "logits", "classifier", "pre_logits"};
  return std::ranges::find(kNames, module) != kNames.end();
}

/// Whether a tensor could be the weight of a head's convolution.
bool CouldBeOfHead(std::string_view name, const StoredTensor& tensor) {
  if (!IsFloatingPoint(tensor.dtype) || (tensor.shape.rank() != 4 && tensor.shape.rank() != 2)) return false;
  const std::vector<std::string_view> modules = Modules(name);
  if (std::ranges::any_of(modules, IsOfTraining)) return false;
  return tensor.shape.rank() == 4 || !std::ranges::any_of(modules, IsOfClassifier);
}

/// The names of the file's classifier, where it is one's that the zoo knows: of its last layers too. It may lack what
/// begins anew.
std::set<std::string_view> ClassifiersNames(const ZooEntry& entry, const std::vector<WantedParameter>& of_network,
                                            const NamedTensors& tensors) {
  std::set<std::string> new_names;
  for (const WantedParameter& parameter : of_network)
    if (parameter.begins_anew && parameter.name.starts_with(entry.parameter_prefix))
      new_names.insert(parameter.name.substr(entry.parameter_prefix.size()));
  std::set<std::string_view> names;
  for (const ZooEntry& classifier : Zoo()) {
    if (!classifier.is_classifier() || entry.name.find(classifier.name) == entry.name.npos) continue;
    std::vector<WantedParameter> wanted = WantedParameters(classifier);
    std::vector<std::string> own_names;
    for (WantedParameter& parameter : wanted) {
      parameter.may_be_new = parameter.may_be_new || new_names.contains(parameter.name);
      own_names.push_back(parameter.name);
    }
    const std::vector<Naming> namings = NamingsOf(classifier, own_names);
    for (const NameFit& fit : FitNames(wanted, namings, tensors)) {
      if (!fit.complete) break;
      for (const auto& [parameter, tensor] : TensorsOf(fit, tensors)) names.insert(tensor->first);
    }
  }
  return names;
}

/// Tensors that could be of a head, and are none of the network's, its classifier's or a copy's.
NamedTensors OthersOfHead(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                          const std::vector<NameFit>& fits, const FoundTensors& found) {
  std::set<std::string_view> known = ClassifiersNames(entry, wanted, source.tensors);
  for (const auto& [parameter, tensor] : found) known.insert(tensor->first);
  for (const NameFit& copy : fits) {
    if (!copy.complete) break;
    for (const auto& [parameter, tensor] : TensorsOf(copy, source.tensors)) known.insert(tensor->first);
  }
  NamedTensors others;
  for (const auto& [name, tensor] : source.tensors)
    if (!known.contains(name) && CouldBeOfHead(name, tensor)) others.emplace(name, tensor);
  return others;
}

std::string ModuleOf(const std::string& parameter) { return parameter.substr(0, parameter.rfind('.')); }

}  // namespace

void FindHead(const ImportSource& source, const std::vector<WantedParameter>& wanted,
              const std::vector<Naming>& namings, const NameFit& rest, const std::string& within, FoundTensors& found,
              std::vector<std::string>& notes) {
  std::vector<WantedParameter> missing;
  for (const WantedParameter& parameter : wanted)
    if (parameter.may_be_new && parameter.head == 0 && !found.contains(parameter.name)) {
      missing.push_back(parameter);
      missing.back().may_be_new = !IsOfTrainedHead(parameter);
    }
  if (std::ranges::none_of(missing, [](const auto& parameter) { return !parameter.may_be_new; })) return;

  const std::vector<Naming> head_namings = Restricted(namings, missing);
  const auto closeness = [&](const NameFit& fit) {
    return std::pair(Shared(fit.prefix, rest.prefix), !IsAverage(fit.prefix));
  };
  std::vector<NameFit> best;
  for (const NameFit& fit : FitNames(missing, head_namings, source.tensors)) {
    const bool is_known = std::ranges::find(best, fit.prefix, &NameFit::prefix) != best.end();
    if (!fit.complete || !fit.prefix.starts_with(within) || is_known) continue;
    if (!best.empty() && closeness(fit) < closeness(best[0])) continue;
    if (!best.empty() && closeness(fit) > closeness(best[0])) best.clear();
    best.push_back(fit);
  }
  if (best.empty()) return;
  if (best.size() > 1) {
    std::vector<std::string> prefixes;
    prefixes.reserve(best.size());
    for (const NameFit& fit : best) prefixes.push_back(Quoted(fit.prefix));
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the layers of scores are there {} times, behind {}, and nothing tells which to take",
                            source.file, best.size(), fmt::join(prefixes, ", ")),
                "--prefix PREFIX takes the names that begin so and no others; or keep one of them in the file.");
  }
  found.merge(TensorsOf(best[0], source.tensors));
  notes.push_back(
      fmt::format("the head was found behind {}, the rest behind {}", Quoted(best[0].prefix), Quoted(rest.prefix)));
}

std::string LostHead(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                     const std::vector<NameFit>& fits, const NameFit& fit, const FoundTensors& found) {
  Findings there("there"), missing("missing");
  for (const WantedParameter& parameter : wanted) {
    if (!IsOfTrainedHead(parameter)) continue;
    const auto tensor = found.find(parameter.name);
    if (tensor != found.end())
      there.Add(Quoted(tensor->second->first));
    else
      missing.Add(Quoted(fit.naming->names.at(parameter.name)));
  }
  if (missing.count() > 0 && there.count() > 0)
    return fmt::format("only a part of its head is there: {}, {}", there.ToString(), missing.ToString());
  // mmsegmentation's head may have more layers than this network's, under the same names and some more.
  const bool is_mmsegmentations = std::ranges::any_of(
      found, [](const auto& row) { return row.second->first.ends_with("decode_head.conv_seg.weight"); });
  if (missing.count() == 0 && !is_mmsegmentations) return {};

  Findings others("others that may be of a trained one");
  for (const auto& [name, tensor] : OthersOfHead(entry, source, wanted, fits, found))
    others.Add(fmt::format("{} {}", Quoted(name), tensor.shape.ToString()));
  if (others.count() == 0) return {};
  if (missing.count() == 0) return fmt::format("its head is another network's: {}", others.ToString());
  return fmt::format("its head is not there under names that are known: {}, but {}", missing.ToString(),
                     others.ToString());
}

bool IsCoarserHead(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                   const std::vector<NameFit>& fits, const FoundTensors& found) {
  std::set<std::string> there, missing;
  for (const WantedParameter& parameter : wanted) {
    if (!IsOfTrainedHead(parameter)) continue;
    if (!IsScoreParameter(parameter.name)) return false;
    const bool is_there = found.contains(parameter.name);
    if (is_there && !missing.empty()) return false;  // the network's layers go from the coarsest to the finest
    (is_there ? there : missing).insert(ModuleOf(parameter.name));
  }
  const auto is_whole = [&](const std::string& module) { return !missing.contains(module); };
  if (there.empty() || missing.empty() || !std::ranges::all_of(there, is_whole)) return false;
  const NamedTensors others = OthersOfHead(entry, source, wanted, fits, found);
  return std::ranges::all_of(others, [](const auto& other) {
    return IsUpsamplingParameter(other.first) || WithoutHeadPrefix(other.first) != other.first;
  });
}

}  // namespace fcn
