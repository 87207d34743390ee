#pragma once

#ifndef FCN_FUZZ_REPLAY

#define FCN_FUZZ_OWN_MUTATOR
#include <nlohmann/json.hpp>

#include "graph/shapes.h"
#include "graph_inputs.h"
#include "graph_mutator.h"
#include "safetensors_mutator.h"

namespace fcn::fuzz {

/// A model file of another graph: with tensors of the shapes that it needs, and a class for each score where that can
/// be told. Empty where it is no model file, or would be large.
inline std::string WithMutatedGraph(std::string_view file, unsigned seed) try {
  uint64_t length = 0;
  if (file.size() < 8) return {};
  std::memcpy(&length, file.data(), 8);
  if (length > file.size() - 8) return {};
  nlohmann::json metadata = nlohmann::json::parse(file.substr(8, static_cast<size_t>(length))).at("__metadata__");
  const std::string text = GraphMutator(metadata.at("fcn.graph").get<std::string>(), seed).Mutate();
  metadata["fcn.graph"] = text;
  metadata.erase("fcn.checksum");
  const Graph graph = ParseGraph(text);
  if (ParameterCount(graph) > 4000) return {};
  nlohmann::json header;
  uint64_t end = 0;
  std::string data;
  for (const ValueId id : graph.Parameters()) {
    const Value& value = graph.value(id);
    const uint64_t begin = end;
    for (int64_t i = 0; i < value.parameter_shape.elements(); i++) {
      const float number = SmallNumber(static_cast<uint64_t>(i) + value.name.size());
      data.append(reinterpret_cast<const char*>(&number), sizeof(number));
      end += sizeof(number);
    }
    std::vector<int64_t> dims;
    for (const int64_t dim : value.parameter_shape.dims()) dims.push_back(dim);
    header[value.name] = {{"dtype", "F32"}, {"shape", dims}, {"data_offsets", {begin, end}}};
  }
  try {
    const std::vector<Nhwc> shapes = InferShapes(graph, InputShapes(graph, 1, 224, 224));
    const Nhwc& scores = shapes[static_cast<size_t>(graph.outputs().at(0))];
    nlohmann::json classes = nlohmann::json::array();
    for (int64_t i = 0; i < std::min<int64_t>(scores.c, 64); i++) classes.push_back("class " + std::to_string(i));
    metadata["fcn.classes"] = classes.dump();
    metadata["fcn.palette"] = "[]";
  } catch (const std::exception&) {  // it is refused for the same
  }
  header["__metadata__"] = metadata;
  const std::string printed = header.dump();
  length = printed.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + printed + data;
} catch (const std::exception&) {
  return {};
}

}  // namespace fcn::fuzz

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  using namespace fcn::fuzz;
  if (seed % 4 != 0) {
    const std::string file = WithMutatedGraph(Text(data, size), seed);
    if (!file.empty() && file.size() <= max_size) {
      std::memcpy(data, file.data(), file.size());
      return file.size();
    }
  }
  return MutateSafetensors(data, size, max_size, seed / 4, [](uint8_t* header, size_t length, size_t room, unsigned) {
    return LLVMFuzzerMutate(header, length, room);
  });
}

#endif  // FCN_FUZZ_REPLAY
