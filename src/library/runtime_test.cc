#include "fcn/runtime.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <stdexcept>
#include <vector>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

TEST(Runtime, CopiesAreTheSame) {
  const Runtime first({.threads = 2, .isa = "portable"});
  const Runtime second = first;
  EXPECT_EQ(second.threads(), 2);
  EXPECT_EQ(second.isa(), "portable");
  std::vector<std::atomic<int>> runs(100);
  second.Parallel(100, [&](int64_t task) { runs[static_cast<size_t>(task)]++; });
  for (const auto& one : runs) EXPECT_EQ(one, 1);
  EXPECT_THROW(second.Parallel(9, [](int64_t) { throw std::runtime_error("no"); }), std::runtime_error);
  second.Cancel();
  EXPECT_TRUE(first.is_cancelled());
  ExpectError(ErrorCode::kCancelled, "cancelled", [&] { first.Parallel(1, [](int64_t) {}); });
}

TEST(Runtime, RefusesWhatIsNotHere) {
  ExpectError(ErrorCode::kUsage, "1025 threads", [] { Runtime({.threads = 1025, .isa = {}}); });
  ExpectError(ErrorCode::kUsage, "mmx", [] { Runtime({.threads = 1, .isa = "mmx"}); });
  for (const std::string& isa : InstructionSets()) EXPECT_EQ(Runtime({.threads = 1, .isa = isa}).isa(), isa);
}

#ifndef FCN_SANITIZED  // sanitizers cannot do without address space

/// Whether a runtime that got too few threads says so.
bool TellsOfThreadsWithoutRoom() {
  const rlimit limit{1, 1};
  setrlimit(RLIMIT_AS, &limit);
  std::string told;
  RuntimeOptions options;
  options.threads = 1000;
  options.log = [&](const LogEntry& entry) {
    if (entry.level == LogEntry::Level::kWarning) told = entry.message;
  };
  const Runtime runtime(options);
  return told == "the system gives " + std::to_string(runtime.threads()) + " of 1000 threads";
}

TEST(Runtime, TellsOfThreadsThatItDidNotGet) {
  EXPECT_EXIT(_exit(TellsOfThreadsWithoutRoom() ? 0 : 1), testing::ExitedWithCode(0), "");
}

#endif

}  // namespace
}  // namespace fcn
