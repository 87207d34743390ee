#pragma once

#include <array>

#include "models/layers.h"

namespace fcn {

/// A published form of AlexNet (Krizhevsky, Sutskever and Hinton 2012).
struct AlexNetForm {
  std::array<int, 5> channels;  ///< of the five convolutions
  int groups;                   ///< of the second, fourth and fifth, which were on two cards once
  int padding;                  ///< of the first
  /// Where local response normalisations are: after the first two poolings, before them, or nowhere.
  enum class Norms { kNone, kAfterPooling, kBeforePooling } norms;
  bool ceil;  ///< poolings round the size up, as Caffe does
};
/// torchvision's ("One weird trick", 2014), for pictures of 224×224, where its adaptive pooling changes nothing.
inline constexpr AlexNetForm kTorchvisionAlexNet = {
    .channels = {64, 192, 384, 256, 256}, .groups = 1, .padding = 2, .norms = AlexNetForm::Norms::kNone, .ceil = false};
/// Caffe's two, for 227×227: CaffeNet pools before it normalises, the other follows the paper.
inline constexpr AlexNetForm kCaffeNet = {.channels = {96, 256, 384, 384, 256},
                                          .groups = 2,
                                          .padding = 0,
                                          .norms = AlexNetForm::Norms::kAfterPooling,
                                          .ceil = true},
                             kCaffeAlexNet = {.channels = {96, 256, 384, 384, 256},
                                              .groups = 2,
                                              .padding = 0,
                                              .norms = AlexNetForm::Norms::kBeforePooling,
                                              .ceil = true};

/// The results of the three poolings, at strides 8, 16 and 32.
using AlexNetPools = std::array<Map, 3>;

/// The five convolutions, called as Caffe calls them: conv1, pool1, norm1, …, pool5. `padding` is the first one's.
AlexNetPools AddAlexNetFeatures(Graph& graph, Map image, const AlexNetForm& form, int padding);

inline constexpr int kAlexNetKernel = 6, kAlexNetHidden = 4096;  ///< kernel: the map that fc6 sees

/// The classifier: N×227×227×3 (torchvision's: 224×224) → N×1×1×classes, with fully connected layers fc6, fc7 and fc8.
Graph AlexNetClassifier(const AlexNetForm& form, const Ports& ports);

}  // namespace fcn
