#include "fcn/evaluate.h"

#include "evaluate/folders.h"
#include "library/model_evaluation.h"
#include "library/runtime_access.h"

namespace fcn {

std::vector<HeadScores> Evaluation::scores() const {
  std::vector<HeadScores> all;
  all.reserve(heads.size());
  for (const EvaluatedHead& head : heads) all.push_back({head.name, head.classes, ComputeScores(head.matrix)});
  return all;
}

Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options, const Runtime& runtime,
                    FunctionRef<void(size_t done, size_t total)> progress) {
  return ModelEvaluation(model, dataset, options, runtime).Run(progress);
}

Evaluation Evaluate(const Model& model, const Dataset& dataset, const EvaluateOptions& options,
                    const Runtime& runtime) {
  return Evaluate(model, dataset, options, runtime, [](size_t, size_t) {});
}

Evaluation CompareFolders(const std::string& predictions, const DatasetOptions& truth, const Runtime& runtime) {
  return CompareFolders(predictions, truth, RuntimeAccess::ContextOf(runtime));
}

}  // namespace fcn
