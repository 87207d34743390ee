#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fcn/import.h"
#include "formats/weights_file.h"
#include "models/model.h"
#include "models/ports.h"
#include "models/zoo.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// Weights to import, and what their file says of them.
struct ImportSource {
  std::string file;  ///< what messages call it
  NamedTensors tensors;
  std::string architecture;        ///< what the file calls the network; mostly empty
  std::vector<std::string> notes;  ///< what reading it passed over
  /// What fcn wrote keeps its name, classes, palette, preprocessing and metadata; without weights.
  std::optional<ModelContents> model = {};
  std::vector<InputPort> inputs = {};              ///< that its network takes, where the file says so
  std::map<std::string, float> input_scales = {};  ///< InputScales of its network, likewise
};

/// ReadWeights of a file, which may be a model of fcn's. Throws as ReadWeights and LoadModel do.
ImportSource ReadImportSource(const std::filesystem::path& path);
/// The same of a file that has been read; `name` is what messages call it.
ImportSource ImportSourceOf(WeightsFile file, const std::string& name);

/// The place of each of these inputs among those of the file's network; nothing where its inputs are others, or
/// the file does not say.
std::optional<std::vector<size_t>> PlacesOfInputs(const ImportSource& source, const std::vector<InputPort>& inputs);

struct Imported {
  ModelContents model;
  ImportReport report;
};

/// Builds a zoo's network with the weights of a checkpoint: of the same network, or of the classifier that it is made
/// from, under fcn's own names or another project's (NamingsOf), behind the prefix under which most of them fit
/// (FitNames says how ties are decided; a note says where there was one); the head may have another (FindHead). Layers
/// of scores that the checkpoint lacks begin as zeros, transposed convolutions as bilinear interpolation, other layers
/// of the head as those of an untrained network (InitialParameter), and so do those that new_layers names; everything
/// else must be there, but fc6 and fc7 of chosen channels, which begin likewise, and upsampling that stays bilinear is
/// never taken. A weight whose input is scaled otherwise here than there is multiplied by the ratio (InputScales). From
/// a coarser network's file all is taken, and a note says so. Where the file says nothing of them, classes are the
/// entry's default ones, or, where the checkpoint's own scores are for another number, "class 0", "class 1", …; for one
/// score, a binary model's, the class's name or both ("foreground" by default, see NameBothClasses). The preprocessing
/// is the options', else the source's own, else the one that goes with the names, else the entry's; of inputs that are
/// no picture of three bands the source's own, where it has the same inputs, else PlainBands. A first layer for other
/// bands than three begins with the weights for three (AdaptFirstLayer). Heads but the first begin anew where the file
/// has no layers of their names. Where a file of fcn's names its heads and all that are asked for have names, they meet
/// by these (HeadMatch), and so do inputs in another order: their bands are put into the new one.
///
/// Throws Error(kInput) naming the file where it does not fit, with what is missing, what has another shape, what the
/// file has in its place, and the network that it fits; where classes are named that are not as many as the weights
/// score; where a weight that is used is infinite, no number, no floating-point number or a negative variance; and,
/// unless a new head is asked for, where one that was trained would be lost (LostHead; with kWhereNeeded a note), or a
/// head is asked for that the file lacks.
Imported ImportWeights(const ZooEntry& entry, const ImportSource& source, const ImportOptions& options = {});

}  // namespace fcn
