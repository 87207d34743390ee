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

void CountFromOne(ClassNames& classes) {
  classes.has_values = true;
  for (size_t i = 0; i < classes.names.size(); i++) classes.values.push_back(static_cast<int>(i) + 1);
}

ClassNames NyudClasses() {
  ClassNames classes = {.names = {"wall",       "floor",          "cabinet",        "bed",
                                  "chair",      "sofa",           "table",          "door",
                                  "window",     "bookshelf",      "picture",        "counter",
                                  "blinds",     "desk",           "shelves",        "curtain",
                                  "dresser",    "pillow",         "mirror",         "floor mat",
                                  "clothes",    "ceiling",        "books",          "refridgerator",
                                  "television", "paper",          "towel",          "shower curtain",
                                  "box",        "whiteboard",     "person",         "night stand",
                                  "toilet",     "sink",           "lamp",           "bathtub",
                                  "bag",        "otherstructure", "otherfurniture", "otherprop"},
                        .ignored_values = {0}};
  CountFromOne(classes);
  return classes;
}

ClassNames SiftFlowClasses() {
  ClassNames classes = {
      .names = {"awning",    "balcony",   "bird",        "boat",  "bridge", "building", "bus",  "car",      "cow",
                "crosswalk", "desert",    "door",        "fence", "field",  "grass",    "moon", "mountain", "person",
                "plant",     "pole",      "river",       "road",  "rock",   "sand",     "sea",  "sidewalk", "sign",
                "sky",       "staircase", "streetlight", "sun",   "tree",   "window"},
      .ignored_values = {0, 65535}};
  CountFromOne(classes);
  return classes;
}

ClassNames SiftFlowGeometry() {
  ClassNames classes = {.names = {"sky", "horizontal", "vertical"}, .ignored_values = {0, 65535}};
  CountFromOne(classes);
  return classes;
}

ClassNames PascalContextClasses() {
  return {.names = {"background", "aeroplane", "bicycle",     "bird",     "boat",        "bottle",   "bus",
                    "car",        "cat",       "chair",       "cow",      "diningtable", "dog",      "horse",
                    "motorbike",  "person",    "pottedplant", "sheep",    "sofa",        "train",    "tvmonitor",
                    "bag",        "bed",       "bench",       "book",     "building",    "cabinet",  "ceiling",
                    "clothes",    "computer",  "cup",         "door",     "fence",       "floor",    "flower",
                    "food",       "grass",     "ground",      "keyboard", "light",       "mountain", "mouse",
                    "curtain",    "platform",  "sign",        "plate",    "road",        "rock",     "shelves",
                    "sidewalk",   "sky",       "snow",        "bedcloth", "track",       "tree",     "truck",
                    "wall",       "water",     "window",      "wood"}};
}

ClassNames CityscapesClasses(bool of_ids) {
  ClassNames classes = {
      .names = {"road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation",
                "terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"},
      .palette = {{128, 64, 128},
                  {244, 35, 232},
                  {70, 70, 70},
                  {102, 102, 156},
                  {190, 153, 153},
                  {153, 153, 153},
                  {250, 170, 30},
                  {220, 220, 0},
                  {107, 142, 35},
                  {152, 251, 152},
                  {70, 130, 180},
                  {220, 20, 60},
                  {255, 0, 0},
                  {0, 0, 142},
                  {0, 0, 70},
                  {0, 60, 100},
                  {0, 80, 100},
                  {0, 0, 230},
                  {119, 11, 32}}};
  if (!of_ids) return classes;
  classes.has_values = true;
  classes.values = {7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33};
  classes.ignored_values = {0, 1, 2, 3, 4, 5, 6, 9, 10, 14, 15, 16, 18, 29, 30};
  return classes;
}

}  // namespace fcn
