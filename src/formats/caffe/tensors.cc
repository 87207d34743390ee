#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "fcn/text.h"
#include "formats/caffe/model.h"

namespace fcn {
namespace {

/// The name of a layer's parameter in torch's words.
std::string ParameterName(const CaffeLayer& layer, size_t index) {
  constexpr const char* kUsual[] = {"weight", "bias"};
  constexpr const char* kOfBatchNorm[] = {"running_mean", "running_var"};
  if (layer.type == "Bias" && index == 0) return "bias";
  if (index < std::size(kUsual)) return (layer.type == "BatchNorm" ? kOfBatchNorm : kUsual)[index];
  return fmt::format("{}", index);
}

/// Older files write each shape as four numbers: those of vectors and matrices begin with ones.
Shape WithoutOlderOnes(const CaffeLayer& layer, size_t index, const Shape& shape) {
  constexpr int kOlderRank = 4;
  if (shape.rank() != kOlderRank || shape[0] != 1 || shape[1] != 1) return shape;
  const bool is_window = layer.type == "Convolution" || layer.type == "Deconvolution";
  if (index == 0 && layer.type == "InnerProduct") return {shape[2], shape[3]};
  if ((index == 0 && is_window) || shape[2] != 1) return shape;
  return {shape[3]};
}

StoredTensor Transposed(const StoredTensor& tensor) {
  const std::vector<float> values = tensor.ToFloats();
  const auto rows = static_cast<size_t>(tensor.shape[0]), columns = static_cast<size_t>(tensor.shape[1]);
  std::vector<float> turned(values.size());
  for (size_t row = 0; row < rows; row++)
    for (size_t column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column];
  return StoredTensor::FromFloats({tensor.shape[1], tensor.shape[0]}, turned);
}

/// A batch norm's sums as the means that they stand for.
StoredTensor DividedBy(const StoredTensor& sums, const StoredTensor& factors) {
  const std::vector<float> factor = factors.ToFloats();
  std::vector<float> values = sums.ToFloats();
  const float scale = factor.size() != 1 || factor[0] == 0 ? 0 : 1 / factor[0];
  for (float& value : values) value *= scale;
  return StoredTensor::FromFloats(sums.shape, values);
}

}  // namespace

NamedTensors CaffeTensors(const CaffeNet& net, std::vector<std::string>& notes) {
  NamedTensors tensors;
  for (const CaffeLayer& layer : net.layers) {
    const bool is_norm = layer.type == "BatchNorm" && layer.blobs.size() == 3;
    for (size_t i = 0; i < layer.blobs.size(); i++) {
      if (is_norm && i == 2) continue;
      StoredTensor tensor = layer.blobs[i];
      tensor.shape = WithoutOlderOnes(layer, i, tensor.shape);
      if (is_norm) tensor = DividedBy(tensor, layer.blobs[2]);
      if (layer.type == "InnerProduct" && i == 0 && tensor.shape.rank() == 2 &&
          layer.settings.Message("inner_product_param").Flag("transpose"))
        tensor = Transposed(tensor);
      const std::string name = layer.name + "." + ParameterName(layer, i);
      if (!tensors.insert_or_assign(name, std::move(tensor)).second && i == 0)
        notes.push_back(
            fmt::format("several layers are called {}: the last one's weights count, as in Caffe", Quoted(layer.name)));
    }
  }
  return tensors;
}

}  // namespace fcn
