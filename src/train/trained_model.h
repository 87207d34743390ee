#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/context.h"
#include "data/dataset.h"
#include "models/model.h"
#include "models/zoo.h"
#include "segment/picture_network.h"
#include "train/checkpoint.h"
#include "train/checkpoint_roles.h"
#include "train/config.h"
#include "train/parameters.h"

namespace fcn {

/// The model that a training makes, all but its weights: network, classes, colours, preprocessing, and names of input
/// and head where it began with a model that has some.
class TrainedModel {
 public:
  /// One score for each class of the data. The preprocessing is the configuration's, or the network's usual one.
  TrainedModel(const ZooEntry& entry, const TrainConfig& config, const Dataset& data);

  const std::shared_ptr<const Graph>& network() const { return model_.graph; }
  const Preprocessing& preprocessing() const { return model_.input().preprocessing; }
  void SetPreprocessing(const Preprocessing& preprocessing) { model_.input().preprocessing = preprocessing; }
  /// What goes with the weights that a training begins with: preprocessing and names.
  void TakeFrom(const Model& start);
  /// The names alone: the configuration has the preprocessing. Throws as ReadRoles.
  void ReadFrom(const Checkpoint& checkpoint, const std::string& where) { ReadRoles(checkpoint, where, model_); }
  void WriteTo(Checkpoint& checkpoint) const { WriteRoles(model_, checkpoint); }

  /// The network with these weights, ready for pictures.
  PictureNetwork With(WeightSource weights) const;
  /// The bytes of a model file's weights.
  int64_t FileBytes() const;
  /// Tries what only saving would find. Throws Error(kInput); `path` begins the message, `data_folder` is where classes
  /// have their names.
  void CheckCanBeSaved(const std::filesystem::path& path, const std::string& data_folder) const;
  /// Writes a model file with these weights, and what they answer to a known picture.
  void Save(const std::filesystem::path& path, const Parameters& weights, const Context& context) const;

 private:
  Model model_;  // without weights
  bool is_half_;
};

}  // namespace fcn
