#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/dataset.h"
#include "graph/training_form.h"
#include "models/model.h"
#include "models/ports.h"
#include "models/zoo.h"
#include "segment/picture_network.h"
#include "train/checkpoint.h"
#include "train/checkpoint_roles.h"
#include "train/config.h"
#include "train/parameters.h"

namespace fcn {

/// The model that a training makes, all but its weights: network, inputs and heads, preprocessing. Where the data has
/// no names, a picture and a head are called as in the model that the training began with.
class TrainedModel {
 public:
  /// What the data has: an input for each of its pictures and a head for each of its label maps, with one score for
  /// each class, or one for two classes where the configuration wants binary heads. The preprocessing is the usual one.
  /// Throws Error(kUsage) where it does and no head has two classes, and as CheckPorts does.
  TrainedModel(const ZooEntry& entry, const TrainConfig& config, const Dataset& data);
  /// Another model's, whatever its network.
  explicit TrainedModel(const ModelContents& model);

  const std::shared_ptr<const Graph>& network() const { return model_.graph; }
  const Ports& ports() const { return ports_; }
  const std::vector<InputRole>& inputs() const { return model_.inputs; }
  const std::vector<HeadRole>& heads() const { return model_.heads; }
  /// What the loss is made of.
  std::vector<HeadLoss> losses() const;
  /// The shapes of a batch.
  std::vector<Nhwc> Inputs(int64_t n, int64_t height, int64_t width) const;

  std::vector<Preprocessing> preprocessings() const;
  void SetPreprocessings(const std::vector<Preprocessing>& preprocessings);
  /// Those that the configuration gives the data's heads.
  void SetLossWeights(const TrainConfig& config);
  /// The names that the model which a training begins with has, where the data has none.
  void TakeNames(const ModelContents& start);
  /// The same from what WriteTo wrote. Throws as ReadRoles.
  void ReadFrom(const Checkpoint& checkpoint, const std::string& where);
  void WriteTo(Checkpoint& checkpoint) const;

  /// The network with these weights, ready for pictures.
  PictureNetwork With(WeightSource weights) const;
  /// The bytes of a model file's weights.
  int64_t FileBytes() const;
  /// Tries what only saving would find. Throws Error(kInput); `path` begins the message, `data_folder` is where classes
  /// have their names.
  void CheckCanBeSaved(const std::filesystem::path& path, const std::string& data_folder) const;
  /// The model with these weights, and what they answer to a known picture.
  ModelContents Complete(const Parameters& weights, const Context& context) const;

 private:
  Ports ports_;
  ModelContents model_;  // without weights
  bool is_half_;
};

}  // namespace fcn
