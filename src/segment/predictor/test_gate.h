#pragma once

#include <atomic>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "runtime/weight_source.h"

namespace fcn::test {

/// Holds the first who comes until it is opened, so that tests decide what happens meanwhile.
class Gate {
 public:
  void Pass() {
    if (taken_.exchange(true)) return;
    arrived_.set_value();
    opened_.get_future().wait();
  }
  void WaitForSomebody() { arrived_.get_future().wait(); }
  void Open() { opened_.set_value(); }

 private:
  std::atomic<bool> taken_{false};
  std::promise<void> arrived_, opened_;
};

/// Weights that count how often each parameter is asked for, and of one of which the first to ask is held by a gate.
class GatedWeights {
 public:
  GatedWeights(WeightSource source, std::string gated)
      : state_(std::make_shared<State>(std::move(source), std::move(gated))) {}

  WeightSource Source() const {
    return [state = state_](const Value& parameter) {
      {
        const std::lock_guard lock(state->mutex);
        state->asked[parameter.name]++;
      }
      if (parameter.name == state->gated) state->gate.Pass();
      return state->source(parameter);
    };
  }
  Gate& gate() { return state_->gate; }
  int asked(const std::string& name) const {
    const std::lock_guard lock(state_->mutex);
    return state_->asked[name];
  }

 private:
  struct State {
    State(WeightSource weights, std::string name) : source(std::move(weights)), gated(std::move(name)) {}
    WeightSource source;
    std::string gated;
    Gate gate;
    std::mutex mutex;
    std::map<std::string, int> asked;
  };
  std::shared_ptr<State> state_;
};

}  // namespace fcn::test
