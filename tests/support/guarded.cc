#include "support/guarded.h"

#include <bit>
#include <cstddef>
#include <limits>

#include "tensor/random.h"

namespace fcn::test {
namespace {

constexpr int64_t kBelt = 64;
// A signalling pattern that no kernel computes by chance.
constexpr uint32_t kGuard = 0x7fa5c3d1;

}  // namespace

GuardedFloats::GuardedFloats(int64_t count, int misalign)
    : storage_(static_cast<size_t>(count + 3 * kBelt), std::bit_cast<float>(kGuard)), count_(count) {
  const auto address = reinterpret_cast<uintptr_t>(storage_.data()) / sizeof(float);
  const auto past_line = static_cast<int64_t>(address % 16);
  begin_ = kBelt + (16 - past_line) % 16 + misalign;
  for (int64_t i = 0; i < count; i++) data()[i] = std::numeric_limits<float>::quiet_NaN();
}

void GuardedFloats::Fill(uint64_t seed) { FillUniform(data(), count_, seed); }

bool GuardedFloats::Intact() const {
  const auto end = static_cast<int64_t>(storage_.size());
  for (int64_t i = 0; i < end; i++)
    if ((i < begin_ || i >= begin_ + count_) && std::bit_cast<uint32_t>(storage_[static_cast<size_t>(i)]) != kGuard)
      return false;
  return true;
}

float Uniform(uint64_t seed, uint64_t i) { return RandomUniform(seed, i); }

void FillUniform(float* data, int64_t count, uint64_t seed) {
  for (int64_t i = 0; i < count; i++) data[i] = Uniform(seed, static_cast<uint64_t>(i));
}

std::vector<double> UniformDoubles(int64_t count, uint64_t seed, double reach) {
  std::vector<double> values(static_cast<size_t>(count));
  for (size_t i = 0; i < values.size(); i++) values[i] = reach * double{Uniform(seed, i)};
  return values;
}

}  // namespace fcn::test
