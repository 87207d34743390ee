#include "caffe/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/channels.h"
#include "models/class_names.h"
#include "models/import_by_name.h"
#include "models/initialise.h"
#include "models/surgery.h"

namespace fcn {
namespace {

/// The last layer of that name that has blobs, as Caffe copies them.
const CaffeLayer* FindLayer(const CaffeNet& weights, const std::string& name) {
  const auto found = std::find_if(weights.layers.rbegin(), weights.layers.rend(),
                                  [&](const CaffeLayer& layer) { return layer.name == name && !layer.blobs.empty(); });
  return found == weights.layers.rend() ? nullptr : &*found;
}

/// Without the ones in front, of which the oldest files put as many as make four dimensions.
Shape WithoutOnes(const Shape& shape, size_t rank) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  while (dims.size() > rank && dims[0] == 1) dims.erase(dims.begin());
  return Shape(std::move(dims));
}

std::vector<float> Transposed(const std::vector<float>& values, size_t rows, size_t columns) {
  std::vector<float> result(values.size());
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) result[row * columns + column] = values[column * rows + row];
  return result;
}

StoredTensor Filled(const Shape& shape, float value) {
  return StoredTensor::FromFloats(shape, std::vector<float>(static_cast<size_t>(shape.elements()), value));
}

/// What a parameter is that no blob gives.
StoredTensor MadeUp(const CaffeWeight& weight, const Shape& shape) {
  if (weight.form == CaffeWeight::Form::kConstant) return Filled(shape, weight.value);
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  const auto outputs = static_cast<size_t>(shape[0]), numbers = values.size() / outputs;
  for (size_t output = 0; output < outputs; output++) {
    const size_t tap = weight.tap == CaffeWeight::kInTurn ? output % numbers : static_cast<size_t>(weight.tap);
    values[output * numbers + tap] = 1;
  }
  return StoredTensor::FromFloats(shape, values);
}

/// A blob as the parameter that it is; as it is where it does not fit, which whoever takes it says.
StoredTensor AsParameter(const CaffeWeight& weight, const Shape& shape, const CaffeLayer& layer) {
  StoredTensor tensor = layer.blobs[weight.blob];
  tensor.shape = WithoutOnes(tensor.shape, shape.dims().size());
  const auto numbers = static_cast<size_t>(shape.elements());
  switch (weight.form) {
    case CaffeWeight::Form::kPlain:
      // A convolution of each channel alone has its factors, or slopes, in a row.
      if (tensor.shape.elements() == shape.elements() && tensor.shape.dims().size() == 1) tensor.shape = shape;
      return tensor;
    case CaffeWeight::Form::kTransposed: {
      if (tensor.shape.elements() != shape.elements()) return tensor;
      const auto rows = static_cast<size_t>(shape[0]);
      return StoredTensor::FromFloats(shape, Transposed(tensor.ToFloats(), rows, numbers / rows));
    }
    case CaffeWeight::Form::kStatistic: {
      if (layer.blobs.size() < 3 || layer.blobs[2].shape.elements() != 1) return tensor;
      const float factor = layer.blobs[2].ToFloats()[0];
      std::vector<float> values = tensor.ToFloats();
      for (float& value : values) value = factor == 0 ? 0 : value / factor;
      return StoredTensor::FromFloats(tensor.shape, values);
    }
    case CaffeWeight::Form::kRepeated:
      if (tensor.shape.elements() != 1) return tensor;
      return Filled(shape, tensor.ToFloats()[0]);
    case CaffeWeight::Form::kConstant:
    case CaffeWeight::Form::kTap:
      break;
  }
  return MadeUp(weight, shape);
}

/// Bilinear interpolation of each channel, in one group or in as many as there are channels.
StoredTensor Interpolation(const Shape& shape) {
  const StoredTensor whole = BilinearWeights(1, static_cast<int>(shape[2]));
  const std::vector<float> filter = whole.ToFloats();
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (int64_t channel = 0; channel < shape[0]; channel++) {
    const int64_t place = channel * shape[1] + (shape[1] == 1 ? 0 : channel);
    std::ranges::copy(filter, values.begin() + place * static_cast<int64_t>(filter.size()));
  }
  return StoredTensor::FromFloats(shape, values);
}

/// What a parameter begins with where the net says so; nothing where it does not.
std::optional<StoredTensor> BeginningOf(const CaffeWeight& weight, const Shape& shape) {
  if (weight.begins) return Filled(shape, *weight.begins);
  const bool is_square = shape.dims().size() == 4 && shape[2] == shape[3] && (shape[1] == 1 || shape[0] == shape[1]);
  if (weight.is_upsampling && is_square) return Interpolation(shape);
  // An upscore* that cannot interpolate has no beginning of ours.
  if (IsUpsamplingParameter(weight.parameter)) return Filled(shape, 0);
  return std::nullopt;
}

