#pragma once

#include <filesystem>
#include <string>

#include "data/listing.h"

/// The data sets of the paper, and those that are asked for today, each as its publishers lay it out. docs/datasets.md
/// says where to get them. Their classes are their own, and no class file counts but in layouts that are imitated.
namespace fcn {

/// One of them.
struct PublishedSet {
  const char* name;  ///< of DatasetOptions::kind
  /// Lists a split's samples, and sets the classes of the heads whose labels it has. Throws as ListDataset.
  void (*list)(Listing& listing, const DatasetOptions& options, const std::string& split);
  /// What labels of it mean where nothing but a folder of them is known.
  void (*set_classes)(KnownClasses& known);
  /// Whether a folder holds it.
  bool (*fits)(const std::filesystem::path& folder, const std::string& split);
  /// People keep data of their own so, whose classes go before its.
  bool is_imitated = false;
};

/// The Semantic Boundaries Dataset of Hariharan et al., ICCV 2011: img/, cls/NAME.mat (or .png, converted), SPLIT.txt;
/// in the folder, or below it as its archive has it.
extern const PublishedSet kSbd;
/// NYUDv2 with 40 classes, as the paper's release has it: data/images/img_N.png, segmentation/img_N.mat (or .png), and
/// SPLIT.txt with the numbers N. An input NAME is data/NAME/img_N.png: depth, hha.
extern const PublishedSet kNyud;
/// SIFT Flow: Images/, SemanticLabels/ and GeoLabels/ with a folder of all scenes each; SPLIT.txt. The heads `semantic`
/// and `geometric` have its two labelings, any other first one the former.
extern const PublishedSet kSiftFlow;
/// PASCAL-Context, 59 classes and background: trainval/NAME.mat with labels.txt beside, and the pictures of VOC 2010
/// there, in VOC2010 or beside the folder; or SegmentationClassContext/NAME.png inside of VOC 2010.
extern const PublishedSet kPascalContext;
/// leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png with gtFine (gtCoarse where that has none of the split); labelTrainIds
/// where they were made, else labelIds. An input NAME is NAME/SPLIT/CITY/…_NAME.png: disparity, rightImg8bit.
extern const PublishedSet kCityscapes;
/// ADE20K as ADEChallengeData2016: images/training with annotations/training, 150 classes; `train` and `val` stand for
/// its training and validation.
extern const PublishedSet kAde20k;

}  // namespace fcn
