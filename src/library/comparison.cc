#include "fcn/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/context.h"
#include "fcn/drawing.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "image/resize.h"
#include "library/model_evaluation.h"
#include "report/choose_pictures.h"
#include "report/label_runs.h"
#include "report/page.h"
#include "report/paint.h"

namespace fcn {
namespace {

/// The other model's head of that name; of models that have one each, that one.
const ModelHead* SameHead(const ModelHead& head, const Model& model, const Model& other) {
  if (model.heads().size() == 1 && other.heads().size() == 1) return other.heads().data();
  const auto same = std::ranges::find(other.heads(), head.name, &ModelHead::name);
  return same == other.heads().end() ? nullptr : &*same;
}

/// "21 and 11 of them", or the first that differs.
std::string Difference(const std::vector<std::string>& classes, const std::vector<std::string>& others) {
  if (classes.size() != others.size()) return fmt::format("{} and {} of them", classes.size(), others.size());
  const auto at = std::ranges::mismatch(classes, others);
  return fmt::format("the class {} is {} and {}", at.in1 - classes.begin(), Quoted(*at.in1), Quoted(*at.in2));
}

void CheckSameClasses(const NamedModel& first, const NamedModel& other) {
  for (const ModelHead& head : first.model.heads()) {
    const ModelHead* same = SameHead(head, first.model, other.model);
    if (same == nullptr || same->classes == head.classes) continue;
    throw Error(ErrorCode::kUsage,
                fmt::format("{} and {} tell different classes apart{}: {}", first.name, other.name,
                            head.name.empty() ? "" : " in the head " + Quoted(head.name),
                            Difference(head.classes, same->classes)),
                "Models that are compared have the same classes in the same order; fcn info FILE lists a model's.");
  }
}

/// Puts the model's name before what is wrong with it.
void Of(const NamedModel& model, FunctionRef<void()> work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    throw Error(error.code(), fmt::format("{}: {}", model.name, error.message()), error.hint());
  }
}

/// The labels of each head of pictures, by their place in the data set.
using SeenPictures = std::map<size_t, std::vector<LabelRuns>>;

Image Painted(Size size, const std::vector<uint16_t>& labels, const HeadInfo& head) {
  const Size shown = ShrunkSize(size, kMostRowSide);
  const Context context(1);
  return PaintLabels(shown.width, shown.height, ResizeNearest(labels.data(), size, shown, context), head.palette);
}

ComparedPicture Show(const ChosenPicture& chosen, const Dataset& dataset, std::span<SeenPictures> seen) {
  const Sample sample = dataset.Get(chosen.place);
  const Size size = {sample.width(), sample.height()};
  ComparedPicture picture{
      .name = sample.name, .rank = chosen.rank, .photo = Shrunk(DrawRaster(sample.inputs[0]), kMostRowSide)};
  for (size_t i = 0; i < dataset.heads().size(); i++) {
    const HeadInfo& head = dataset.heads()[i];
    ComparedLabels& labels = picture.heads.emplace_back();
    labels.truth = Painted(size, sample.labels[i].labels, head);
    for (const SeenPictures& of_model : seen) {
      const std::vector<uint16_t> its = of_model.at(chosen.place)[i].Labels();
      ConfusionMatrix matrix(static_cast<int>(head.classes.size()));
      matrix.Add(sample.labels[i].labels, its, kIgnoredLabel);
      labels.mean_ius.push_back(ComputeScores(matrix).mean_iu);
      labels.predictions.push_back(Painted(size, its, head));
    }
  }
  return picture;
}

}  // namespace

Comparison CompareModels(std::span<const NamedModel> models, const Dataset& dataset, const EvaluateOptions& options,
                         int pictures, const Runtime& runtime, FunctionRef<void(size_t done, size_t total)> progress) {
  if (models.empty())
    throw Error(ErrorCode::kUsage, "there is no model to compare", "Name one or more, and a data set.");
  for (const NamedModel& model : models) CheckSameClasses(models[0], model);

  // What the first model sees of all pictures is kept until it is known which of them are shown.
  std::vector<SeenPictures> seen(models.size());
  std::set<size_t> wanted;
  std::vector<std::unique_ptr<ModelEvaluation>> evaluations;
  for (size_t m = 0; m < models.size(); m++) {
    EvaluateOptions its = options;
    its.on_picture = [&, m](const EvaluatedPicture& picture) {
      if (options.on_picture) options.on_picture(picture);
      if (pictures <= 0 || (m > 0 && !wanted.contains(picture.place))) return;
      for (const std::vector<uint16_t>& labels : picture.labels) seen[m][picture.place].emplace_back(labels);
    };
    Of(models[m], [&] {
      evaluations.push_back(std::make_unique<ModelEvaluation>(models[m].model, dataset, std::move(its), runtime));
      evaluations.back()->CheckRoles();
    });
  }

  Comparison result{.heads = dataset.heads()};
  std::vector<ChosenPicture> chosen;
  for (size_t m = 0; m < models.size(); m++) {
    Evaluation evaluation =
        evaluations[m]->Run([&](size_t done, size_t total) { progress(m * total + done, models.size() * total); });
    evaluations[m].reset();
    if (m == 0) {
      chosen = ChoosePictures(evaluation.mean_ius, static_cast<size_t>(std::max(0, pictures)));
      for (const ChosenPicture& one : chosen) wanted.insert(one.place);
      std::erase_if(seen[0], [&](const auto& one) { return !wanted.contains(one.first); });
    }
    result.models.push_back({models[m].name, std::move(evaluation)});
  }
  for (const ChosenPicture& one : chosen) result.pictures.push_back(Show(one, dataset, seen));
  return result;
}

}  // namespace fcn
