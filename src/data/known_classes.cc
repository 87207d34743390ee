#include "data/known_classes.h"

#include "fcn/drawing.h"

namespace fcn {

ClassNames CamvidClasses() {
  return {.names = {"Sky", "Building", "Pole", "Road", "Pavement", "Tree", "SignSymbol", "Fence", "Car", "Pedestrian",
                    "Bicyclist"},
          .palette = {{128, 128, 128},
                      {128, 0, 0},
                      {192, 192, 128},
                      {128, 64, 128},
                      {60, 40, 222},
                      {128, 128, 0},
                      {192, 128, 128},
                      {64, 64, 128},
                      {64, 0, 128},
                      {64, 64, 0},
                      {0, 128, 192}},
          .ignored_values = {11},
          .ignored_colours = {{0, 0, 0}}};
}

ClassNames VocClasses() {
  std::vector<std::string> names = {"background", "aeroplane", "bicycle",   "bird",   "boat",        "bottle",
                                    "bus",        "car",       "cat",       "chair",  "cow",         "diningtable",
                                    "dog",        "horse",     "motorbike", "person", "pottedplant", "sheep",
                                    "sofa",       "train",     "tvmonitor"};
  std::vector<Colour> palette = VocPalette(static_cast<int>(names.size()));
  return {.names = std::move(names), .palette = std::move(palette)};
}

}  // namespace fcn
