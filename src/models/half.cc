#include "models/half.h"

#include <fmt/format.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "fcn/error.h"
#include "tensor/dtype.h"

namespace fcn {

NamedTensors ToHalf(const NamedTensors& weights) {
  constexpr float kLargestHalf = 65504;
  NamedTensors halves;
  for (const auto& [name, tensor] : weights) {
    if (tensor.shape.rank() < 2) {
      halves.emplace(name, tensor);
      continue;
    }
    auto bits = std::make_shared<std::vector<uint16_t>>();
    for (const float value : tensor.ToFloats()) {
      if (!(std::abs(value) <= kLargestHalf))
        throw Error(ErrorCode::kInput,
                    fmt::format("weight {} has a value of {}, which half precision cannot hold", name, value),
                    "Store the model as float32.");
      bits->push_back(FloatToHalf(value));
    }
    StoredTensor half;
    half.dtype = DType::kFloat16;
    half.shape = tensor.shape;
    half.bytes = {reinterpret_cast<const uint8_t*>(bits->data()), bits->size() * sizeof(uint16_t)};
    half.owner = std::move(bits);
    halves.emplace(name, std::move(half));
  }
  return halves;
}

}  // namespace fcn
