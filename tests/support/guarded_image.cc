#include "support/guarded_image.h"

#include <cmath>

namespace fcn::test {
namespace {

constexpr float kGap = 3e38f;

}  // namespace

GuardedImage::GuardedImage(Nhwc shape, int64_t gap, int misalign)
    : shape_(shape),
      gap_(gap),
      buffer_(shape.elements() > 0 ? (shape.pixels() - 1) * (shape.c + gap) + shape.c : 0, misalign) {
  for (int64_t i = 0; i < buffer_.size(); i++)
    if (i % (shape_.c + gap_) >= shape_.c) buffer_[i] = kGap;
}

void GuardedImage::Fill(uint64_t seed, float reach) {
  uint64_t index = 0;
  for (int64_t i = 0; i < buffer_.size(); i++)
    if (i % (shape_.c + gap_) < shape_.c) buffer_[i] = reach * Uniform(seed, index++);
}

bool GuardedImage::Intact() const {
  for (int64_t i = 0; i < buffer_.size(); i++)
    if (i % (shape_.c + gap_) >= shape_.c && buffer_.data()[i] != kGap) return false;
  return buffer_.Intact();
}

std::vector<float> GuardedImage::Values() const {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(shape_.elements()));
  for (int64_t i = 0; i < buffer_.size(); i++)
    if (i % (shape_.c + gap_) < shape_.c) values.push_back(buffer_.data()[i]);
  return values;
}

std::vector<double> GuardedImage::Doubles() const {
  const std::vector<float> values = Values();
  return {values.begin(), values.end()};
}

std::vector<double> Magnitudes(std::vector<double> values) {
  for (double& v : values) v = std::abs(v);
  return values;
}

}  // namespace fcn::test
