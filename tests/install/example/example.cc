// example MODEL PHOTO: which classes are in a photograph, and on how many pixels.

#include <fcn/fcn.h>

#include <iostream>
#include <map>

int main(int argc, char** argv) try {
  fcn::Segmenter segmenter(argc > 1 ? argv[1] : "model.safetensors");
  const fcn::Segmentation result = segmenter.Segment(fcn::ReadImage(argc > 2 ? argv[2] : "photo.jpg"));
  std::map<size_t, int> pixels;
  for (size_t label : result.labels()) ++pixels[label];
  for (const auto& [label, count] : pixels) std::cout << segmenter.classes()[label] << ": " << count << "\n";
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
