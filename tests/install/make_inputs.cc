// make_inputs FOLDER: a model that tells bright pixels from dark ones, a photo whose left quarter is dark, and weights
// of a classifier of digits (examples/new_network.cc) that were never trained.

#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <vector>

#include "fcn/png.h"
#include "formats/safetensors.h"
#include "models/model.h"

int main(int argc, char** argv) try {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];

  fcn::Graph graph;
  const fcn::ValueId image = graph.AddInput("image", 3);
  const fcn::ValueId weight = graph.AddParameter("score.weight", {2, 3, 1, 1});
  const fcn::ValueId bias = graph.AddParameter("score.bias", {2});
  graph.AddOutput(graph.AddNode("score", fcn::Conv2d{}, {image, weight, bias}));

  fcn::ModelContents model;
  model.name = "bright-or-dark";
  model.graph = std::make_shared<const fcn::Graph>(graph);
  model.weights["score.weight"] = fcn::StoredTensor::FromFloats({2, 3, 1, 1}, std::vector<float>{0, 0, 0, 1, 1, 1});
  model.weights["score.bias"] = fcn::StoredTensor::FromFloats({2}, std::vector<float>{3 * 128, 0});
  model.head().classes = {"dark", "bright"};
  fcn::SaveModel(folder / "model.safetensors", model);

  const auto alike = [](const fcn::Shape& shape) {
    return fcn::StoredTensor::FromFloats(shape, std::vector<float>(static_cast<size_t>(shape.elements()), 0.01f));
  };
  fcn::NamedTensors digits = {{"conv1.weight", alike({8, 3, 5, 5})},  {"conv1.bias", alike({8})},
                              {"conv2.weight", alike({16, 8, 5, 5})}, {"conv2.bias", alike({16})},
                              {"fc.weight", alike({10, 1024})},       {"fc.bias", alike({10})}};
  fcn::WriteSafetensors(folder / "digits.safetensors", digits, {});

  fcn::Image photo;
  photo.width = 64, photo.height = 10;
  for (int y = 0; y < photo.height; y++)
    for (int x = 0; x < photo.width; x++) photo.rgb.insert(photo.rgb.end(), 3, x < 16 ? 20 : 220);
  fcn::WriteRgbPng(folder / "photo.png", photo);
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
