#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/network_form.h"

namespace fcn {

/// An input that a network of the zoo is built with.
struct InputPort {
  std::string name = "image";
  int channels = 3;
  bool operator==(const InputPort&) const = default;
};

/// A head that it is built with: an output at the size of the picture.
struct HeadPort {
  std::string name = {};  ///< empty where it is the only one and the model names nothing
  int scores = 1;         ///< a channel for each class, or one of a binary head
  bool operator==(const HeadPort&) const = default;
};

/// What a network is built for. Several inputs are laid side by side before its first layer (Concat "inputs"), in their
/// order. The first head's layers have the network's own names, another head's the same behind "heads.NAME.", so that
/// weights of one head are those of the first. Coarse scores of all heads are computed before any is brought to the
/// picture's size, so that a training is done with all losses before it changes a layer.
struct Ports {
  /// A picture of three bands and a head of so many scores, as most networks have: build(21).
  Ports(int scores) : heads{{.name = {}, .scores = scores}} {}  // NOLINT(google-explicit-constructor)
  Ports(std::vector<InputPort> network_inputs, std::vector<HeadPort> network_heads)
      : inputs(std::move(network_inputs)), heads(std::move(network_heads)) {}

  std::vector<InputPort> inputs = {{}};
  std::vector<HeadPort> heads;
  NetworkForm form = {};  ///< of what lies between; CheckForm says which networks can have it

  int channels() const;  ///< of all inputs
  /// Whether a model of it gives names to its inputs and heads: all but those of a picture of three bands called
  /// "image" and a head without a name.
  bool are_named() const;
  bool operator==(const Ports&) const = default;
};

/// The port of a data set's input: a picture in colour has three bands, and "image" is what has no name.
InputPort PortOf(const InputInfo& input);

/// Throws Error(kUsage) where there is no input or no head, or there are more than a model may have; where several have
/// names that no model could have, or the same; and for bands or scores that are too many or fewer than one.
void CheckPorts(const Ports& ports);
/// The same, and where a classifier is asked for several inputs or heads.
void CheckClassifierPorts(const Ports& ports);

/// What a head without a name is called beside inputs that have some.
inline constexpr std::string_view kUnnamedHead = "labels";

/// What the names of a head's own layers begin with where it is not the first: "heads.geometry.".
std::string OfHead(const std::string& name);
/// The same, and "" of the first.
std::string HeadPrefix(const Ports& ports, size_t head);
/// A layer's name without that: "score32" of "heads.geometry.score32".
std::string_view WithoutHeadPrefix(std::string_view name);

/// What the names of an input's own layers begin with, in networks that see each input with layers of its own, behind a
/// head's prefix: "towers.depth.".
std::string OfTower(const std::string& input);
/// A layer's name without that.
std::string WithoutTower(std::string_view name);

}  // namespace fcn