/// A net may ask for more numbers than any memory has.
void CheckMade(int64_t made, const CaffeNet& weights, const CaffeWeight& weight) {
  constexpr int64_t kMost = int64_t{1} << 28;  // twice what VGG16 has
  if (made <= kMost) return;
  throw Error(ErrorCode::kInput,
              fmt::format("{} lacks {}, and more than {} million numbers in all", weights.file,
                          Quoted(weight.parameter), kMost / 1'000'000),
              "Take the weights that were trained with this net.");
}

void NameClasses(const CaffeNetwork& network, ModelContents& model, std::vector<std::string>& notes) {
  const ByValue<int64_t> channels = InferChannels(*network.graph);
  for (size_t i = 0; i < model.heads.size(); i++) {
    const int64_t scores = channels[network.graph->outputs()[i]];
    std::vector<std::string>& classes = model.heads[i].classes;
    if (scores == static_cast<int64_t>(kImageNetClasses.size())) {
      classes.assign(kImageNetClasses.begin(), kImageNetClasses.end());
      notes.emplace_back("its 1000 scores were taken for ImageNet's classes");
    } else if (scores == static_cast<int64_t>(kVocClasses.size())) {
      classes.assign(kVocClasses.begin(), kVocClasses.end());
      notes.emplace_back("its 21 scores were taken for the classes of PASCAL VOC");
    }
  }
}

/// The preprocessing that is asked for, cropped as the net needs it; also of pictures that are not in colour.
void SetPreprocessing(const CaffeNetwork& network, const ImportOptions& options, Imported& imported) {
  if (!options.preprocessing) return;
  const int bands = network.graph->value(network.graph->inputs()[0]).channels;
  if (bands != static_cast<int>(options.preprocessing->mean.size()))
    throw Error(ErrorCode::kUsage,
                fmt::format("a preprocessing of {} bands is asked for, and {} reads {}",
                            options.preprocessing->mean.size(), network.name, bands),
                "Give a mean and a deviation for each band, or one number for all.");
  Preprocessing& p = imported.model.input().preprocessing;
  const int shorter_side = p.shorter_side, crop = p.crop;
  p = *options.preprocessing;
  p.shorter_side = shorter_side, p.crop = crop;
  imported.report.preprocessing = PreprocessingText(p) + " (as asked)";
}

}  // namespace

Imported ImportCaffe(const CaffeNetwork& network, const CaffeNet& weights, const ImportOptions& options) {
  if (network.only_size.h != network.only_size.w)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{} takes pictures of {}x{} pixels and no others, and fcn cuts squares for classifiers",
                            network.name, network.only_size.w, network.only_size.h),
                "Take a net for square pictures.");
  ModelContents model;
  model.name = network.name;
  model.graph = network.graph;
  model.inputs = network.inputs;
  model.heads = network.heads;
  ImportSource source;
  source.file = weights.file;
  if (options.classes.empty() && options.heads.empty()) NameClasses(network, model, source.notes);

  std::set<std::string> constant, begun, used_layers;
  int64_t made = 0;  // numbers that are not in the file
  for (const CaffeWeight& weight : network.weights) {
    const Shape& shape = network.graph->value(network.graph->Find(weight.parameter)).parameter_shape;
    const CaffeLayer* layer = FindLayer(weights, weight.layer);
    const bool is_there = layer != nullptr && weight.blob < layer->blobs.size();
    const bool is_made = !is_there || !weight.has_blob() || weight.form == CaffeWeight::Form::kRepeated;
    if (is_made) CheckMade(made += shape.elements(), weights, weight);
    if (!weight.has_blob()) {
      constant.insert(weight.parameter);
      source.tensors.emplace(weight.parameter, MadeUp(weight, shape));
    } else if (is_there) {
      source.tensors.emplace(weight.parameter, AsParameter(weight, shape, *layer));
    } else if (const auto beginning = BeginningOf(weight, shape)) {
      begun.insert(weight.parameter);
      source.tensors.emplace(weight.parameter, *beginning);
    }
    used_layers.insert(weight.layer);
  }
  if (network.weights.size() > constant.size() && source.tensors.size() == constant.size() + begun.size())
    throw Error(ErrorCode::kInput, fmt::format("{} has no weight of a layer of {}", weights.file, network.name),
                "Weights belong to layers by their names: take the net that they were trained with.");

  ImportOptions rest = options;
  rest.inputs.clear();  // they were read with the net
  rest.preprocessing.reset(), rest.prefix.clear();
  Imported imported = ImportByName(std::move(model), source, rest);
  ImportReport& report = imported.report;
  std::erase_if(report.taken, [&](const std::string& name) { return constant.contains(name) || begun.contains(name); });
  report.initialised.insert(report.initialised.end(), begun.begin(), begun.end());
  for (const CaffeLayer& layer : weights.layers)
    if (!layer.blobs.empty() && !used_layers.contains(layer.name)) report.ignored.push_back(layer.name);
  report.names = "Caffe";
  SetPreprocessing(network, options, imported);
  return imported;
}

}  // namespace fcn
