#include "fcn/import.h"

#include <fmt/format.h>

#include <utility>

#include "fcn/error.h"
#include "fcn/option_text.h"
#include "graph/classifier.h"
#include "library/model_access.h"
#include "library/network_access.h"
#include "models/import.h"
#include "models/import_by_name.h"
#include "models/zoo.h"
#include "train/start.h"

namespace fcn {
namespace {

/// What fcn wrote says what it is: as another network it would give other answers. A classifier's weights may become a
/// fully convolutional network's.
void CheckIsOfNetwork(const ZooEntry& entry, const ImportSource& source) {
  if (!source.model || source.model->name == entry.name) return;
  if (source.model->graph && IsClassifier(*source.model->graph)) return;  // a checkpoint has no graph
  for (const ZooEntry& other : Zoo())
    if (other.name == source.model->name)
      throw Error(ErrorCode::kInput,
                  fmt::format("{} is of the network {}, not {}", source.file, other.name, entry.name),
                  fmt::format("Import it with --model {}, or train the other with its weights: fcn train --model {} "
                              "--weights {}",
                              other.name, entry.name, source.file));
}

ImportedModel WithAnswers(Imported imported, const std::string& weights, const Runtime& runtime) {
  return {.model = ModelAccess::Make(std::move(imported.model), weights).WithGoldenVectors(runtime),
          .report = std::move(imported.report)};
}

}  // namespace

ImportedModel Import(const std::string& weights, const std::string& network, const ImportOptions& options,
                     const Runtime& runtime) {
  const ZooEntry& entry = FindModel(network);
  CheckClassNames(options.classes);
  const ImportSource source = ReadStart(weights, /*average=*/true);
  CheckIsOfNetwork(entry, source);
  return WithAnswers(ImportWeights(entry, source, options), weights, runtime);
}

ImportedModel Import(const std::string& weights, const Network& network, const ImportOptions& options,
                     const Runtime& runtime) {
  CheckClassNames(options.classes);
  ModelContents model = ModelAccess::WithoutWeights(network, network.inputs(), network.heads());
  return WithAnswers(ImportByName(std::move(model), ReadStart(weights, /*average=*/true), options), weights, runtime);
}

}  // namespace fcn
