#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "formats/caffe/message.h"
#include "tensor/named_tensors.h"

namespace fcn {

enum class CaffePhase { kTrain, kTest };

/// What a layer's include and exclude rules are compared with.
struct CaffeState {
  CaffePhase phase = CaffePhase::kTest;
  int level = 0;
  std::vector<std::string> stages;
};

/// The state of a net: the phase, unless one of the messages ("NetState", those of the net itself and of its solver)
/// says another; a later message counts more, and stages of all of them are put together.
CaffeState CaffeStateOf(CaffePhase phase, const std::vector<CaffeMessage>& messages);

/// What a layer says of one of its parameters ("param").
struct CaffeParameter {
  std::string name;         ///< layers that give parameters the same name share them; empty: the layer's own
  bool permissive = false;  ///< those that share it may have other shapes of as many elements
  double lr_mult = 1, decay_mult = 1;
  int line = 0;
};

/// A layer, whatever the generation of its file.
struct CaffeLayer {
  std::string name;
  std::string type;  ///< today's name: "Convolution"; a name that Caffe does not have is left as it is
  int line = 0;      ///< of a text file, from 1; 0 where the file has no lines
  std::vector<std::string> bottoms, tops;
  std::vector<CaffeParameter> parameters;  ///< may be fewer than the layer has
  std::vector<double> loss_weights;        ///< one for each top, or none
  std::vector<bool> propagate_down;        ///< one for each bottom, or none
  /// The whole layer ("LayerParameter"), every field under today's name and in today's place: "convolution_param" …
  CaffeMessage settings{"LayerParameter"};
  std::vector<StoredTensor> blobs;  ///< of a binary file; shapes as the file has them

  /// "layer "conv1" (Convolution, line 12)", for messages.
  std::string Described() const;
};

/// A network as Caffe's newest version would see it: files of older generations are upgraded as Caffe does.
struct CaffeNet {
  std::string file;                ///< what messages call it
  std::string name;                ///< may be empty
  std::vector<CaffeLayer> layers;  ///< in the file's order, which is Caffe's order of computation
  CaffeMessage state{"NetState"};  ///< what the net itself says of it
  bool force_backward = false;
  std::vector<CaffeUnknownField> unknown;  ///< fields of the net itself that are not known
};

/// A network from text (.prototxt): today's `layer`, the older `layers`, the oldest `layers { layer { … } }`. Input
/// fields of the net ("input", "input_dim", "input_shape") are a first layer of type Input, named "input". Fields that
/// are not known are kept by name (CaffeMessage::unknown). Throws Error(kIo) where it cannot be read; Error(kInput) or
/// Error(kUnsupported) that names the line for what Caffe would refuse to read, too, and for what is out of bounds.
CaffeNet ReadCaffeNet(const std::filesystem::path& path);
CaffeNet ParseCaffeNet(std::string_view text, const std::string& name);

/// The layers whose rules ("include", "exclude") the state meets, in a net of its own. Throws Error(kInput) where a
/// layer has both.
CaffeNet LayersInState(const CaffeNet& net, const CaffeState& state);

/// Throws Error(kUnsupported), naming file, line and layer, where the layer, or a message inside of it, has a field
/// that is not known. Without a layer: where the net itself has one.
void RefuseUnknownFields(const CaffeNet& net);
void RefuseUnknownFields(const CaffeNet& net, const CaffeLayer& layer);

}  // namespace fcn
