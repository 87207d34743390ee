#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"

namespace fcn {

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
  /// Names of the classes, in the order of their indices. Where the data set has names of its own (CamVid's, VOC's, or
  /// a classes.txt in the folder or its parent, see lists.h): those of them that count, the others being ignored. A
  /// single number means that many classes without names.
  std::vector<std::string> classes;
  int ignore_index = 255;                ///< a stored value that does not count; -1: none
  std::vector<std::pair<int, int>> map;  ///< stored value → class or ignore_index; goes before all other meanings
  std::vector<Colour> palette;   ///< one colour per class, for RGB labels and for display; empty: the data's own
  ReadImageOptions images = {};  ///< how pictures are read; of it, labels heed max_pixels alone
};

/// Opens a data set: finds its files and that none is missing, without reading them. Throws Error(kIo) where a folder
/// cannot be read; Error(kInput) where it is not laid out as its kind says, a picture has no labels, or a list is
/// malformed; Error(kUsage) for options that contradict the data or each other.
std::unique_ptr<Dataset> OpenDataset(const DatasetOptions& options);

}  // namespace fcn
