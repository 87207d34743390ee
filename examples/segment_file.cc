// segment_file MODEL PHOTO LABELS.png [OVERLAY.png]: the class of every pixel of a photograph, as a picture of labels.

#include <fcn/fcn.h>

#include <cstdint>
#include <iostream>
#include <vector>

int main(int argc, char** argv) try {
  if (argc < 4 || argc > 5) {
    std::cerr << "usage: segment_file MODEL PHOTO LABELS.png [OVERLAY.png]\n";
    return 2;
  }
  // Threads, and an allowance of memory that no picture may go beyond. Models, however many, share them.
  fcn::RuntimeOptions options;
  options.max_memory = 2'000'000'000;
  options.log = [](const fcn::LogEntry& entry) { std::cerr << entry.message << "\n"; };
  const fcn::Runtime runtime(options);

  fcn::Segmenter segmenter(fcn::Model::Open(argv[1]), runtime);
  const fcn::Image photo = fcn::ReadImage(argv[2]);
  const fcn::Segmentation seen = segmenter.Segment(photo);

  // The file holds the number of each pixel's class; its palette makes it a picture to look at.
  fcn::WriteLabelPng(argv[3], seen.labels(), seen.width, seen.height, segmenter.palette());
  if (argc > 4) fcn::WriteRgbPng(argv[4], fcn::Overlay(photo, seen.labels(), segmenter.palette(), {}, runtime));

  std::vector<int64_t> pixels(segmenter.classes().size());
  for (const uint16_t label : seen.labels()) pixels[label]++;
  for (size_t i = 0; i < pixels.size(); i++)
    if (pixels[i] > 0) std::cout << segmenter.classes()[i] << ": " << pixels[i] << " pixels\n";
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
