#include "caffe/recipe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "caffe/graph_name.h"
#include "caffe/named_file.h"
#include "caffe/release_data.h"
#include "caffe/zoo_match.h"
#include "fcn/error.h"
#include "fcn/preprocessing.h"
#include "fcn/text.h"
#include "models/zoo.h"

namespace fcn {
namespace {

[[noreturn]] void RefuseSolver(const CaffeSolver& solver, const char* field, const std::string& what,
                               const std::string& hint) {
  throw Error(ErrorCode::kUnsupported, fmt::format("{}:{}: {}", solver.file, solver.settings.LineOf(field), what),
              hint);
}

void SetRate(const CaffeSolver& solver, TrainConfig& config) {
  config.lr = solver.base_rate;
  if (solver.policy == "fixed") {
    config.lr_schedule = Schedule::kConstant;
  } else if (solver.policy == "step") {
    config.lr_schedule = Schedule::kStep;
    config.gamma = solver.gamma;
    config.step_size = solver.step;
  } else if (solver.policy == "poly") {
    config.lr_schedule = Schedule::kPoly;
    config.power = solver.power;
  } else {
    RefuseSolver(solver, "lr_policy", fmt::format("the rate falls by the policy {}", Quoted(solver.policy)),
                 "fcn has fixed, step and poly: the nearest is a configuration of your own.");
  }
}

void SetSolver(const CaffeSolver& solver, TrainConfig& config) {
  if (solver.type != "SGD")
    RefuseSolver(solver, "type", fmt::format("the solver is {}", solver.type),
                 "fcn does Caffe's SGD; for AdamW write a configuration of your own.");
  if (solver.regularisation != "L2" && solver.weight_decay != 0)
    RefuseSolver(solver, "regularization_type", "weights decay by " + solver.regularisation, "fcn's decay by L2.");
  if (solver.clip_gradients) RefuseSolver(solver, "clip_gradients", "gradients are clipped", "fcn clips none.");
  config.optimiser = Solver::kSgdCaffe;
  config.momentum = solver.momentum;
  config.weight_decay = solver.weight_decay;
}

/// The data layer that gives the pictures.
const CaffeLayer* DataOf(const CaffeNet& net) {
  const auto found = std::ranges::find_if(
      net.layers, [](const CaffeLayer& layer) { return layer.bottoms.empty() && layer.tops.size() > 1; });
  return found == net.layers.end() ? nullptr : &*found;
}

int64_t BatchSizeOf(const CaffeLayer& layer) {
  for (const char* field : {"data_param", "image_data_param", "hdf5_data_param", "memory_data_param"})
    if (const CaffeMessage m = layer.settings.Message(field); m.Has("batch_size"))
      return std::max<int64_t>(m.Integer("batch_size"), 1);
  return 1;
}

/// The data layer's top that an input of the graph is: its layer, and its place there.
std::pair<const CaffeLayer*, size_t> TopNamed(const CaffeNet& net, const std::string& name) {
  for (const CaffeLayer& layer : net.layers)
    for (size_t top = 0; layer.bottoms.empty() && top < layer.tops.size(); top++)
      if (GraphName(layer.tops[top]) == name) return {&layer, top};
  return {nullptr, 0};
}

/// What the data set gives, under its own names for a layer of the release and under the net's for others, and how it
/// is prepared, where the net says so and the network of the zoo would do otherwise.
void SetRoles(const CaffeNet& net, const CaffeNetwork& network, CaffeRecipe& recipe) {
  TrainConfig& config = recipe.config;
  const Graph& graph = *network.graph;
  std::vector<std::string> heads;
  for (size_t i = 0; i < network.inputs.size(); i++) {
    const Value& value = graph.value(graph.inputs()[i]);
    const InputRole& input = network.inputs[i];
    // A picture in colour that is all that is seen has no name.
    std::string name = network.inputs.size() == 1 && value.channels == 3 ? "" : input.name, split;
    if (const auto [layer, top] = TopNamed(net, value.name); layer != nullptr) {
      const auto release = ReleaseDataOf(*layer, top);
      if (release && !release->input.empty()) name = release->input;
      if (release && !release->heads.empty()) heads = release->heads;
      if (release) split = TextBehind(layer->settings.Message("python_param").Text("param_str"), "split");
    }
    if (!name.empty()) config.inputs.push_back(value.channels == 3 ? name : fmt::format("{}:{}", name, value.channels));
    const Preprocessing& p = input.preprocessing;
    const std::string text = PreprocessingText(p);
    if (text != PreprocessingText(value.channels == 3 ? kCaffePreprocessing : PlainBands(value.channels)))
      config.preprocessing +=
          fmt::format("{}{}{}", config.preprocessing.empty() ? "" : ";", name.empty() ? "" : name + "=", text);
    if (!network.mean_files[i].empty())
      recipe.notes.push_back(fmt::format("the means of {} are not read here: say them with --preprocessing",
                                         Quoted(network.mean_files[i])));
    // The release's data sets have no pictures for validation but where they train on "train" alone.
    if (!split.empty()) config.train_split = split;
    if (split == "trainval") config.val_split = "test";
  }
  if (network.heads.size() < 2) return;
  for (size_t i = 0; i < network.heads.size(); i++) {
    config.heads.push_back(heads.size() == network.heads.size() ? heads[i] : network.heads[i].name);
    if (const double weight = network.heads[i].loss_weight; weight != 1)
      config.loss_weights.push_back({config.heads.back(), weight});
  }
}

/// How pictures come.
void SetData(const CaffeNet& net, TrainConfig& config) {
  config.scale = {1, 1};
  config.flip = false;
  config.colour = 0;
  config.batch_size = 1;
  config.crop_size = {500, 500};  // PASCAL VOC's largest: whole pictures
  const CaffeLayer* data = DataOf(net);
  if (data == nullptr) return;
  config.batch_size = BatchSizeOf(*data);
  const CaffeMessage transform = data->settings.Message("transform_param");
  config.flip = transform.Flag("mirror");
  if (const int64_t crop = transform.Integer("crop_size"); crop > 0) config.crop_size = {crop, crop};
}

/// What the loss is divided by. A sum is all the same for batches of one picture.
void SetLoss(const CaffeSolver& solver, const CaffeNetwork& network, CaffeRecipe& recipe) {
  const CaffeHead& head = network.losses.front();
  for (const CaffeHead& other : network.losses) {
    if (!other.has_loss)
      throw Error(ErrorCode::kInput, fmt::format("{}: no SoftmaxWithLoss reads {}", network.name, Quoted(other.name)),
                  "fcn trains with the softmax loss of each head: take the net that the solver trains.");
    if (other.normalisation != head.normalisation || other.ignore_label != head.ignore_label)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: the losses of {} and {} leave out other labels, or are divided by something else",
                              network.name, Quoted(head.name), Quoted(other.name)),
                  "fcn has one such rule for all heads.");
  }
  if (head.ignore_label >= 0) recipe.config.ignore_index = head.ignore_label;
  switch (head.normalisation) {
    case CaffeNormalisation::kValid:
      recipe.config.loss_normalisation = LossNormalisation::kValid;
      break;
    case CaffeNormalisation::kBatchSize:
      recipe.config.loss_normalisation = LossNormalisation::kSum;
      if (recipe.config.batch_size > 1 || solver.accumulated > 1)
        recipe.more.emplace_back("loss_normalisation", "batch");
      break;
    case CaffeNormalisation::kNone:
      recipe.config.loss_normalisation = LossNormalisation::kSum;
      break;
    case CaffeNormalisation::kFull:
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: the loss is divided by all pixels, ignored ones as well (normalization: FULL)",
                              network.name),
                  "fcn divides by the pixels that count (VALID), by the pictures (BATCH_SIZE), or by nothing (NONE).");
  }
}

