#pragma once

#include <cstdint>
#include <vector>

namespace fcn::test {

/// A buffer of floats between two belts of guard values, for kernels under test: Intact() is false after any write
/// outside. `misalign` shifts the first element by that many floats from a 64-byte boundary. The content starts as NaN,
/// so that an element that a kernel forgot to write, or read before it was written, shows.
class GuardedFloats {
 public:
  explicit GuardedFloats(int64_t count, int misalign = 0);

  float* data() { return storage_.data() + begin_; }
  const float* data() const { return storage_.data() + begin_; }
  int64_t size() const { return count_; }
  float& operator[](int64_t i) { return data()[i]; }
  /// FillUniform of all.
  void Fill(uint64_t seed);
  bool Intact() const;
  std::vector<float> Values() const { return {data(), data() + count_}; }
  std::vector<double> Doubles() const { return {data(), data() + count_}; }

 private:
  std::vector<float> storage_;
  int64_t begin_, count_;
};

/// The i-th value of a stream, uniform in [-1, 1): a pure function of (seed, i), the same in every run.
float Uniform(uint64_t seed, uint64_t i);

/// Fills count values from the stream.
void FillUniform(float* data, int64_t count, uint64_t seed);

/// So many values of the stream, times reach.
std::vector<double> UniformDoubles(int64_t count, uint64_t seed, double reach = 1);

}  // namespace fcn::test
