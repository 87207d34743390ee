#pragma once

#include <chrono>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>

namespace fcn::cli {

/// Milliseconds that a picture takes: decoding its file, making the network's input of it, the network, and writing the
/// results.
struct Stages {
  double decode = 0, prepare = 0, network = 0, write = 0;

  void Add(const Stages& other) {
    decode += other.decode, prepare += other.prepare, network += other.network, write += other.write;
  }
  nlohmann::ordered_json Means(size_t pictures) const;
  /// Per cent of all, as a line of text.
  std::string Shares() const;
};

/// Milliseconds since the last call, or since it was made.
class StopWatch {
 public:
  double Lap() {
    const auto now = std::chrono::steady_clock::now();
    const std::chrono::duration<double, std::milli> lap = now - last_;
    last_ = now;
    return lap.count();
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace fcn::cli
