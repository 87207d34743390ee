#include "models/head_match.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "models/first_layer.h"

namespace fcn {
namespace {

bool AreNamed(const std::vector<HeadRole>& heads) {
  return std::ranges::none_of(heads,
                              [](const HeadRole& head) { return head.name.empty() || head.name == kUnnamedHead; });
}

/// The names that the layers of a network's first head have.
std::set<std::string> LayersOfHead(const ZooEntry& entry, const NetworkForm& form) {
  Ports ports({{}}, {{.name = "a"}, {.name = "b"}});
  ports.form = form;
  std::set<std::string> names;
  for (const WantedParameter& parameter : WantedParameters(entry, ports))
    if (parameter.head > 0) names.insert(WithoutTower(WithoutHeadPrefix(parameter.name)));
  return names;
}

}  // namespace

HeadMatch::HeadMatch(const ImportSource& source, const std::vector<HeadRole>& heads)
    : source_(source),
      heads_(heads),
      is_by_name_(source.model && AreNamed(source.model->heads) && AreNamed(heads)),
      places_(heads.size()) {
  if (!source.model) return;
  const std::vector<HeadRole>& there = source.model->heads;
  for (size_t i = 0; i < heads.size(); i++) {
    size_t place = i;
    if (is_by_name_)
      place = static_cast<size_t>(std::ranges::find(there, heads[i].name, &HeadRole::name) - there.begin());
    if (place < there.size()) places_[i] = place;
  }
}

const HeadRole* HeadMatch::Of(size_t head) const {
  return places_[head] ? &source_.model->heads[*places_[head]] : nullptr;
}

std::string HeadMatch::Missing() const {
  std::vector<HeadRole> missing;
  for (size_t i = 0; is_by_name_ && i < heads_.size(); i++)
    if (!places_[i]) missing.push_back(heads_[i]);
  return HeadNames(missing);
}

Naming HeadMatch::NamingOf(const ZooEntry& entry, const NetworkForm& form,
                           const std::vector<WantedParameter>& wanted) const {
  Naming naming;
  const std::set<std::string> of_head = LayersOfHead(entry, form);
  // A file of one tower is all towers'.
  const bool has_towers = std::ranges::any_of(
      source_.tensors, [](const auto& tensor) { return WithoutTower(tensor.first) != tensor.first; });
  for (const WantedParameter& parameter : wanted) {
    const std::string layer(WithoutHeadPrefix(parameter.name));
    const std::string of_one = WithoutTower(layer), there = has_towers ? layer : of_one;
    const bool is_first_there = places_[parameter.head] == size_t{0};
    naming.names[parameter.name] =
        of_head.contains(of_one) && !is_first_there ? OfHead(heads_[parameter.head].name) + there : there;
  }
  return naming;
}

std::string HeadNames(const std::vector<HeadRole>& heads) {
  std::vector<std::string> names;
  names.reserve(heads.size());
  for (const HeadRole& head : heads) names.push_back(head.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string InputNames(const std::vector<InputPort>& inputs) {
  std::string text;
  for (const auto& [name, channels] : inputs)
    text += (text.empty() ? "" : ", ") + name + (channels == kColourBands ? "" : fmt::format(":{}", channels));
  return text;
}

}  // namespace fcn
