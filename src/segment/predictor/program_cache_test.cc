#include "segment/predictor/program_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "fcn/error.h"
#include "runtime/test_networks.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::kFewPixels;
using test::kManyPixels;
using test::kMorePixels;
using test::RandomSource;

std::shared_ptr<const Program> Get(ProgramCache& cache, const std::shared_ptr<const Graph>& graph, const Nhwc& size) {
  return cache.Admit(graph, std::span(&size, 1)).program();
}

TEST(ProgramCache, KeepsTheMostRecentlyUsed) {
  const Context context(1);
  ProgramCache cache(RandomSource(), {}, context, {2, int64_t{1} << 40, 1}, {});
  const auto graph = std::make_shared<const Graph>(test::ManyOperations());
  const Nhwc a{1, 32, 32, 3}, b{1, 40, 32, 3}, c{1, 48, 32, 3};
  const auto first = Get(cache, graph, a);
  const auto second = Get(cache, graph, b);
  EXPECT_EQ(Get(cache, graph, a), first);
  Get(cache, graph, c);  // b was used longest ago
  EXPECT_EQ(cache.programs(), 2u);
  EXPECT_EQ(Get(cache, graph, a), first);
  EXPECT_NE(Get(cache, graph, b), second);
}

TEST(ProgramCache, StaysWithinItsBytes) {
  const Context context(1);
  ProgramCache cache(RandomSource(), {}, context, {32, 1, 1}, {});
  const auto graph = std::make_shared<const Graph>(test::ManyOperations());
  for (int64_t h : {32, 40, 48}) {
    const Nhwc size{1, h, 32, 3};
    Get(cache, graph, size);
    EXPECT_EQ(cache.programs(), 1u);
  }
}

class MemoryLimitOfACache : public testing::Test {
 protected:
  std::shared_ptr<const Program> Get(const std::unique_ptr<ProgramCache>& cache, Nhwc size) {
    return fcn::Get(*cache, graph, size);
  }
  std::unique_ptr<ProgramCache> Limited(int64_t bytes, ProgramCache::Shared shared = {}) {
    CompileOptions options;
    options.max_memory = bytes;
    const WeightSource counted = [this, source = RandomSource()](const Value& parameter) {
      packed[parameter.name]++;
      return source(parameter);
    };
    return std::make_unique<ProgramCache>(counted, options, context, ProgramCache::Limits{}, std::move(shared));
  }
  int64_t Peak(Nhwc size) { return MakePlan(graph, std::span(&size, 1), {}, context).memory.peak(); }
  /// Bytes of the first layer, which has another form in programs of few pixels.
  int64_t FirstLayer(Nhwc size) {
    PackedStore store;
    return Program::Compile(graph, std::span(&size, 1), RandomSource(), store, {}, context)->packed(0)->bytes();
  }

  const Context context{1};
  const std::shared_ptr<const Graph> graph = test::LayerOfTwoPackings();
  std::map<std::string, int> packed;  ///< how often
};

TEST_F(MemoryLimitOfACache, DropsProgramsBeforeItRefuses) {
  const int64_t alone = Peak(kManyPixels), both = alone + FirstLayer(kFewPixels);
  for (const int64_t limit : {both, both - 1, alone}) {
    const auto cache = Limited(limit);
    Get(cache, kFewPixels);
    const auto many = Get(cache, kManyPixels);
    EXPECT_EQ(cache->programs(), limit >= both ? 2u : 1u);
    EXPECT_EQ(cache->store().bytes(),
              many->plan().memory.packed_weights + (limit >= both ? FirstLayer(kFewPixels) : 0));
  }
  EXPECT_THROW(Get(Limited(alone - 1), kManyPixels), Error);
}

TEST_F(MemoryLimitOfACache, HoldsForAProgramThatIsUsedAgain) {
  const int64_t limit = std::max(Peak(kManyPixels), Peak(kFewPixels) + FirstLayer(kManyPixels));
  ASSERT_LT(limit, Peak(kManyPixels) + FirstLayer(kFewPixels)) << "both would fit at any time";
  const auto cache = Limited(limit);
  Get(cache, kManyPixels);
  Get(cache, kFewPixels);
  EXPECT_EQ(cache->programs(), 2u);
  Get(cache, kManyPixels);
  EXPECT_EQ(cache->programs(), 1u);
}

