#pragma once

// What the tests of passes share: small graphs, and graphs on their way with their steps by name.

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "graph/lowered.h"
#include "graph/test_graphs.h"

namespace fcn::test {

inline constexpr int kChannels = 4;

/// A graph on its way, with its steps by name.
class Case {
 public:
  explicit Case(const Builder& b) : lowered(Lower(std::make_shared<Graph>(b.graph))) {}

  Case& Run(void (*pass)(Lowered&)) {
    pass(lowered);
    Verify(lowered);
    return *this;
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    names.reserve(lowered.steps.size());
    for (const Step& step : lowered.steps) names.push_back(step.name);
    return names;
  }
  const Step& operator[](const std::string& name) const {
    for (const Step& step : lowered.steps)
      if (step.name == name) return step;
    throw std::out_of_range(name);
  }

  Lowered lowered;
};

/// Convolutions a, b, … each of x, with whatever a test adds.
struct Net : Builder {
  Net() : Builder(kChannels) {}
  ValueId Conv(const std::string& name, ValueId from) { return Builder::Conv(name, from, kChannels, kChannels); }
  ValueId Norm(const std::string& name, ValueId from) { return Builder::Norm(name, from, kChannels); }
  ValueId Relu(const std::string& name, ValueId from) { return Node(name, fcn::Relu{}, {from}); }
  ValueId Add(const std::string& name, ValueId a, ValueId b) { return Node(name, fcn::Add{}, {a, b}); }
  void Output(ValueId value) { graph.AddOutput(value); }
};

}  // namespace fcn::test
