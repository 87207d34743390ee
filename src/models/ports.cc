#include "models/ports.h"

#include <fmt/format.h>

#include <set>

#include "fcn/error.h"
#include "fcn/per_band.h"
#include "fcn/text.h"
#include "models/roles.h"

namespace fcn {
namespace {

constexpr std::string_view kHeads = "heads.", kTowers = "towers.";

[[noreturn]] void Fail(const std::string& what, const std::string& hint) { throw Error(ErrorCode::kUsage, what, hint); }

/// `kind` is "input" or "head".
template <typename Port>
void CheckNames(const std::vector<Port>& ports, const char* kind, size_t most) {
  if (ports.empty()) Fail(fmt::format("a network needs at least one {}", kind), "Name one.");
  if (ports.size() > most)
    Fail(fmt::format("{} {}s are asked for, and a model has at most {}", ports.size(), kind, most), "Leave some out.");
  std::set<std::string> names;
  for (const Port& port : ports) {
    if (!IsRoleName(port.name) && !(port.name.empty() && ports.size() == 1))
      Fail(fmt::format("{} names no {}", Quoted(port.name), kind),
           fmt::format("Names have 1 to {} letters, digits, - and _, a letter first.", kLongestRoleName));
    if (!names.insert(port.name).second)
      Fail(fmt::format("two {}s are called {}", kind, Quoted(port.name)), "Give each a name of its own.");
  }
}

}  // namespace

InputPort PortOf(const InputInfo& input) {
  InputPort port;
  if (!input.name.empty()) port.name = input.name;
  if (input.bands != 0) port.channels = input.bands;
  return port;
}

int Ports::channels() const {
  int sum = 0;
  for (const InputPort& input : inputs) sum += input.channels;
  return sum;
}

bool Ports::are_named() const {
  return inputs != std::vector<InputPort>{{}} || heads.size() != 1 || !heads[0].name.empty();
}

void CheckPorts(const Ports& ports) {
  CheckNames(ports.inputs, "input", kMostInputs);
  CheckNames(ports.heads, "head", kMostHeads);
  if (ports.inputs[0].name.empty()) Fail("an input has no name", "Call it \"image\".");
  for (const InputPort& input : ports.inputs)
    if (input.channels < 1 || input.channels > static_cast<int>(kMostBands))
      Fail(fmt::format("the input {} cannot have {} bands", Quoted(input.name), input.channels),
           fmt::format("An input has 1 to {} bands.", kMostBands));
  for (const HeadPort& head : ports.heads)
    if (head.scores < 1)
      Fail(fmt::format("a network needs at least one class, not {}", head.scores), "Name at least one class.");
}

void CheckClassifierPorts(const Ports& ports) {
  CheckPorts(ports);
  if (ports.inputs.size() == 1 && ports.heads.size() == 1) return;
  Fail(fmt::format("a classifier has one input and one head, not {} and {}", ports.inputs.size(), ports.heads.size()),
       "Take a fully convolutional network that is made from it.");
}

std::string OfHead(const std::string& name) { return fmt::format("{}{}.", kHeads, name); }

std::string HeadPrefix(const Ports& ports, size_t head) {
  return head == 0 ? std::string() : OfHead(ports.heads[head].name);
}

std::string_view WithoutHeadPrefix(std::string_view name) {
  if (!name.starts_with(kHeads)) return name;
  const size_t dot = name.find('.', kHeads.size());
  return dot == name.npos ? name : name.substr(dot + 1);
}

std::string OfTower(const std::string& input) { return fmt::format("{}{}.", kTowers, input); }

std::string WithoutTower(std::string_view name) {
  const std::string_view layer = WithoutHeadPrefix(name);
  const std::string_view head = name.substr(0, name.size() - layer.size());
  if (!layer.starts_with(kTowers)) return std::string(name);
  const size_t dot = layer.find('.', kTowers.size());
  return dot == layer.npos ? std::string(name) : std::string(head) + std::string(layer.substr(dot + 1));
}

}  // namespace fcn
