// new_network WEIGHTS MODEL.safetensors: a network of one's own, from text, with a classifier's weights, that segments.
//
// WEIGHTS is a checkpoint (.pth or .safetensors) of the small classifier of 32×32 digits below: its tensors have these
// names and shapes, with any prefix.

#include <fcn/error.h>
#include <fcn/import.h>
#include <fcn/model.h>
#include <fcn/network.h>
#include <fcn/runtime.h>
#include <fcn/segmenter.h>

#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr const char* kDigits = R"(
input image channels=3
parameter conv1.weight 8x3x5x5
parameter conv1.bias 8
conv1 = Conv2d(image, conv1.weight, conv1.bias) kernel=5x5 padding=2,2,2,2
relu1 = Relu(conv1)
pool1 = MaxPool(relu1) kernel=2x2 stride=2x2
parameter conv2.weight 16x8x5x5
parameter conv2.bias 16
conv2 = Conv2d(pool1, conv2.weight, conv2.bias) kernel=5x5 padding=2,2,2,2
relu2 = Relu(conv2)
pool2 = MaxPool(relu2) kernel=2x2 stride=2x2
parameter fc.weight 10x1024
parameter fc.bias 10
fc = Linear(pool2, fc.weight, fc.bias)
output fc
)";

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: new_network WEIGHTS MODEL.safetensors\n";
    return 2;
  }
  const fcn::Runtime runtime;
  const fcn::Network classifier = fcn::Network::FromText(kDigits, "digits");
  const fcn::Network dense = classifier.Dense(32, 32);  // its fully connected layer is a convolution of 8×8 now
  const fcn::Inspection at = dense.Inspect({.width = 640, .height = 480}, runtime);
  for (const fcn::Layer& layer : at.layers)
    std::cout << layer.name << ": " << layer.shape[2] << "x" << layer.shape[1] << "x" << layer.shape[3] << ", sees "
              << layer.place.x.receptive_field << " pixels\n";
  std::cout << at.parameters << " parameters, " << at.memory.peak() / 1e6 << " MB\n";

  fcn::ImportOptions options;
  for (int digit = 0; digit < 10; digit++) options.classes.push_back(std::to_string(digit));
  options.preprocessing = fcn::kTensorflowPreprocessing;
  const fcn::ImportedModel imported = fcn::Import(argv[1], dense, options, runtime);
  for (const std::string& name : imported.report.reshaped) std::cout << name << " was given its new shape\n";
  imported.model.Save(argv[2]);

  fcn::Segmenter segmenter(imported.model, runtime);  // pictures of any size from now on
  const fcn::Image wall{640, 480, std::vector<uint8_t>(640 * 480 * 3, 128)};
  std::cout << "a grey wall looks like a " << segmenter.classes()[segmenter.Segment(wall).labels()[0]] << "\n";
  return 0;
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
