#include "models/foreign_names.h"

#include <algorithm>
#include <utility>

#include "models/ports.h"

namespace fcn {
namespace {

using Translate = std::string (*)(std::string_view module);

struct ForeignNames {
  std::string_view network;  ///< a part of the zoo's names
  std::string_view of;
  Translate translate;
  std::string_view prefix;  ///< of all but the classifier's last layer
  const Preprocessing& preprocessing;
};
constexpr ForeignNames kForeign[] = {
    {"vgg16", "pytorch-fcn", CaffeVgg16Module, "", kCaffePreprocessing},
    {"vgg16", "timm", TimmVgg16Module, "", kTorchvisionPreprocessing},
    {"alexnet", "torchvision", TorchvisionAlexNetModule, "", kTorchvisionPreprocessing},
    {"efficientnet-lite0", "timm", TimmLite0Module, "", kTensorflowPreprocessing},
    {"efficientnet-lite1", "timm", TimmLite1And2Module, "", kTensorflowPreprocessing},
    {"efficientnet-lite2", "timm", TimmLite1And2Module, "", kTensorflowPreprocessing},
    {"resnet", "transformers", TransformersResNetModule, "", kTorchvisionPreprocessing},
    {"resnet", "transformers", TransformersResNetModule, "resnet.", kTorchvisionPreprocessing},
    {"fcn_resnet", "mmsegmentation", MmsegmentationFcnResNetModule, "", kTorchvisionPreprocessing},
};

/// A parameter of the classifier that a network is made from, by that classifier's name, whichever tower has it.
std::string OfClassifier(const std::string& parameter, std::string_view prefix) {
  const std::string name = WithoutTower(parameter);
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

bool HasTowers(const std::vector<std::string>& parameters) {
  return std::ranges::any_of(parameters, [](const std::string& name) { return WithoutTower(name) != name; });
}

}  // namespace

std::vector<Naming> NamingsOf(const ZooEntry& entry, const std::vector<std::string>& parameters) {
  std::vector<Naming> namings(1);
  for (const std::string& parameter : parameters) namings[0].names[parameter] = parameter;
  if (HasTowers(parameters)) {
    Naming& alone = namings.emplace_back();  // a network of one tower
    for (const std::string& parameter : parameters) alone.names[parameter] = WithoutTower(parameter);
  }
  if (!entry.parameter_prefix.empty()) {
    Naming& classifier = namings.emplace_back();
    for (const std::string& parameter : parameters)
      classifier.names[parameter] = OfClassifier(parameter, entry.parameter_prefix);
  }
  for (const ForeignNames& foreign : kForeign) {
    if (entry.name.find(foreign.network) == entry.name.npos) continue;
    Naming& naming = namings.emplace_back();
    naming.of = foreign.of;
    naming.preprocessing = foreign.preprocessing;
    for (const std::string& parameter : parameters) {
      const std::string own = OfClassifier(parameter, entry.parameter_prefix);
      const size_t dot = own.rfind('.');
      std::string module = foreign.translate(own.substr(0, dot));
      if (module.empty())
        module = own.substr(0, dot);
      else if (!module.starts_with("classifier"))
        module = std::string(foreign.prefix) + module;
      naming.names[parameter] = module + own.substr(dot);
    }
  }
  return namings;
}

}  // namespace fcn
