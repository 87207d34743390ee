#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "caffe/heads.h"
#include "formats/caffe/net.h"
#include "graph/graph.h"
#include "models/ports.h"
#include "models/roles.h"

namespace fcn {

/// How a net is read.
struct CaffeNetOptions {
  CaffeState state = {};  ///< which layers are part of it
  /// Of pictures, where the net does not say it; 0: nobody does. Fully connected layers need it.
  int height = 0, width = 0;
  std::vector<InputPort> inputs = {};  ///< bands of inputs by the names of their tops, where the net does not say it
  const CaffeNet* weights = nullptr;   ///< whose layers have blobs
};

/// Where a parameter of the graph comes from.
struct CaffeWeight {
  enum class Form {
    kPlain,       ///< the blob's numbers in their order
    kTransposed,  ///< of a fully connected layer: inputs × outputs
    kStatistic,   ///< of a batch norm: the blob divided by the only number of the layer's third
    kRepeated,    ///< one number for all channels
    kConstant,    ///< no blob: `value` throughout
    kTap,         ///< no blob: of each output's numbers the one at `tap` is 1, the others 0
  };
  /// Of kTap: the outputs' own numbers in turn, so that a window's pixels become channels.
  static constexpr int kInTurn = -1;
  bool has_blob() const { return form != Form::kConstant && form != Form::kTap; }

  std::string parameter;  ///< its name in the graph
  std::string layer;
  size_t blob = 0;
  Form form = Form::kPlain;
  float value = 0;
  int tap = 0;
  /// What it begins with where no file has it: this number, or bilinear interpolation (of a deconvolution that says
  /// so), else as models/initialise.h has it.
  std::optional<float> begins = {};
  bool is_upsampling = false;
  double lr_mult = 1, decay_mult = 1;
};

/// A net as a network of ours.
struct CaffeNetwork {
  std::string name;
  std::shared_ptr<const Graph> graph;
  std::vector<InputRole> inputs;  ///< as a model has them: one picture of three bands and one head have no names
  std::vector<HeadRole> heads;    ///< without classes
  std::vector<CaffeHead> losses;  ///< one for each head
  std::vector<CaffeWeight> weights;
  Size2 only_size = {0, 0};             ///< of the pictures, where it takes no others
  std::vector<std::string> mean_files;  ///< one for each input: the file with its mean picture, or none
  std::vector<std::string> notes;       ///< what may matter, a sentence each
};

/// The graph of what a net needs for its scores (FindCaffeHeads), for pictures of any size unless a fully connected
/// layer reads a map: then of the size that the net says, or the options. A data layer is inputs named by its tops;
/// layers that serve losses alone are left out, whatever they are. A classifier's picture is cropped to the size that
/// the net takes. Scores of another size than the picture, where it is no classifier, are brought to it. A net whose
/// layers for tests read what only one for training gives is read as for training, and a note says so.
///
/// Throws Error(kInput) or Error(kUnsupported) that names file, layer and line: for a layer or a field that could
/// change the answer and is not understood, and for what Caffe refuses, too.
CaffeNetwork NetworkOfCaffe(const CaffeNet& net, const CaffeNetOptions& options);

}  // namespace fcn
