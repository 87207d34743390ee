#pragma once

#include <span>
#include <string>
#include <string_view>

#include "fcn/export.h"
#include "fcn/per_band.h"

namespace fcn {

/// How a photograph, or a picture of other bands, becomes a network's input.
struct Preprocessing {
  /// The network's order of channels: a colour picture's, or that of the bands in the file; kLogs: of natural
  /// logarithms of these, such as of depths. What is not above 0, which depth maps have where nothing was measured, has
  /// none: the network's input is 0 there, as of the mean.
  enum class Order { kRgb, kBgr, kBands, kLogs };

  Order order = Order::kRgb;
  PerBand mean = {0, 0, 0};       ///< of samples from `least` to `most` (or logarithms), in the network's order
  PerBand deviation = {1, 1, 1};  ///< input = (sample − mean) / deviation
  /// Classifiers only, 0 otherwise (segmentation keeps every pixel): the image's shorter side is resized to
  /// `shorter_side` (bilinear, antialiased), the longer in proportion, and the middle `crop` × `crop` pixels are taken.
  int shorter_side = 0, crop = 0;
  /// What a sample of 0, and the largest that its integer type has, count as; floats count as they are.
  float least = 0, most = 255;

  /// Whether it is of pictures in colour.
  bool is_colour() const { return order == Order::kRgb || order == Order::kBgr; }
  bool operator==(const Preprocessing&) const = default;
};

/// What torchvision's networks, and most others in torch, were trained with: ImageNet's mean and deviation.
inline constexpr Preprocessing kTorchvisionPreprocessing = {
    .order = Preprocessing::Order::kRgb, .mean = {123.675f, 116.28f, 103.53f}, .deviation = {58.395f, 57.12f, 57.375f}};
/// The paper's and its ancestors': blue, green, red, less ImageNet's mean pixel.
inline constexpr Preprocessing kCaffePreprocessing = {
    .order = Preprocessing::Order::kBgr, .mean = {104.00699f, 116.66877f, 122.67892f}, .deviation = {1, 1, 1}};
/// TensorFlow's: samples from −1 to 1.
inline constexpr Preprocessing kTensorflowPreprocessing = {
    .order = Preprocessing::Order::kRgb, .mean = {127.5f, 127.5f, 127.5f}, .deviation = {127.5f, 127.5f, 127.5f}};
/// Of EfficientNet-lite's first publication.
inline constexpr Preprocessing kLitePreprocessing = {
    .order = Preprocessing::Order::kRgb, .mean = {127, 127, 127}, .deviation = {128, 128, 128}};

/// "rgb", "bgr", "bands", "logs".
FCN_API std::string_view OrderName(Preprocessing::Order order);

/// The preprocessings that have names: torchvision, caffe, tensorflow, lite, unit (samples from 0 to 1) and none.
struct NamedPreprocessing {
  std::string_view name;
  Preprocessing preprocessing;
};
FCN_API std::span<const NamedPreprocessing> NamedPreprocessings();

/// A preprocessing by its name, or as "ORDER:MEAN:DEVIATION" or "ORDER:MEAN:DEVIATION:LEAST..MOST", one number each or
/// one for each band with commas between: "rgb:127.5:127.5", "bgr:104,117,123:1", "bands:12:14:0..255.996",
/// "logs:7.8:1:0..65535". Integers that no range is given for span 0 to 255, those of "bands" and "logs" 0 to 1. Three
/// bands for "rgb" and "bgr", else `bands`. Without crop. Throws Error(kUsage) for anything else, also for numbers of
/// colours that are of samples from 0 to 1 where these are from 0 to 255: a deviation below 2 that is not 1, a mean in
/// [-1, 1] that is not 0.
FCN_API Preprocessing PreprocessingFromText(std::string_view text, int bands = 3);

/// The reverse: its name where it has one. Crops are left out.
FCN_API std::string PreprocessingText(const Preprocessing& preprocessing);

}  // namespace fcn
