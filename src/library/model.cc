#include "fcn/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "library/model_access.h"
#include "library/network_access.h"
#include "library/runtime_access.h"
#include "models/binary.h"
#include "models/initialise.h"
#include "models/model_check.h"
#include "models/quantised_weights.h"
#include "models/zoo.h"
#include "segment/golden.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

std::string TypeOf(const StoredTensor& weight) {
  return weight.quantisation ? "int8 with scales" : DTypeName(weight.dtype);
}

void CheckBands(const Network& network, const std::vector<ModelInput>& inputs) {
  const std::vector<ModelInput>& own = network.inputs();
  for (size_t i = 0; i < std::min(inputs.size(), own.size()); i++)
    if (inputs[i].bands != own[i].bands)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: the input {} has {} bands, not {}", network.name(), Quoted(inputs[i].name),
                              own[i].bands, inputs[i].bands),
                  "The network says how many there are.");
}

StoredTensor StoredOf(const std::string& name, const Weight& weight) {
  const Shape shape(weight.shape);
  if (shape.elements() != std::ssize(weight.values))
    throw Error(
        ErrorCode::kInput,
        fmt::format("the weight {} has {} values and is {}", Quoted(name), weight.values.size(), shape.ToString()),
        "Give one for each of its elements.");
  return StoredTensor::FromFloats(shape, weight.values);
}

/// What a file says, however damaged it is.
ModelContents UncheckedModelOf(const SafetensorsFile& file, const std::string& where) {
  try {
    return ModelOf(file, where);
  } catch (const Error&) {
    CheckChecksum(file, where);  // a damaged file may contradict itself
    throw;
  }
}

std::vector<NotFiniteTensor> FindNotFinite(const NamedTensors& tensors) {
  std::vector<NotFiniteTensor> found;
  for (const auto& [name, tensor] : tensors)
    if (const auto bad = FindNotFinite(tensor))
      found.push_back({.name = name, .elements = tensor.shape.elements(), .count = bad->count, .first = bad->first});
  CheckUnchanged(tensors);
  return found;
}

}  // namespace

struct Model::Impl {
  Impl(ModelContents its_contents, SafetensorsFile its_file, std::string its_place)
      : contents(std::make_shared<const ModelContents>(std::move(its_contents))),
        file(std::move(its_file)),
        where(std::move(its_place)),
        network(NetworkAccess::Make(contents->name, contents->graph, contents->inputs, contents->heads)) {}

  static std::shared_ptr<const Impl> Of(SafetensorsFile file, const std::string& where, const OpenOptions& options) {
    ModelContents contents = options.check ? CheckedModelOf(file, where) : UncheckedModelOf(file, where);
    return std::make_shared<const Impl>(std::move(contents), std::move(file), where);
  }

  const StoredTensor& weight(const std::string& name) const {
    const auto found = contents->weights.find(name);
    if (found != contents->weights.end()) return found->second;
    std::vector<std::string> names;
    for (const auto& [other, tensor] : contents->weights) names.push_back(other);
    const std::string nearest = NearestName(name, names);
    throw Error(ErrorCode::kUsage, fmt::format("{} has no weight {}", contents->name, Quoted(name)),
                nearest.empty() ? "weight_names() has all of them." : fmt::format("Did you mean {}?", nearest));
  }

  std::shared_ptr<const ModelContents> contents;
  SafetensorsFile file;  // as it was read; of a model that was made here, its tensors without a checksum
  std::string where;     // what messages call it
  Network network;
};

Model Model::Open(const std::string& path, const OpenOptions& options) {
  return Model(Impl::Of(options.check ? ReadModelFile(path) : ReadSafetensors(path), path, options));
}

Model Model::FromMemory(std::vector<uint8_t> bytes, const std::string& name, const OpenOptions& options) {
  const auto owner = std::make_shared<const std::vector<uint8_t>>(std::move(bytes));
  return Model(Impl::Of(ParseSafetensors(owner, *owner, name), name, options));
}

Model Model::Make(const Network& network, const std::vector<ModelInput>& inputs, const std::vector<ModelHead>& heads,
                  const std::map<std::string, Weight>& weights, uint64_t seed) {
  ModelContents model = ModelAccess::WithoutWeights(network, inputs, heads);
  CheckBands(network, inputs);
  for (const auto& [name, weight] : weights) model.weights.emplace(name, StoredOf(name, weight));
  for (const ValueId id : model.graph->Parameters()) {
    const Value& parameter = model.graph->value(id);
    if (model.weights.contains(parameter.name)) continue;
    CheckHasBeginning(parameter.name, parameter.parameter_shape);
    model.weights.emplace(parameter.name, InitialParameter(parameter.name, parameter.parameter_shape, seed));
  }
  NameBothClasses(model);
  CheckModel(model, model.name);
  CheckWeights(*model.graph, model.weights, model.name);
  CheckFinite(model.weights, model.name);
  return ModelAccess::Make(std::move(model));
}