TEST_F(MemoryLimitOfACache, KeepsTheLayersThatTheNewProgramShares) {
  const auto cache = Limited(Peak(kMorePixels));
  ASSERT_GE(Peak(kMorePixels), Peak(kFewPixels) + FirstLayer(kManyPixels));
  Get(cache, kManyPixels);
  Get(cache, kFewPixels);
  EXPECT_EQ(cache->programs(), 2u);
  Get(cache, kMorePixels);
  EXPECT_EQ(cache->programs(), 1u);
  EXPECT_EQ(packed["fc.weight"], 2) << "it was dropped with the program that was used longest ago";
  EXPECT_EQ(packed["score.weight"], 1);
}

TEST_F(MemoryLimitOfACache, DropsSharedLayersWhereThereIsNoRoomToPackBesideThem) {
  // So few pixels that packing takes the most memory, and what comes later is not packed yet then.
  constexpr Nhwc kSixBySix{1, 6, 6, 64};
  ASSERT_EQ(FirstLayer(kSixBySix), FirstLayer(kManyPixels));
  for (const bool room : {false, true}) {
    packed.clear();
    const auto cache = Limited(Peak(kSixBySix) + (room ? int64_t{64} * 64 * 4 : 0));
    Get(cache, kFewPixels);
    Get(cache, kSixBySix);
    EXPECT_EQ(cache->programs(), 1u);
    EXPECT_EQ(packed["score.weight"], room ? 1 : 2);
  }
}

TEST_F(MemoryLimitOfACache, CountsForAllCachesOfALedger) {
  const int64_t alone = Peak(kManyPixels);
  for (const bool is_enough : {true, false}) {
    const ProgramCache::Shared shared;
    const int64_t limit = (is_enough ? 2 : 1) * alone;
    const auto first = Limited(limit, shared);
    auto second = Limited(limit, shared);
    Get(first, kManyPixels);
    Get(second, kManyPixels);
    EXPECT_EQ(first->programs(), is_enough ? 1u : 0u) << "it was used longest ago";
    EXPECT_EQ(second->programs(), 1u);
    if (is_enough) continue;
    EXPECT_EQ(first->store().bytes(), 0);
    Get(first, kManyPixels);
    EXPECT_EQ(second->programs(), 0u);
    Get(second, kManyPixels);
    second.reset();  // with what it held
    Get(first, kManyPixels);
    EXPECT_EQ(first->programs(), 1u);
    EXPECT_THROW(Get(Limited(alone - 1, shared), kManyPixels), Error);
  }
}

