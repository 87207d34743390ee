#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "caffe/import.h"
#include "caffe/mean.h"
#include "caffe/recipe.h"
#include "fcn/import.h"
#include "fcn/option_text.h"
#include "fcn/train_config.h"
#include "formats/caffe/model.h"
#include "formats/caffe/solver.h"
#include "library/model_access.h"
#include "library/network_access.h"

namespace fcn {
namespace {

CaffeNetwork ReadNet(const std::string& prototxt, const CaffeOptions& options, const CaffeNet* weights) {
  const CaffeNet net = ReadCaffeNet(prototxt);
  CaffeNetOptions how;
  how.state = CaffeStateOf(options.training ? CaffePhase::kTrain : CaffePhase::kTest, {net.state});
  const auto side = [](int64_t pixels) { return static_cast<int>(std::min<int64_t>(pixels, kLargestAttribute)); };
  how.height = side(options.height), how.width = side(options.width);
  for (const InputInfo& input : options.inputs) how.inputs.push_back(PortOf(input));
  how.weights = weights;
  CaffeNetwork network = NetworkOfCaffe(net, how);
  if (net.name.empty()) network.name = std::filesystem::path(prototxt).stem().string();
  return network;
}

}  // namespace

Network Network::FromCaffe(const std::string& prototxt, const CaffeOptions& options, std::vector<std::string>* notes) {
  const CaffeNetwork network = ReadNet(prototxt, options, nullptr);
  if (notes != nullptr) notes->insert(notes->end(), network.notes.begin(), network.notes.end());
  return NetworkAccess::Make(network.name, network.graph, network.inputs, network.heads);
}

ImportedModel ImportCaffe(const std::string& prototxt, const std::string& caffemodel, const CaffeOptions& net_options,
                          const ImportOptions& options, const Runtime& runtime) {
  CheckClassNames(options.classes);
  const CaffeNet weights = ReadCaffeModel(caffemodel);
  CaffeNetwork network = ReadNet(prototxt, net_options, &weights);
  if (!options.preprocessing) ReadCaffeMeans(prototxt, network);
  Imported imported = ImportCaffe(network, weights, options);
  imported.report.notes.insert(imported.report.notes.begin(), network.notes.begin(), network.notes.end());
  return {.model = ModelAccess::Make(std::move(imported.model), caffemodel).WithGoldenVectors(runtime),
          .report = std::move(imported.report)};
}

TrainConfig ReadCaffeSolverConfig(const std::string& solver, std::vector<std::string>& notes) {
  const CaffeSolver read = ReadCaffeSolver(solver);
  const CaffeNet net = read.train.net ? *read.train.net : ReadCaffeNet(FileOfSolver(read, read.train.path));
  CaffeNetOptions how;
  how.state = CaffeStateOf(CaffePhase::kTrain, {net.state, read.train.state});
  const CaffeNetwork network = NetworkOfCaffe(net, how);
  CaffeRecipe recipe = RecipeOf(read, LayersInState(net, how.state), network);
  for (const auto& [key, text] : recipe.more) SetConfigKey(recipe.config, key, text);
  notes.insert(notes.end(), recipe.notes.begin(), recipe.notes.end());
  return std::move(recipe.config);
}

}  // namespace fcn
