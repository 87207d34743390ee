#pragma once

#include <vector>

namespace fcn::test {

/// The slopes of a function of several numbers, loss(x), by central differences in double.
template <typename Loss>
std::vector<double> Slopes(std::vector<double> x, double step, const Loss& loss) {
  std::vector<double> slopes;
  for (double& value : x) {
    const double here = value;
    value = here + step;
    const double above = loss(x);
    value = here - step;
    slopes.push_back((above - loss(x)) / (2 * step));
    value = here;
  }
  return slopes;
}

/// Those of Σ g · y(x): the gradient by x where g is that by y. run(x, y) fills y.
template <typename Run>
std::vector<double> SlopesOfSum(const std::vector<double>& x, const std::vector<double>& g, double step,
                                const Run& run) {
  std::vector<double> y(g.size());
  return Slopes(x, step, [&](const std::vector<double>& at) {
    run(at.data(), y.data());
    double sum = 0;
    for (size_t i = 0; i < y.size(); i++) sum += g[i] * y[i];
    return sum;
  });
}

}  // namespace fcn::test
