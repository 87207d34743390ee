#include "models/name_fit.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "fcn/function_ref.h"

namespace fcn {
namespace {

/// Attributes under which DataParallel, torch.compile, FSDP, DeepSpeed and activation checkpointing keep what they
/// wrap.
constexpr std::array<std::string_view, 5> kWrappers = {"module", "_orig_mod", "_fsdp_wrapped_module", "_forward_module",
                                                       "_checkpoint_wrapped_module"};

bool IsWrapper(std::string_view component) { return std::ranges::find(kWrappers, component) != kWrappers.end(); }

size_t Components(std::string_view name) { return 1 + static_cast<size_t>(std::ranges::count(name, '.')); }

/// Calls visit(prefix, rest) for each way to cut a name in two: `rest` has at most `most` components, wrappers left
/// out, and `prefix` ends before it.
void ForCuts(std::string_view name, size_t most, FunctionRef<void(std::string_view, const std::string&)> visit) {
  std::string rest;
  for (size_t end = name.size(); most > 0;) {
    const size_t dot = end == 0 ? name.npos : name.rfind('.', end - 1);
    const size_t begin = dot == name.npos ? 0 : dot + 1;
    const std::string_view component = name.substr(begin, end - begin);
    if (!IsWrapper(component)) {
      rest = rest.empty() ? std::string(component) : std::string(component) + "." + rest;
      visit(name.substr(0, begin), rest);
      --most;
    }
    if (begin == 0) return;
    end = dot;
  }
}

/// A naming's parameters by the names that a file has, and how many components the longest name has.
struct Lookup {
  explicit Lookup(const Naming& naming) {
    for (const auto& [own, name] : naming.names) {
      by_name[name].push_back(&own);
      components = std::max(components, Components(name));
    }
  }
  std::unordered_map<std::string, std::vector<const std::string*>> by_name;  // several towers have one
  size_t components = 0;
};

}  // namespace

bool IsAverage(std::string_view prefix) {
  constexpr std::array<std::string_view, 6> kWords = {"ema", "swa", "average", "averaged", "avg", "shadow"};
  while (!prefix.empty()) {
    const size_t end = std::min(prefix.find_first_of("._"), prefix.size());
    if (std::ranges::find(kWords, prefix.substr(0, end)) != kWords.end()) return true;
    prefix.remove_prefix(std::min(end + 1, prefix.size()));
  }
  return false;
}

std::vector<NameFit> FitNames(const std::vector<WantedParameter>& wanted, const std::vector<Naming>& namings,
                              const NamedTensors& tensors) {
  std::map<std::string, const WantedParameter*> by_own_name;
  size_t required = 0;
  for (const WantedParameter& parameter : wanted) {
    by_own_name[parameter.name] = &parameter;
    required += parameter.may_be_new ? 0 : 1;
  }
  std::vector<NameFit> fits;
  for (const Naming& naming : namings) {
    const Lookup lookup(naming);
    struct Count {
      std::set<const WantedParameter*> found;
      size_t fitting = 0, required = 0;
    };
    std::map<std::string, Count, std::less<>> counts;
    for (const auto& [name, tensor] : tensors)
      ForCuts(name, lookup.components, [&](std::string_view prefix, const std::string& rest) {
        const auto own = lookup.by_name.find(rest);
        if (own == lookup.by_name.end()) return;
        auto place = counts.find(prefix);
        if (place == counts.end()) place = counts.emplace(prefix, Count()).first;
        Count& count = place->second;
        for (const std::string* own_name : own->second) {
          const WantedParameter* parameter = by_own_name.at(*own_name);
          if (!count.found.insert(parameter).second || !parameter->Fits(tensor.shape)) continue;
          ++count.fitting;
          count.required += parameter->may_be_new ? 0 : 1;
        }
      });
    for (const auto& [prefix, count] : counts)
      fits.push_back({.naming = &naming,
                      .prefix = prefix,
                      .fitting = count.fitting,
                      .found = count.found.size(),
                      .complete = count.required == required});
  }
  std::ranges::stable_sort(fits, [](const NameFit& a, const NameFit& b) {
    const auto key = [](const NameFit& fit) {
      return std::tuple(!fit.complete, -static_cast<int64_t>(fit.fitting), -static_cast<int64_t>(fit.found), fit.naming,
                        IsAverage(fit.prefix), fit.prefix.size(), std::string_view(fit.prefix));
    };
    return key(a) < key(b);
  });
  return fits;
}

FoundTensors TensorsOf(const NameFit& fit, const NamedTensors& tensors) {
  const Lookup lookup(*fit.naming);
  FoundTensors found;
  for (auto tensor = tensors.lower_bound(fit.prefix); tensor != tensors.end(); tensor++) {
    if (!tensor->first.starts_with(fit.prefix)) break;
    ForCuts(tensor->first, lookup.components, [&](std::string_view prefix, const std::string& rest) {
      if (prefix != fit.prefix) return;
      if (const auto own = lookup.by_name.find(rest); own != lookup.by_name.end())
        for (const std::string* own_name : own->second) found.emplace(*own_name, tensor);
    });
  }
  return found;
}

}  // namespace fcn
