#pragma once

#ifndef FCN_FUZZ_REPLAY

#define FCN_FUZZ_OWN_MUTATOR
#include <nlohmann/json.hpp>

#include "graph/shapes.h"
#include "graph_inputs.h"
#include "graph_mutator.h"
#include "safetensors_mutator.h"

namespace fcn::fuzz {

/// As many as there are scores, up to some.
inline nlohmann::json Classes(int64_t scores) {
  nlohmann::json classes = nlohmann::json::array();
  for (int64_t i = 0; i < std::min<int64_t>(scores, 64); i++) classes.push_back("class " + std::to_string(i));
  return classes;
}

/// A model file of another graph: with tensors of the shapes that it needs (in format 2 some of int8, with a scale),
/// and a class for each score where that can be told. Empty where it is no model file, or would be large.
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
  std::string data;
  const auto add = [&](const std::string& name, const char* dtype, std::vector<int64_t> dims, std::string_view bytes) {
    const size_t begin = data.size();
    data += bytes;
    header[name] = {{"dtype", dtype}, {"shape", std::move(dims)}, {"data_offsets", {begin, data.size()}}};
  };
  const bool is_newer = metadata.at("fcn.format") == "2";
  for (const ValueId id : graph.Parameters()) {
    const Value& value = graph.value(id);
    std::string floats, bytes;
    for (int64_t i = 0; i < value.parameter_shape.elements(); i++) {
      const float number = SmallNumber(static_cast<uint64_t>(i) + value.name.size());
      floats.append(reinterpret_cast<const char*>(&number), sizeof(number));
      bytes.push_back(static_cast<char>(100 * number));
    }
    const std::vector<int64_t> dims(value.parameter_shape.dims().begin(), value.parameter_shape.dims().end());
    if (is_newer && dims.size() >= 2 && (seed >> 8) % 2 == 0) {
      add(value.name, "I8", dims, bytes);
      add(value.name + "_scale", "F32", std::vector<int64_t>(dims.size(), 1), std::string_view("\x0a\xd7\x23\x3c", 4));
    } else {
      add(value.name, "F32", dims, floats);
    }
  }
  try {
    const std::vector<Nhwc> shapes = InferShapes(graph, InputShapes(graph, 1, 224, 224));
    const auto scores = [&](size_t output) { return shapes[static_cast<size_t>(graph.outputs().at(output))].c; };
    if (metadata.contains("fcn.heads")) {
      nlohmann::json heads = nlohmann::json::parse(metadata["fcn.heads"].get<std::string>());
      for (size_t i = 0; i < heads.size(); i++)
        heads[i]["classes"] = Classes(scores(i)), heads[i]["palette"] = nlohmann::json::array();
      metadata["fcn.heads"] = heads.dump();
      metadata.erase("fcn.precisions");
    } else {
      metadata["fcn.classes"] = Classes(scores(0)).dump();
      metadata["fcn.palette"] = "[]";
    }
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
