#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"
#include "fcn/model.h"
#include "fcn/network.h"
#include "fcn/network_form.h"
#include "fcn/new_bands.h"
#include "fcn/preprocessing.h"
#include "fcn/runtime.h"

namespace fcn {

/// How weights become a network's.
struct FCN_API ImportOptions {
  /// Of the only head; empty: as many as the weights score, or the network's usual ones.
  std::vector<std::string> classes = {};
  std::vector<InputInfo> inputs = {};  ///< empty: the file's own, or a picture in colour
  /// With names where there are several; those without classes as above. Empty: the file's own, or one.
  std::vector<HeadInfo> heads = {};
  bool binary = false;                   ///< heads of two classes have one score
  NetworkForm form = {};                 ///< of a network that is known by name
  NewBands new_bands = NewBands::kMean;  ///< of inputs of other bands than the weights are for
  /// Layers that depend on the number of classes begin anew: never where the file has them, where theirs is another
  /// number, or always.
  enum class NewHead { kNever, kWhereNeeded, kAlways } new_head = NewHead::kNever;
  /// Beginnings of the names of the network's parameters that begin anew, whether or not the weights have them:
  /// "classifier.", where a file has VGG16's convolutions alone. They begin as those of an untrained network, a
  /// function of `seed`.
  std::vector<std::string> new_layers = {};
  uint64_t seed = 0;
  /// Of the first input, where that is a picture of three bands; nothing: what belongs to the weights.
  std::optional<Preprocessing> preprocessing = {};
  std::string prefix = {};        ///< take the names with this prefix and no others; empty: the one that fits best
  std::string architecture = {};  ///< where the file does not say it
};

/// What became of a checkpoint's tensors, by name.
struct FCN_API ImportReport {
  std::vector<std::string> taken;        ///< of the network's name and shape, or that plus the network's prefix
  std::vector<std::string> reshaped;     ///< fully connected weights viewed as a convolution's or the reverse, and a
                                         ///< first layer's that became one for other bands (a note says so)
  std::vector<std::string> ignored;      ///< in the checkpoint, but of no use to the network
  std::vector<std::string> initialised;  ///< the network's parameters that the checkpoint lacks, or that begin anew
  std::string names;                     ///< whose names they were ("pytorch-fcn"); empty for the network's own
  std::string prefix;                    ///< what they began with ("module.")
  std::string preprocessing;             ///< PreprocessingText of the first input's, and why; empty of other bands
  int64_t scored_classes = 0;            ///< that its own scores, of the first head, are for; 0 where it has none
  std::vector<std::string> notes;        ///< what may matter, a sentence each

  /// Whether a layer began anew whose scores mean nothing before it is trained; upsampling need not be.
  bool is_untrained() const;
};

struct FCN_API ImportedModel {
  Model model;  ///< with golden vectors, so that its file can be verified
  ImportReport report;
};

/// A network that is known by name with the weights of a file: a torch checkpoint (.pth, either form), safetensors, or
/// a model or checkpoint of fcn's; of the same network, or of the classifier that it is made from, under fcn's own
/// names or another project's, behind the prefix under which most of them fit. Layers of scores that the file lacks
/// begin as zeros, upsampling as bilinear interpolation, other layers of the head, those that `new_layers` names and
/// those whose channels the form chooses as those of an untrained network; everything else must be there. Where
/// the file says nothing of them, classes are the network's usual ones, or "class 0", "class 1", … for another number.
/// docs/inputs-and-heads.md says what becomes of other inputs and heads.
///
/// Throws Error(kUsage) for a name or options that cannot be, such as new_layers that are none or all of the network's;
/// Error(kIo) where the file cannot be read; Error(kInput) or Error(kUnsupported) naming it where it is no file of
/// weights, does not fit, or gives answers that are no numbers; Error(kMemory), Error(kCancelled).
FCN_API ImportedModel Import(const std::string& weights, const std::string& network, const ImportOptions& options,
                             const Runtime& runtime);

/// The same of any network, one of one's own above all: tensors become the weights of the same names, behind one prefix
/// or none, in their shapes or where the same numbers can be viewed in them (as Network::Dense needs). Weights that the
/// file lacks begin as Model::Make has them; the report lists them. Inputs and heads are as the network's, with what
/// the options say of their names, bands, classes and preprocessing; `architecture`, `binary`, `form` and `new_bands`
/// say nothing here. Throws as above, and Error(kInput) where no weight is there, or one has another shape: unless a
/// new head is asked for, that begins anew then.
FCN_API ImportedModel Import(const std::string& weights, const Network& network, const ImportOptions& options,
                             const Runtime& runtime);

/// A net of Caffe's (Network::FromCaffe) with the weights of a .caffemodel, which belong to its layers by their names,
/// as in Caffe. `net_options` also says the bands of inputs; `options.inputs`, `prefix` and `architecture` say nothing
/// here. A mean_file of the net is read, from the prototxt's folder or the current one, unless a preprocessing is asked
/// for; of its pixels the mean of each band counts. Where nobody names classes, 1000 are ImageNet's and 21 VOC's.
/// Throws as FromCaffe and Import do.
FCN_API ImportedModel ImportCaffe(const std::string& prototxt, const std::string& caffemodel,
                                  const CaffeOptions& net_options, const ImportOptions& options,
                                  const Runtime& runtime);

}  // namespace fcn
