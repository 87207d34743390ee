#include "runtime/program_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "fcn/error.h"
#include "runtime/test_networks.h"

namespace fcn {
namespace {

using test::kFewPixels;
using test::kManyPixels;
using test::kMorePixels;
using test::RandomSource;

TEST(ProgramCache, KeepsTheMostRecentlyUsed) {
  const Context context(1);
  ProgramCache cache(RandomSource(), {}, context, {2, int64_t{1} << 40, 1});
  const auto graph = std::make_shared<const Graph>(test::EveryOperation());
  const Nhwc a{1, 32, 32, 3}, b{1, 40, 32, 3}, c{1, 48, 32, 3};
  const auto first = cache.Get(graph, std::span(&a, 1));
  const auto second = cache.Get(graph, std::span(&b, 1));
  EXPECT_EQ(cache.Get(graph, std::span(&a, 1)), first);
  cache.Get(graph, std::span(&c, 1));  // b was used longest ago
  EXPECT_EQ(cache.programs(), 2u);
  EXPECT_EQ(cache.Get(graph, std::span(&a, 1)), first);
  EXPECT_NE(cache.Get(graph, std::span(&b, 1)), second);
}

TEST(ProgramCache, StaysWithinItsBytes) {
  const Context context(1);
  ProgramCache cache(RandomSource(), {}, context, {32, 1, 1});
  const auto graph = std::make_shared<const Graph>(test::EveryOperation());
  for (int64_t h : {32, 40, 48}) {
    const Nhwc size{1, h, 32, 3};
    cache.Get(graph, std::span(&size, 1));
    EXPECT_EQ(cache.programs(), 1u);
  }
}

class MemoryLimitOfACache : public testing::Test {
 protected:
  std::shared_ptr<const Program> Get(const std::unique_ptr<ProgramCache>& cache, Nhwc size) {
    return cache->Get(graph, std::span(&size, 1));
  }
  std::unique_ptr<ProgramCache> Limited(int64_t bytes) {
    CompileOptions options;
    options.max_memory = bytes;
    const WeightSource counted = [this, source = RandomSource()](const Value& parameter) {
      packed[parameter.name]++;
      return source(parameter);
    };
    return std::make_unique<ProgramCache>(counted, options, context);
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

}  // namespace
}  // namespace fcn
