#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/global_pooling.h"
#include "fcn/preprocessing.h"
#include "graph/graph.h"
#include "models/model.h"
#include "models/ports.h"

namespace fcn {

/// A network that fcn can build by name.
struct ZooEntry {
  std::string_view name;
  std::string_view description;        ///< one line
  Graph (*build)(const Ports& ports);  ///< build(21): for a picture, with 21 scores
  Preprocessing preprocessing;
  std::span<const std::string_view> classes;  ///< the default ones
  /// Where a classifier's parameters are found in this network: "features.0.weight" as parameter_prefix +
  /// "features.0.weight".
  std::string_view parameter_prefix;
  /// The layers that a classifier's checkpoint lacks: parameters whose names begin so. Layers of scores and upsampling
  /// are such anyway.
  std::string_view head_prefix = {};
  int bands = 3;  ///< of the picture that it takes unless asked otherwise

  /// For such a picture.
  Ports ports(int scores) const {
    return Ports({{.name = "image", .channels = bands}}, {{.name = {}, .scores = scores}});
  }
  /// Of a picture in colour: the network's own, or where that is of one band each colour as that band.
  Preprocessing colour_preprocessing() const;
  bool is_classifier() const;  ///< IsClassifier of what it builds
  std::vector<std::string> class_names() const { return {classes.begin(), classes.end()}; }
};

/// All of them, classifiers first.
std::span<const ZooEntry> Zoo();

/// The entry of that name. Throws Error(kUsage) with the nearest name (if one is near), and all of them.
const ZooEntry& FindModel(std::string_view name);

/// Throws Error(kUsage) where the network cannot have the form: what it asks for would change nothing, or is out of
/// range.
void CheckForm(const ZooEntry& entry, const NetworkForm& form);
inline constexpr int kMostFcChannels = 1 << 14;

/// A model of a zoo's network with these weights, its default preprocessing and the given classes (the default ones
/// where empty), one score for each. Throws as CheckWeights does.
ModelContents MakeModel(const ZooEntry& entry, NamedTensors weights, std::vector<std::string> classes = {});
/// The same of the network that is built for `ports`, with a role for each head, which is named as its port is; one
/// without a name beside inputs that have some is called "labels". Inputs of three bands have the entry's
/// preprocessing, others PlainBands.
ModelContents MakeModel(const ZooEntry& entry, const Ports& ports, NamedTensors weights, std::vector<HeadRole> heads);

/// All of it but the weights.
ModelContents NetworkFor(const ZooEntry& entry, const Ports& ports, std::vector<HeadRole> heads);

/// Preprocessing that changes nothing: the bands of the file in their order, samples from 0 to 1.
Preprocessing PlainBands(int bands);

/// The side of the square picture that a classifier takes: its crop, or 224 where that crops nothing.
int ClassifierSide(const Preprocessing& preprocessing);
/// A classifier's network as a dense predictor: Convolutionise for pictures of a nominal size (0: ClassifierSide), with
/// a Resize to the image's size. Throws Error(kInput) that names it where it is no classifier.
Graph DenseNetwork(const Graph& classifier, const Preprocessing& preprocessing, const std::string& name, int width = 0,
                   int height = 0, GlobalPooling pooling = GlobalPooling::kLeftOut);
/// The same of a model, with its weights; the image is no longer cropped.
ModelContents DenseModel(const ModelContents& classifier, int width = 0, int height = 0,
                         GlobalPooling pooling = GlobalPooling::kLeftOut);

}  // namespace fcn
