// Functions of one number and their derivatives against PyTorch in double precision, as a graph runs and trains them.

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "golden_file.h"
#include "graph/text.h"
#include "kernels/simd/reference.h"

namespace fcn {
namespace {

using nlohmann::json;

/// The results of a graph of one channel for these numbers.
std::vector<std::vector<float>> ResultsOf(const std::string& text, const std::vector<double>& numbers) {
  Tensor x({1, 1, static_cast<int64_t>(numbers.size()), 1});
  for (size_t i = 0; i < numbers.size(); i++) x.data()[i] = static_cast<float>(numbers[i]);
  std::vector<std::vector<float>> results;
  for (const Tensor& result : RunNetwork(ParseGraph(text), GeneratedWeights(1), x, {}, Context()))
    results.emplace_back(result.values().begin(), result.values().end());
  return results;
}

Activation ActivationOf(const std::string& name) {
  for (const Activation activation : kEveryActivation)
    if (NamesOf(activation).name == name) return activation;
  throw std::runtime_error(name + " is no function");
}

TEST(FunctionsGolden, ValuesAndDerivatives) {
  const json golden = ReadGolden("functions");
  const auto x = golden.at("x").get<std::vector<double>>();
  ASSERT_EQ(golden.at("functions").size(), kPlainActivations + 2u);  // and leaky ReLUs with either sign of slope
  for (const json& row : golden.at("functions")) {
    const auto name = row.at("name").get<std::string>();
    // The gradient of a sum is the derivative: g is 1 everywhere. Whether it reads x or y is the operation's affair.
    const bool leaky = row.contains("slope");
    const std::string reads = (leaky ? row.at("slope") < 0 : DerivativeReadsInput(ActivationOf(name))) ? "x" : "y";
    const std::string slope = leaky ? " slope=" + row.at("slope").dump() : "";
    const auto results = ResultsOf(
        "input x channels=1\ny = " + name + "(x)" + slope + "\nzero = Scale(x) factor=0\nhalf = Sigmoid(zero)\n" +
            "g = Scale(half) factor=2\nd = " + name + "Gradient(g, " + reads + ")" + slope + "\noutput y\noutput d\n",
        x);
    const auto y = row.at("y").get<std::vector<double>>(), derivative = row.at("derivative").get<std::vector<double>>();
    for (size_t i = 0; i < x.size(); i++) {
      EXPECT_NEAR(results[0][i], y[i], 4e-7 * (std::abs(y[i]) + 0.1)) << name << " of " << x[i];
      EXPECT_NEAR(results[1][i], derivative[i], 1e-6) << name << " at " << x[i];
    }
  }
}

}  // namespace
}  // namespace fcn