/// Rates of single parameters: Caffe's usual pattern is that biases learn twice as fast and do not decay.
void SetMultipliers(const CaffeNetwork& network, CaffeRecipe& recipe) {
  size_t doubled = 0, plain = 0, biases = 0;
  std::set<std::string> frozen;
  std::vector<std::string> others;
  for (const CaffeWeight& weight : network.weights) {
    const bool is_bias = weight.parameter.ends_with(".bias");
    if (weight.lr_mult == 0) {
      if (weight.form != CaffeWeight::Form::kStatistic) frozen.insert(weight.layer);
    } else if (is_bias) {
      biases++;
      doubled += weight.lr_mult == 2 && weight.decay_mult == 0 ? 1 : 0;
      plain += weight.lr_mult == 1 && weight.decay_mult == 1 ? 1 : 0;
    } else if (weight.lr_mult != 1 || weight.decay_mult != 1) {
      others.push_back(fmt::format("{} ({:g}, {:g})", weight.parameter, weight.lr_mult, weight.decay_mult));
    }
  }
  // The paper's nets double the new layers' biases, and those of VGG16; AlexNet's release only the new one's.
  recipe.config.paper_bias = doubled > 0 && doubled >= plain;
  recipe.config.decay_rank1 = !recipe.config.paper_bias;
  if (biases > 0 && doubled < biases && plain < biases)
    recipe.notes.push_back(
        fmt::format("of {} biases {} learn twice as fast without decay and {} as weights do; here "
                    "all do as most",
                    biases, doubled, plain));
  if (!others.empty())
    recipe.notes.push_back(
        fmt::format("rates and decays of their own (lr_mult, decay_mult) are left out: {}", fmt::join(others, ", ")));
  for (const std::string& layer : frozen) {
    if (layer.starts_with("upscore")) continue;
    recipe.notes.push_back(
        fmt::format("{} does not learn (lr_mult: 0), and has no parameter here or another name: "
                    "name it with --frozen where it has one",
                    Quoted(layer)));
  }
  if (std::ranges::any_of(frozen, [](const std::string& layer) { return layer.starts_with("upscore"); }))
    recipe.config.frozen = {"upscore"};
}

}  // namespace

