// Every kept input, through its target, once: what was found stays found, with any compiler and under every sanitizer.
// A target that does not hold ends this program; the last line of its output names the input.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "fcn/files.h"
#include "target.h"

namespace fcn::fuzz {
namespace {

namespace fs = std::filesystem;

std::map<std::string, Target>& Targets() {
  static std::map<std::string, Target> targets;
  return targets;
}

std::vector<fs::path> SeedsOf(const std::string& name) {
  std::vector<fs::path> seeds;
  for (const auto& entry : fs::directory_iterator(fs::path(FCN_FUZZ_CORPUS) / name)) seeds.push_back(entry.path());
  std::ranges::sort(seeds);
  return seeds;
}

class Replay : public testing::TestWithParam<std::string> {};

TEST_P(Replay, Holds) {
  const std::vector<fs::path> seeds = SeedsOf(GetParam());
  EXPECT_FALSE(seeds.empty());
  const Target target = Targets().at(GetParam());
  target(nullptr, 0);
  for (const fs::path& seed : seeds) {
    std::printf("%s\n", seed.c_str());
    std::fflush(stdout);
    const std::vector<uint8_t> bytes = ReadFile(seed, size_t{1} << 20);
    target(bytes.data(), bytes.size());
  }
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& [name, target] : Targets()) names.push_back(name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Targets, Replay, testing::ValuesIn(Names()), [](const auto& target) { return target.param; });

}  // namespace

bool Register(const char* name, Target target) { return Targets().emplace(name, target).second; }

}  // namespace fcn::fuzz
