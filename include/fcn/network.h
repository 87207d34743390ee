#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/global_pooling.h"
#include "fcn/image.h"
#include "fcn/inspection.h"
#include "fcn/network_form.h"
#include "fcn/preprocessing.h"
#include "fcn/runtime.h"

namespace fcn {

/// What a network takes: a picture in colour, or one of other bands, such as a depth map.
struct FCN_API ModelInput {
  std::string name = {};  ///< empty where it is the only one, without a name
  int bands = 3;
  Preprocessing preprocessing = {};
  bool operator==(const ModelInput&) const = default;
};

/// What it gives: scores of classes.
struct FCN_API ModelHead {
  std::string name = {};                  ///< empty where it is the only one, without a name
  std::vector<std::string> classes = {};  ///< by label; of a binary head two, what is not the class first
  std::vector<Colour> palette = {};       ///< a colour for each class; empty: VOC's
  double loss_weight = 1;                 ///< of its loss in the sum that training makes small
  bool binary = false;                    ///< one score for each pixel: the class's probability is sigmoid(score)
  bool operator==(const ModelHead&) const = default;
};

/// A network that is known by name.
struct FCN_API ZooNetwork {
  std::string name, description;  ///< the latter in one line
};

/// What a network is built for: the inputs and heads of a data set, as Dataset has them, or others.
struct FCN_API NetworkOptions {
  std::vector<InputInfo> inputs = {};  ///< empty: a picture in colour
  std::vector<HeadInfo> heads = {};    ///< empty: one, of the network's usual classes
  bool binary = false;                 ///< heads of two classes give one score to each pixel
  NetworkForm form = {};
};

/// How a net of Caffe's is read.
struct FCN_API CaffeOptions {
  bool training = false;               ///< the layers of its phase TRAIN; false: of its phase TEST
  int64_t width = 0, height = 0;       ///< of the pictures, where the net does not say it; 0: nobody does
  std::vector<InputInfo> inputs = {};  ///< bands of inputs, by their tops' names, where the net does not say them
};

/// How Network::Inspect looks at a network.
struct FCN_API InspectOptions {
  int64_t width = 0, height = 0;  ///< of the pictures; 0: those that a classifier crops to, else 500
  int64_t pictures = 1;           ///< at once
  bool training = false;          ///< forecasts what a step of training would need, too
};

/// Which operations a network has, on which weights, for pictures of any size; not their values. It never changes. A
/// handle: copies are the same network. Thread-safe.
class FCN_API Network {
 public:
  /// All networks that are known by name, classifiers first.
  static std::vector<ZooNetwork> Zoo();
  /// One of them. Throws Error(kUsage) for another name, with the nearest, and for inputs, heads or a
  /// form that it cannot have.
  static Network Build(const std::string& name, const NetworkOptions& options = {});
  /// One of one's own, from text, as text() of any other shows it:
  ///
  ///   input image channels=3
  ///   parameter conv.weight 8x3x5x5
  ///   conv = Conv2d(image, conv.weight) kernel=5x5 padding=2,2,2,2
  ///   output conv
  ///
  /// Its inputs and heads are called as in the text, unless there is one picture of three bands and one head. `name` is
  /// what it is called. Throws Error(kInput) that names the line.
  static Network FromText(const std::string& text, const std::string& name);
  /// One of Caffe's, from a prototxt of any generation, for deployment, training or tests (docs/caffe.md): what gives
  /// its scores. A data layer is inputs that are called as its tops; names are given up where there is one picture of
  /// three bands and one head. Appends to `notes`, where there is one, what may matter, a sentence each.
  ///
  /// Throws Error(kIo) where the file cannot be read, Error(kInput) or Error(kUnsupported) that names file, layer and
  /// line: for what Caffe refuses, too, and for a layer or a field that could change the scores and is not understood.
  static Network FromCaffe(const std::string& prototxt, const CaffeOptions& options = {},
                           std::vector<std::string>* notes = nullptr);

  // A move is a copy, so that no network is ever empty.
  Network(const Network&) = default;
  Network& operator=(const Network&) = default;

  const std::string& name() const&;
  /// FromText reads it back.
  std::string text() const;
  /// One for each input of the text; preprocessed as the network's usual weights want it, of one's own not at all.
  const std::vector<ModelInput>& inputs() const&;
  /// One for each output of the text; without classes where nobody named any.
  const std::vector<ModelHead>& heads() const&;
  /// Whether it gives one row of scores for a whole picture, whatever its size, not a score to each pixel.
  bool is_classifier() const;
  /// The shapes of its weights by name: outputs × inputs × height × width of a convolution.
  std::map<std::string, std::vector<int64_t>> weight_shapes() const;
  /// Numbers in all weights.
  int64_t parameters() const;
  /// How many values it computes in each type, by its name: "float32".
  std::map<std::string, int64_t> value_types() const;

  /// A classifier as a dense predictor, which gives a score to each pixel of a picture of any size: its fully connected
  /// layers become convolutions as large as the map that they see of a picture of width × height (0: of the size that
  /// the classifier crops to, or 224), and their scores are brought to the picture's size. Weights have the same names
  /// and numbers; Import views them in their new shapes. Throws Error(kInput) where it is no classifier or its layers
  /// do not fit that size.
  Network Dense(int width = 0, int height = 0, GlobalPooling pooling = GlobalPooling::kLeftOut) const;

  /// What each layer computes at a size, and what it costs; computes nothing. Throws Error(kUsage) for sizes that are
  /// none, and for the training of a classifier; Error(kInput) for pictures that are too small for the network;
  /// Error(kMemory) for more than the runtime allows.
  Inspection Inspect(const InspectOptions& options, const Runtime& runtime) const;

  // Of a temporary, such as what Dense gives, they outlive it.
  std::string name() && { return static_cast<const Network&>(*this).name(); }
  std::vector<ModelInput> inputs() && { return static_cast<const Network&>(*this).inputs(); }
  std::vector<ModelHead> heads() && { return static_cast<const Network&>(*this).heads(); }

 private:
  friend struct NetworkAccess;
  struct Impl;
  explicit Network(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}
  std::shared_ptr<const Impl> impl_;
};

}  // namespace fcn