const std::string& Model::name() const& { return impl_->contents->name; }
const Network& Model::network() const& { return impl_->network; }
const std::vector<ModelInput>& Model::inputs() const& { return impl_->network.inputs(); }
const std::vector<ModelHead>& Model::heads() const& { return impl_->network.heads(); }
bool Model::is_classifier() const { return impl_->network.is_classifier(); }
bool Model::is_trained() const { return IsTrained(*impl_->contents); }
const std::vector<VerifiedPrecision>& Model::precisions() const& { return impl_->contents->precisions; }
const std::map<std::string, std::string>& Model::metadata() const& { return impl_->contents->metadata; }

std::vector<std::string> Model::weight_names() const {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : impl_->contents->weights) names.push_back(name);
  return names;
}

Weight Model::weight(const std::string& name) const {
  const StoredTensor& stored = impl_->weight(name);
  const std::span<const int64_t> dims = stored.shape.dims();
  Weight weight{.shape = {dims.begin(), dims.end()}, .type = TypeOf(stored), .values = stored.ToFloats()};
  CheckUnchanged(stored);
  return weight;
}

std::map<std::string, int64_t> Model::weight_types() const {
  std::map<std::string, int64_t> counts;
  for (const auto& [name, weight] : impl_->contents->weights) counts[TypeOf(weight)]++;
  return counts;
}

Model Model::WithWeight(const std::string& name, std::span<const float> values) const {
  const Shape& shape = impl_->weight(name).shape;
  if (std::ssize(values) != shape.elements())
    throw Error(ErrorCode::kUsage,
                fmt::format("{} values for the weight {}, which is {}", values.size(), Quoted(name), shape.ToString()),
                fmt::format("Give {} of them.", shape.elements()));
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); }))
    throw Error(ErrorCode::kUsage, fmt::format("some values for the weight {} are infinite or no number", Quoted(name)),
                "No model can hold these: give numbers.");
  ModelContents contents = *impl_->contents;
  contents.weights[name] = StoredTensor::FromFloats(shape, values);
  contents.golden.clear(), contents.precisions.clear();
  return ModelAccess::Make(std::move(contents));
}

Model Model::Dense(int width, int height, GlobalPooling pooling) const {
  return ModelAccess::Make(DenseModel(*impl_->contents, width, height, pooling), impl_->where);
}

Model Model::WithGoldenVectors(const Runtime& runtime) const {
  ModelContents contents = *impl_->contents;
  contents.golden = MakeGoldens(contents, RuntimeAccess::ContextOf(runtime), RuntimeAccess::CompileOptionsOf(runtime),
                                RuntimeAccess::SharedOf(runtime));
  CheckAnswers(contents, impl_->where);
  return ModelAccess::Make(std::move(contents));
}

Verification Model::Verify(const Runtime& runtime) const {
  const ModelContents& contents = *impl_->contents;
  if (contents.golden.empty()) {
    CheckChecksum(impl_->file, impl_->where);
    throw Error(ErrorCode::kUnsupported, fmt::format("{} holds no golden vectors to verify", impl_->where),
                "Import the weights again with this version of fcn.");
  }
  Verification found;
  found.checksum = CompareChecksum(impl_->file);
  found.not_finite = FindNotFinite(impl_->file.tensors);
  if (!found.not_finite.empty()) return found;
  CheckCostOfGoldens(contents, impl_->where);
  for (const GoldenVector& golden : contents.golden)
    found.golden.push_back(NamingGolden(golden, impl_->where, [&] {
      return CheckGolden(contents, golden, RuntimeAccess::CompileOptionsOf(runtime), RuntimeAccess::ContextOf(runtime),
                         RuntimeAccess::SharedOf(runtime));
    }));
  return found;
}

bool Verification::passed() const {
  return (checksum == ChecksumResult::kNone || checksum == ChecksumResult::kMatches) && not_finite.empty() &&
         std::ranges::all_of(golden, &GoldenResult::passed);
}

void Model::Save(const std::string& path, IfExists if_exists) const { SaveModel(path, *impl_->contents, if_exists); }
std::vector<uint8_t> Model::Bytes() const { return ModelBytes(*impl_->contents); }

const std::shared_ptr<const ModelContents>& ModelAccess::ContentsOf(const Model& model) {
  return model.impl_->contents;
}

const std::string& ModelAccess::PlaceOf(const Model& model) { return model.impl_->where; }

Model ModelAccess::Make(ModelContents contents, const std::string& where) {
  SafetensorsFile file{.tensors = SplitQuantised(contents.weights), .metadata = {}};
  const std::string place = where.empty() ? contents.name : where;
  return Model(std::make_shared<const Model::Impl>(std::move(contents), std::move(file), place));
}

ModelContents ModelAccess::WithoutWeights(const Network& network, const std::vector<ModelInput>& inputs,
                                          const std::vector<ModelHead>& heads) {
  ModelContents model;
  model.name = network.name();
  model.graph = NetworkAccess::GraphOf(network);
  model.inputs.clear(), model.heads.clear();
  for (const ModelInput& input : inputs) model.inputs.push_back({input.name, input.preprocessing});
  for (const ModelHead& head : heads) model.heads.push_back({head.name, head.classes, head.palette, head.loss_weight});
  return model;
}

}  // namespace fcn
