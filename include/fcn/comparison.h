#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/evaluate.h"
#include "fcn/export.h"
#include "fcn/function_ref.h"
#include "fcn/image.h"
#include "fcn/model.h"
#include "fcn/runtime.h"

/// Models side by side on one data set: scores, what they take for what, and pictures.
namespace fcn {

/// A model and what a page calls it: "fcn8s".
struct FCN_API NamedModel {
  std::string name;
  Model model;
};

/// How a picture was chosen from those of a data set.
enum class PictureRank : uint8_t { kTypical, kBest, kWorst };

/// What the models said of a picture in a head.
struct FCN_API ComparedLabels {
  Image truth = {};                     ///< in the palette's colours; what does not count is grey
  std::vector<Image> predictions = {};  ///< of each model
  std::vector<double> mean_ius = {};    ///< of each model, on this picture; NaN where none of its pixels counts
};

/// A picture beside what the models made of it.
struct FCN_API ComparedPicture {
  std::string name = {};
  PictureRank rank = PictureRank::kTypical;
  Image photo = {};
  std::vector<ComparedLabels> heads = {};  ///< of each head
};

/// What a model found in all pictures.
struct FCN_API ComparedModel {
  std::string name = {};
  Evaluation evaluation = {};
};

/// What a page that compares models shows. There may be one model alone.
struct FCN_API Comparison {
  std::string title = {};
  std::string lead = {};                                        ///< a sentence or two below the title
  std::vector<HeadInfo> heads = {};                             ///< of the data
  std::vector<ComparedModel> models = {};                       ///< in the order in which they are shown
  std::vector<ComparedPicture> pictures = {};                   ///< typical ones, then the best, then the worst
  std::vector<std::pair<std::string, std::string>> facts = {};  ///< name and value, for the page's foot
};

/// Evaluates models on a data set, each picture once by each model, and keeps `pictures` of them as they are shown: a
/// third each of the best and of the worst by the mean IU of the first model, the others from around its median. Models
/// and data meet as in Evaluate, and `options` holds for each model. Before the first picture is read, everything that
/// Evaluate would throw is asked for all models. `progress` counts the pictures of all models.
///
/// Throws as Evaluate does, naming the model that cannot be evaluated, and Error(kUsage) where there is no model, or a
/// head has other classes in one model than in the first.
FCN_API Comparison CompareModels(std::span<const NamedModel> models, const Dataset& dataset,
                                 const EvaluateOptions& options, int pictures, const Runtime& runtime,
                                 FunctionRef<void(size_t done, size_t total)> progress);

/// One HTML page like TrainingReport's: for each head a table of the models' scores (the paper's names with today's
/// beside them) and of their IU by class; the pictures; what each model takes for what, as a matrix up to 256 classes,
/// and its commonest confusions.
FCN_API std::string ComparisonReport(const Comparison& comparison);

}  // namespace fcn
