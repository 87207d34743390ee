#pragma once

#include <array>
#include <string_view>

namespace fcn {

/// The 1000 classes of ILSVRC 2012 (ImageNet), in the order of every published classifier's scores; 281 to 285 are the
/// cats, 151 to 268 the dogs.
extern const std::array<std::string_view, 1000> kImageNetClasses;

/// Background and the 20 classes of PASCAL VOC, in the order of its labels.
inline constexpr std::array<std::string_view, 21> kVocClasses = {
    "background", "aeroplane", "bicycle",      "bird",  "boat",         "bottle", "bus",
    "car",        "cat",       "chair",        "cow",   "dining table", "dog",    "horse",
    "motorbike",  "person",    "potted plant", "sheep", "sofa",         "train",  "tv/monitor"};

/// Of MNIST.
inline constexpr std::array<std::string_view, 10> kDigitClasses = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};

}  // namespace fcn
