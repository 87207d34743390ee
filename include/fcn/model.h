#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/export.h"
#include "fcn/files.h"
#include "fcn/network.h"
#include "fcn/precision.h"
#include "fcn/runtime.h"
#include "fcn/verification.h"

namespace fcn {

/// A parameter of a network: its numbers, as float32 whatever they are stored as.
struct FCN_API Weight {
  std::vector<int64_t> shape;  ///< of a convolution's: outputs × inputs × height × width
  std::string type = {};       ///< that it is stored as: "float32", "float16", "bfloat16", …, "int8 with scales"
  std::vector<float> values;   ///< the last dimension changes fastest
};

/// How Model::Open looks at a file.
struct FCN_API OpenOptions {
  /// Refuses a file that does not match its checksum, or has weights that are infinite or no number, where it is small
  /// enough to be read at once (64 MB); of a larger one, which is mapped, Verify compares that. False: opens what can
  /// be opened, so that Verify can say all that is wrong.
  bool check = true;
};

/// A network with its weights and all that is needed to use it, as a model file has it (docs/formats.md). It never
/// changes: what would change it makes another. A handle: copies are the same model, which ends with the last of them,
/// and whatever runs it holds one. Thread-safe.
class FCN_API Model {
 public:
  /// Throws Error(kIo) where the file cannot be read, Error(kInput) naming it where it is no model file, contradicts
  /// itself or is damaged, Error(kUnsupported) for a newer format.
  ///
  /// A file of up to 64 MB is read. A larger one is mapped as long as the model lives, and whatever reads it again
  /// throws Error(kIo) where it was changed by then. One that is cut short while it is read raises SIGBUS; replacing it
  /// by a rename, or removing it, does no harm.
  static Model Open(const std::string& path, const OpenOptions& options = {});
  /// The same of a file's bytes, which the model keeps; `name` is what messages call them.
  static Model FromMemory(std::vector<uint8_t> bytes, const std::string& name, const OpenOptions& options = {});
  /// Of a network, for which inputs and heads are as its own with what is missing there: classes, preprocessing, other
  /// names; all have names, or the only ones have none. `weights` are some of the network's or all, whatever their
  /// `type` says; others begin untrained, a function of their names and the seed: layers of scores with zeros, upscore*
  /// as bilinear interpolation, other convolutions as He et al. (2015) have them, batch norms as the identity.
  ///
  /// Throws Error(kInput) where these contradict the network or each other, and for a weight that is missing and called
  /// neither .weight, .bias, .running_mean nor .running_var, as torch does.
  static Model Make(const Network& network, const std::vector<ModelInput>& inputs, const std::vector<ModelHead>& heads,
                    const std::map<std::string, Weight>& weights = {}, uint64_t seed = 0);

  // A move is a copy, so that no model is ever empty.
  Model(const Model&) = default;
  Model& operator=(const Model&) = default;

  const std::string& name() const&;
  const Network& network() const&;
  const std::vector<ModelInput>& inputs() const&;
  const std::vector<ModelHead>& heads() const&;
  /// Whether it gives one row of scores for a whole picture, not a score to each pixel.
  bool is_classifier() const;
  /// Whether it tells classes apart, as far as its file says: false where all scores were alike when it was written, as
  /// before the layers of scores are trained.
  bool is_trained() const;
  /// What it was measured to do in other precisions than float32.
  const std::vector<VerifiedPrecision>& precisions() const&;
  /// What its file says beside all that.
  const std::map<std::string, std::string>& metadata() const&;

  /// Exactly the network's parameters.
  std::vector<std::string> weight_names() const;
  /// Throws Error(kUsage) where there is none of that name.
  Weight weight(const std::string& name) const;
  /// How many weights are stored as each type, which need no reading.
  std::map<std::string, int64_t> weight_types() const;

  /// A trained classifier as a dense predictor with the same weights, as Network::Dense makes it; without golden
  /// vectors and precisions, which were of the classifier. Throws as that does.
  Model Dense(int width = 0, int height = 0, GlobalPooling pooling = GlobalPooling::kLeftOut) const;

  /// The same with other values of one weight, as many as it has. What was computed with the old ones is left out:
  /// golden vectors and precisions. Throws Error(kUsage) for another name or number of values, and for values that are
  /// infinite or no number.
  Model WithWeight(const std::string& name, std::span<const float> values) const;
  /// The same with what it answers to a known picture, one vector for each head, which Verify compares later and
  /// elsewhere. Throws Error(kInput) where that is infinite or no number; Error(kMemory), Error(kCancelled).
  Model WithGoldenVectors(const Runtime& runtime) const;

  /// Whether its file is whole, and whether it computes here what it computed when it was made: reads every byte.
  /// Throws Error(kUnsupported) where it has no golden vectors (Error(kInput) where it is damaged as well);
  /// Error(kInput) where one does not fit the network; Error(kIo), Error(kMemory), Error(kCancelled).
  Verification Verify(const Runtime& runtime) const;

  /// Writes a model file, whole or not at all; the same model gives the same bytes. Throws as AtomicFile does, and
  /// Error(kInput) where the model contradicts itself as Open would find.
  void Save(const std::string& path, IfExists if_exists = IfExists::kReplace) const;
  /// What Save writes.
  std::vector<uint8_t> Bytes() const;

  // Of a temporary, such as what Trainer::model gives, they outlive it.
  std::string name() && { return static_cast<const Model&>(*this).name(); }
  Network network() && { return static_cast<const Model&>(*this).network(); }
  std::vector<ModelInput> inputs() && { return static_cast<const Model&>(*this).inputs(); }
  std::vector<ModelHead> heads() && { return static_cast<const Model&>(*this).heads(); }
  std::vector<VerifiedPrecision> precisions() && { return static_cast<const Model&>(*this).precisions(); }
  std::map<std::string, std::string> metadata() && { return static_cast<const Model&>(*this).metadata(); }

 private:
  friend struct ModelAccess;
  struct Impl;
  explicit Model(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace fcn
