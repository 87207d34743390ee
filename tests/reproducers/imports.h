#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>

#include "models/import.h"
#include "models/initialise.h"
#include "models/model_metadata.h"
#include "models/zoo.h"

namespace fcn::test {

inline NamedTensors WeightsOf(const std::string& network, int classes) {
  return RandomWeights(FindModel(network).build(classes), 1);
}

/// The same tensors under other names.
inline NamedTensors Renamed(const NamedTensors& tensors, const std::function<std::string(const std::string&)>& rename) {
  NamedTensors renamed;
  for (const auto& [name, tensor] : tensors) renamed[rename(name)] = tensor;
  return renamed;
}
inline NamedTensors Behind(const std::string& prefix, const NamedTensors& tensors) {
  return Renamed(tensors, [&](const std::string& name) { return prefix + name; });
}

inline ImportSource Source(NamedTensors tensors, const std::string& architecture = {}) {
  return {.file = "w.pth", .tensors = std::move(tensors), .architecture = architecture, .notes = {}};
}

/// A model file is a function of these: SaveModel of both gives the same bytes.
inline void ExpectSame(const ModelContents& model, const ModelContents& wanted) {
  EXPECT_EQ(ModelToMetadata(model), ModelToMetadata(wanted));
  ASSERT_EQ(model.weights.size(), wanted.weights.size());
  for (const auto& [name, tensor] : wanted.weights) {
    const StoredTensor& other = model.weights.at(name);
    EXPECT_EQ(other.dtype, tensor.dtype) << name;
    EXPECT_EQ(other.shape, tensor.shape) << name;
    EXPECT_TRUE(std::ranges::equal(other.bytes, tensor.bytes)) << name;
  }
}

}  // namespace fcn::test
