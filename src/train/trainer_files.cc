#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/folder.h"
#include "models/half.h"
#include "segment/golden.h"
#include "train/finite.h"
#include "train/trainer_state.h"

namespace fcn {
namespace {

/// A tensor that is only looked at.
StoredTensor ViewOf(const Shape& shape, std::span<const float> values) {
  StoredTensor tensor;
  tensor.shape = shape;
  tensor.bytes = {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
  return tensor;
}

}  // namespace

void Trainer::State::Log(const HistoryEntry& line) {
  history.push_back(line);  // first: where the lock cannot be asked about, the last checkpoint has it
  lock->Check();
  log->Append(line);
}

void Trainer::State::SaveState() {
  if (is_saved && Exists(files.latest)) return;  // somebody may have removed it
  lock->Check();
  Checkpoint checkpoint;
  checkpoint.network = config.model;
  checkpoint.config = ToToml(config);
  checkpoint.iteration = iteration;
  const std::vector<std::string> state_names = optimiser.state_names();
  for (const ValueId id : network->Parameters()) {
    const std::string& name = network->value(id).name;
    const Shape& shape = network->value(id).parameter_shape;
    // Weights and running statistics may overflow where loss and gradients did not: the checkpoint before is better.
    if (!IsFinite(std::as_const(parameters).at(name)))
      ThrowNoNumber(iteration - 1, fmt::format("{} is no number after the update", name));
    checkpoint.weights.emplace(name, ViewOf(shape, std::as_const(parameters).at(name)));
    if (config.ema > 0) checkpoint.states["ema"].emplace(name, ViewOf(shape, std::as_const(average).at(name)));
    if (const auto states = solver_states.find(name); states != solver_states.end())
      for (size_t i = 0; i < state_names.size(); i++) {
        if (!IsFinite(states->second[i]))
          ThrowNoNumber(iteration - 1, fmt::format("{} of {} is no number after the update", state_names[i], name));
        checkpoint.states[state_names[i]].emplace(name, ViewOf(shape, states->second[i]));
      }
  }
  checkpoint.history = history;
  checkpoint.best_score = best_mean_iu;
  checkpoint.best_iteration = best_iteration;
  checkpoint.metadata = {
      {"samples", fmt::format("{}", train_data->size())}, {kClassesKey, nlohmann::json(train_data->classes()).dump()},
      {"validated", fmt::format("{}", validated)},        {"worse_validations", fmt::format("{}", worse_validations)},
      {"loss_sum", fmt::format("{:a}", loss_sum)},        {"loss_count", fmt::format("{}", loss_count)}};
  for (const auto& [key, fingerprint] : fingerprints) checkpoint.metadata[key] = PrintFingerprint(fingerprint);
  SaveCheckpoint(files.latest, checkpoint);
  checkpoint_iteration = iteration, checkpoint_validated = validated;
  is_saved = true;
}

std::string Trainer::State::Rescue() {
  bool is_kept = iteration == 0 ||
                 (iteration == checkpoint_iteration && validated == checkpoint_validated && Exists(files.latest));
  if (!is_kept && !is_torn) {
    try {
      SaveState();
      is_kept = true;
    } catch (const std::exception&) {  // what brought us here is what a person must know
    }
  }
  if (checkpoint_iteration < 0 || !Exists(files.latest))  // somebody may have removed the folder
    return iteration == 0 ? ""
                          : fmt::format("What was learnt in {} iterations is lost: there is no checkpoint.", iteration);
  const std::string resume = fmt::format("fcn train --resume {} goes on from", config.output);
  return is_kept ? fmt::format("The checkpoint of iteration {} has all that was learnt; {} it.", iteration, resume)
                 : fmt::format("What was learnt after iteration {} is lost; {} its checkpoint, the last one.",
                               checkpoint_iteration, resume);
}

void Trainer::State::SaveModelTo(const std::filesystem::path& path) const {
  lock->Check();
  step->ReleaseMemory();  // a copy of the weights and a run of the model take its place
  NamedTensors weights = Evaluated().ToTensors();
  if (config.half) weights = ToHalf(weights);
  Model model = MakeModel(entry, std::move(weights), train_data->classes());
  model.head().palette = train_data->palette();
  model.input().preprocessing = preprocessing;
  model.golden.push_back(MakeGolden(model, context));
  SaveModel(path, model);
}

}  // namespace fcn