TEST_F(MemoryLimitOfACache, RequestsWaitForThoseOfOtherCachesOfTheLedger) {
  const ProgramCache::Shared shared;
  const auto first = Limited(Peak(kManyPixels), shared), second = Limited(Peak(kManyPixels), shared);
  auto runs = std::make_optional(first->Admit(graph, std::span(&kManyPixels, 1)));
  std::atomic<bool> is_admitted = false;
  std::thread other([&] {
    const auto waits = second->Admit(graph, std::span(&kManyPixels, 1));
    is_admitted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(is_admitted);
  runs.reset();
  other.join();
  EXPECT_TRUE(is_admitted);
}

TEST_F(MemoryLimitOfACache, TellsWhatIsCompiledAndDropped) {
  std::vector<std::string> told;
  const auto cache = Limited(Peak(kManyPixels), {.log = [&](const LogEntry& entry) { told.push_back(entry.message); }});
  Get(cache, kFewPixels);
  Get(cache, kFewPixels);
  Get(cache, kManyPixels);
  ASSERT_EQ(told.size(), 3u);
  EXPECT_EQ(told[0].find("compiled for "), 0u) << told[0];
  EXPECT_EQ(told[1], "dropped 1 program of other sizes, whose memory another one needs");
  EXPECT_EQ(told[2].find("compiled for "), 0u) << told[2];
}

TEST_F(MemoryLimitOfACache, RefusesBesideAProgramInUse) {
  const auto cache = Limited(Peak(kManyPixels));
  const auto used = Get(cache, kFewPixels);
  const int64_t bytes = cache->store().bytes();
  try {
    Get(cache, kManyPixels);
    FAIL() << "it was compiled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kMemory);
  }
  EXPECT_EQ(cache->store().bytes(), bytes) << "something was packed before";
}

TEST_F(MemoryLimitOfACache, NamesASizeThatFits) {
  const int64_t limit = Peak({1, 300, 200, 64});
  const auto cache = Limited(limit);
  try {
    Get(cache, {1, 600, 400, 64});
    FAIL() << "it was compiled";
  } catch (const Error& error) {
    int width = 0, height = 0;
    const size_t size = error.hint().find("an image of at most ");
    ASSERT_NE(size, std::string::npos) << error.hint();
    ASSERT_EQ(std::sscanf(error.hint().c_str() + size, "an image of at most %dx%d", &width, &height), 2);
    EXPECT_NO_THROW(Get(cache, {1, height, width, 64}));
    EXPECT_GE(height, 250) << "and nearly the largest";
    EXPECT_NEAR(1.5, double{1} * height / width, 0.02);
  }
}

TEST_F(MemoryLimitOfACache, ARequestWaitsForThoseThatRun) {
  const auto cache = Limited(Peak(kManyPixels));
  auto first = std::make_optional(cache->Admit(graph, std::span(&kManyPixels, 1)));
  std::atomic<bool> is_admitted = false;
  std::thread other([&] {
    const auto second = cache->Admit(graph, std::span(&kManyPixels, 1));
    is_admitted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(is_admitted);
  first.reset();
  other.join();
  EXPECT_TRUE(is_admitted);
}

TEST_F(MemoryLimitOfACache, RequestsThatFitRunSideBySide) {
  const MemoryForecast memory = MakePlan(graph, std::span(&kManyPixels, 1), {}, context).memory;
  const auto cache = Limited(memory.peak() + memory.arena + memory.inputs + memory.outputs);
  const auto first = cache->Admit(graph, std::span(&kManyPixels, 1));
  const auto second = cache->Admit(graph, std::span(&kManyPixels, 1));
}

TEST_F(MemoryLimitOfACache, CountsWhatARequestHoldsBesideItsProgram) {
  const auto cache = Limited(Peak(kManyPixels) + 5'000'000);
  const auto admit = [&](int64_t bytes) {
    return cache->Admit(graph, std::span(&kManyPixels, 1), 0, nullptr,
                        {bytes, [](int64_t left) { return left > 0 ? "less" : "nothing"; }});
  };
  for (const bool is_compiled : {false, true}) {
    test::ExpectError(ErrorCode::kMemory, "the limit is", [&] { admit(5'000'001); });
    try {
      admit(5'000'001);
    } catch (const Error& error) {
      EXPECT_EQ(error.hint(), "Use less, or allow more with --max-memory.");
    }
    EXPECT_EQ(packed.empty(), !is_compiled) << "something was packed before";
    admit(5'000'000);
  }
  auto first = std::make_optional(admit(5'000'000));
  std::atomic<bool> is_admitted = false;
  std::thread other([&] {
    const auto second = cache->Admit(graph, std::span(&kFewPixels, 1));
    is_admitted = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(is_admitted);
  first.reset();
  other.join();
}

TEST_F(MemoryLimitOfACache, ARequestThatNeverFitsIsRefusedAfterThoseThatRun) {
  const auto cache = Limited(Peak(kManyPixels));
  auto first = std::make_optional(cache->Admit(graph, std::span(&kFewPixels, 1)));
  std::thread other([&] {
    const Nhwc large{1, 600, 400, 64};
    EXPECT_THROW(cache->Admit(graph, std::span(&large, 1)), Error);
  });
  first.reset();
  other.join();
  EXPECT_NO_THROW(cache->Admit(graph, std::span(&kManyPixels, 1)));
}

TEST(ProgramCache, RefusesWhatNeedsMoreThanIsAvailableBesideThePlan) {
  const Context context(1);
  ProgramCache cache(RandomSource(), {}, context);
  const auto graph = std::make_shared<const Graph>(test::ManyOperations());
  const Nhwc size{1, 32, 32, 3};
  EXPECT_NO_THROW(cache.Admit(graph, std::span(&size, 1)));
  EXPECT_THROW(cache.Admit(graph, std::span(&size, 1), int64_t{1} << 50), Error);
}

}  // namespace
}  // namespace fcn
