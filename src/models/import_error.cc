#include "models/import_error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/quoted.h"
#include "fcn/error.h"
#include "models/findings.h"

namespace fcn {
namespace {

std::string Lacking(const std::vector<WantedParameter>& wanted, const NameFit& fit, const FoundTensors& found) {
  Findings missing("missing"), mismatched("of another shape");
  for (const WantedParameter& parameter : wanted) {
    const auto tensor = found.find(parameter.name);
    if (tensor == found.end()) {
      if (!parameter.may_be_new) missing.Add(Quoted(fit.naming->names.at(parameter.name)));
    } else if (!parameter.Fits(tensor->second->second.shape)) {
      mismatched.Add(fmt::format("{} is {}, not {}", Quoted(tensor->first), tensor->second->second.shape.ToString(),
                                 parameter.shape.ToString()));
    }
  }
  std::vector<std::string> lacking;
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

/// The network that all required parameters are there for, and of those the one that uses most of the file.
const ZooEntry* FittingNetwork(const NamedTensors& tensors) {
  const ZooEntry* best = nullptr;
  size_t most = 0;
  for (const ZooEntry& entry : Zoo()) {
    const std::vector<WantedParameter> wanted = WantedParameters(entry);
    std::vector<std::string> names;
    for (const WantedParameter& parameter : wanted) names.push_back(parameter.name);
    const std::vector<Naming> namings = NamingsOf(entry, names);
    const std::vector<NameFit> fits = FitNames(wanted, namings, tensors);
    if (fits.empty() || !fits[0].complete || fits[0].fitting <= most) continue;
    best = &entry;
    most = fits[0].fitting;
  }
  return best;
}

std::string Remedy(const ImportSource& source) {
  if (const ZooEntry* other = FittingNetwork(source.tensors))
    return fmt::format("They fit {0}: --model {0}.", other->name);
  if (!source.architecture.empty())
    return fmt::format("The file calls its network {}; fcn info lists those that are known.",
                       Quoted(source.architecture));
  return "No network that is known has these weights; fcn info lists them, docs/formats.md the names that are taken, "
         "docs/troubleshooting.md what else may be.";
}

}  // namespace

void ThrowDoesNotFit(const ZooEntry& entry, const ImportSource& source, const std::vector<WantedParameter>& wanted,
                     const NameFit* fit) {
  const FoundTensors found = fit == nullptr ? FoundTensors() : TensorsOf(*fit, source.tensors);
  const std::string lacking = fit == nullptr ? NoneOf(wanted) : Lacking(wanted, *fit, found);
  throw Error(ErrorCode::kInput,
              fmt::format("{} as {}: the weights are not those of the network: {}; {}", source.file, entry.name,
                          lacking, Having(source, fit, found)),
              Remedy(source));
}

}  // namespace fcn
