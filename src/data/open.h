#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace fcn {

/// What a stored value of labels means, or a colour.
struct LabelMapping {
  int64_t from = 0;      ///< a value of 0 to 65535, or 0xRRGGBB
  int64_t to = 0;        ///< the index of a class, or the ignore index
  bool colour = false;   ///< whether `from` is a colour
  bool ignored = false;  ///< does not count, whatever `to`
  bool operator==(const LabelMapping&) const = default;
};

/// Where labelled pictures are, and what the values of their labels mean.
struct DatasetOptions {
  /// How the folder is laid out:
  ///   camvid  SPLIT/NAME.png with SPLITannot/NAME.png, as the SegNet authors published CamVid
  ///   voc     JPEGImages, SegmentationClass and ImageSets/Segmentation/SPLIT.txt, as PASCAL VOC
  ///   pairs   images/ with masks/, or images/SPLIT with masks/SPLIT, or SPLIT/images with SPLIT/masks; same stems
  ///   list    the file SPLIT has a line "image label" for each sample, see lists.h
  ///   scenes  pairs, as `fcn dataset generate` writes them
  /// Empty: found out from what the folder holds.
  std::string kind;
  std::string folder;
  /// A part of the data by name, of which a slice may be taken as in Python: "train[:380]", "train[-57:]".
  std::string split;
  /// Names of the classes, in the order of their indices. Where the folder has a class file (class_files.h), or the
  /// folder above it: those of its classes that count, the others being ignored. So in the layouts of CamVid and VOC,
  /// whose classes are known without a file, and for which files of the folder above do not count; names that they do
  /// not have are the data's own, in the order of the stored values. A list of both is refused, but for names that
  /// would have their stored value either way (VOC's background as the first). A single number means that many classes
  /// without names.
  std::vector<std::string> classes;
  int ignore_index = 255;         ///< a stored value that does not count; -1: none
  std::vector<LabelMapping> map;  ///< goes before all other meanings of stored values and colours
  std::vector<Colour> palette;    ///< one colour per class, for RGB labels and for display; empty: the data's own
  ReadImageOptions images = {};   ///< how pictures are read; of it, labels heed max_pixels alone
  /// ADE20K's convention: the stored 0 does not count, and the stored values 1, 2, … are the classes 0, 1, …. `map` and
  /// `ignore_index` speak of stored values as they are in the files. Colours are not concerned.
  bool reduce_zero_label = false;
};

/// Opens a data set: finds its files and that none is missing, without reading them. Throws Error(kIo) where a folder
/// cannot be read; Error(kInput) where it is not laid out as its kind says, a picture has no labels, or a list is
/// malformed; Error(kUsage) for options that contradict the data or each other.
std::unique_ptr<Dataset> OpenDataset(const DatasetOptions& options);

}  // namespace fcn
