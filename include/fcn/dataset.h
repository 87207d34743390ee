#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fcn/export.h"
#include "fcn/image.h"
#include "fcn/raster.h"

namespace fcn {

/// What a LabelMap holds where a pixel does not count.
inline constexpr uint16_t kIgnoredLabel = 65535;

/// A class index for every pixel, row by row, or kIgnoredLabel.
struct FCN_API LabelMap {
  int width = 0, height = 0;
  std::vector<uint16_t> labels;
};

/// What a network sees of a sample: a picture in colour, or one of other bands, such as a depth map.
struct FCN_API InputInfo {
  std::string name = {};  ///< a model's input by that name; empty where there is one, without a name
  int bands = 0;          ///< of any sample type; 0: a picture in colour, three bands of 8 bits
  bool operator==(const InputInfo&) const = default;
};

/// What is to be told of a sample's pixels.
struct FCN_API HeadInfo {
  std::string name = {};  ///< a model's head by that name; empty where there is one, without a name
  std::vector<std::string> classes = {};
  std::vector<Colour> palette = {};  ///< one colour per class
};

/// Pictures of one place and the truth about them, all of one size.
struct FCN_API Sample {
  std::string name = {};              ///< "0001TP_006690"
  std::vector<Raster> inputs = {};    ///< one for each of Dataset::inputs
  std::vector<LabelMap> labels = {};  ///< one for each of Dataset::heads
  std::vector<ImageNote> notes = {};  ///< of reading the pictures

  int width() const { return inputs.front().width; }
  int height() const { return inputs.front().height; }
};

/// Pictures with labels, in a fixed order. Its functions may be called from several threads at once. Nothing is kept in
/// memory. Data that come from elsewhere than files are a class derived from this one.
class FCN_API Dataset {
 public:
  virtual ~Dataset();
  /// At least one; one picture in colour without a name, unless a derived class says otherwise.
  virtual const std::vector<InputInfo>& inputs() const;
  /// At least one.
  virtual const std::vector<HeadInfo>& heads() const = 0;
  virtual size_t size() const = 0;
  /// The i-th sample's name, without reading it.
  virtual std::string name(size_t i) const = 0;
  /// Reads a sample. Throws Error(kIo) or Error(kInput) that names the file where one cannot be read, sizes or bands
  /// differ, or a label is outside of the classes (with pixel, value and a guess at the mistake).
  virtual Sample Get(size_t i) const = 0;
  /// Width and height of the i-th sample where they are known without decoding it, zeros where they are not: memory is
  /// planned for those that are known.
  virtual std::pair<int, int> picture_size(size_t i) const;
  /// What messages call the i-th sample: a file that it is read from. Its name, unless a derived class knows better.
  virtual std::string source(size_t i) const;

  /// Of the first head.
  const std::vector<std::string>& classes() const { return heads().front().classes; }
  const std::vector<Colour>& palette() const { return heads().front().palette; }
};

/// What a stored value of labels means, or a colour.
struct FCN_API LabelMapping {
  int64_t from = 0;       ///< a value of 0 to 65535, or 0xRRGGBB
  int64_t to = 0;         ///< the index of a class, or the ignore index
  bool colour = false;    ///< whether `from` is a colour
  bool ignored = false;   ///< does not count, whatever `to`
  std::string head = {};  ///< one of DatasetOptions::heads; empty: the first
  bool operator==(const LabelMapping&) const = default;
};

/// Where labelled pictures are, and what the values of their labels mean.
struct FCN_API DatasetOptions {
  /// How the folder is laid out:
  ///   camvid  SPLIT/NAME.png with SPLITannot/NAME.png, as the SegNet authors published CamVid
  ///   voc     JPEGImages, SegmentationClass and ImageSets/Segmentation/SPLIT.txt, as PASCAL VOC
  ///   pairs   images/ with masks/, or images/SPLIT with masks/SPLIT, or SPLIT/images with SPLIT/masks; same stems
  ///   list    the file SPLIT has a line "image label" for each sample: its inputs in order, then its labels
  ///   scenes  pairs, as `fcn dataset generate` writes them
  ///   sbd, nyud, sift-flow, pascal-context
  ///           each as it was published, with its classes, which no class file changes (docs/datasets.md)
  ///   cityscapes, ade20k
  ///           each as it was published; a class file goes before its classes, as in the layouts of camvid and voc
  /// Empty: found out from what the folder holds.
  std::string kind;
  std::string folder;
  /// A part of the data by name, of which a slice may be taken as in Python: "train[:380]", "train[-57:]". Without the
  /// names in another part, or in a list that is found from the folder: "train - ../VOC2012/val.txt".
  std::string split;
  /// Names of the classes, in the order of their indices. Where the folder has a class file (classes.txt), or the
  /// folder above it: those of its classes that count, the others being ignored. So in the layouts of CamVid, VOC,
  /// Cityscapes and ADE20K, whose classes are known without a file, and for which files of the folder above do not
  /// count; names that they do not have are the data's own, in the order of the stored values. A list of both is
  /// refused, but for names that would have their stored value either way (VOC's background as the first). A single
  /// number means that many classes without names.
  std::vector<std::string> classes;
  int ignore_index = 255;         ///< a stored value that does not count; -1: none
  std::vector<LabelMapping> map;  ///< goes before all other meanings of stored values and colours of its head
  std::vector<Colour> palette;    ///< one colour per class, for RGB labels and for display; empty: the data's own
  ReadImageOptions images = {};   ///< how pictures are read; of it, labels heed max_pixels alone
  /// ADE20K's convention: the stored 0 does not count, and the stored values 1, 2, … are the classes 0, 1, …. `map` and
  /// `ignore_index` speak of stored values as they are in the files. Colours are not concerned.
  bool reduce_zero_label = false;
  /// What a sample has. The pictures of the input NAME are in the folder of the pictures with "-NAME" behind
  /// (images-depth/), the labels of the head NAME in that of the labels (masks-geometry/), by the same stems. Where
  /// there is no such folder, the first input and the first head have the layout's own. Empty: one, without a name.
  ///
  /// A head's classes are those of the file classes-NAME.txt, where classes.txt would be. The first one's are all that
  /// is said above where it has the layout's own labels; `classes`, `palette` and `reduce_zero_label` are about it
  /// alone, and so are `images.bands` and `images.page` about the first input. A first name that has no folder here is
  /// an error where it has one in another split, or nearly.
  std::vector<InputInfo> inputs = {};
  std::vector<std::string> heads = {};
  /// Of a list: the inputs and heads of which its lines may have the files, in order; `inputs` and `heads` are some of
  /// them. Where the first line has another number of files, lines have those of `inputs` and `heads` alone.
  std::vector<std::string> list_inputs = {}, list_heads = {};
};

/// Opens a data set: finds its files and that none is missing, without reading them. Throws Error(kIo) where a folder
/// cannot be read; Error(kInput) where it is not laid out as its kind says, a picture has no labels, or a list is
/// malformed; Error(kUsage) for options that contradict the data or each other.
FCN_API std::unique_ptr<Dataset> OpenDataset(const DatasetOptions& options);

/// "image, depth:1, infrared:3": inputs by name, in order. With a number behind, a picture of that many bands; without,
/// one in colour. Empty: none. Throws Error(kUsage) for names that no model's input may have, names that come twice,
/// and bands that no picture has.
FCN_API std::vector<InputInfo> ParseInputs(const std::string& text);
/// "class, geometry": heads by name, in order. Throws likewise.
FCN_API std::vector<std::string> ParseHeads(const std::string& text);

}  // namespace fcn