std::filesystem::path FileOfSolver(const CaffeSolver& solver, const std::string& name) {
  if (const auto found = NamedCaffeFile(solver.file, name)) return *found;
  throw Error(ErrorCode::kIo, fmt::format("{}: {} is not there, or no regular file", solver.file, Quoted(name)),
              "Put it beside the solver, or run fcn where Caffe would be run.");
}

CaffeRecipe RecipeOf(const CaffeSolver& solver, const CaffeNet& net, const CaffeNetwork& network) {
  const std::optional<ZooMatch> alike = ZooNetworkLike(*network.graph);
  if (!alike)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} is none of the networks that fcn train builds by name", net.file),
                "Train it from C++: import its weights, and give the model to a Learner (fcn/learner.h).");
  CaffeRecipe recipe;
  TrainConfig& config = recipe.config;
  config.model = alike->name;
  config.skip_scale = alike->skip_scale;
  SetSolver(solver, config);
  SetRate(solver, config);
  SetData(net, config);
  SetLoss(solver, network, recipe);
  SetMultipliers(network, recipe);
  config.accumulate = std::max<int64_t>(solver.accumulated, 1);
  config.max_iters = solver.iterations;
  if (solver.seed) config.seed = *solver.seed;
  if (solver.snapshot > 0) config.checkpoint_interval = solver.snapshot;
  // The release tests by its solve.py, as often as it saves, and says "never" to Caffe.
  constexpr int64_t kNever = 999'999'999;
  if (solver.test_interval > 0 && solver.test_interval < kNever)
    config.val_interval = solver.test_interval;
  else if (solver.snapshot > 0)
    config.val_interval = solver.snapshot;
  if (!solver.weights.empty()) config.weights = FileOfSolver(solver, solver.weights.front()).string();
  SetRoles(net, network, recipe);
  recipe.notes.push_back(fmt::format("{} is trained as {}", net.file, config.model));
  const bool has_upsampling =
      std::ranges::any_of(network.weights, [](const CaffeWeight& weight) { return weight.is_upsampling; });
  if (has_upsampling)
    recipe.notes.emplace_back(
        "deconvolutions whose names contain \"up\" begin as bilinear interpolation, as the release's solve.py fills "
        "them");
  if (config.weights.empty())
    recipe.notes.emplace_back(
        "the release's solve.py begins with the weights of the classifier, or of the coarser network: name them with "
        "--weights");
  return recipe;
}

}  // namespace fcn
