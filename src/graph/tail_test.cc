#include "graph/tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace fcn {
namespace {

using ::testing::ElementsAre;

TEST(Tail, HasOneOptionOfEachKindInOrder) {
  Tail tail{TailArgmax(), TailResidual{3}, TailCrop{.whole = 1, .like = 2}};
  std::vector<size_t> places;
  tail.ForEach([&]<typename T>(const T&) { places.push_back(Tail::PlaceOf<T>()); });
  EXPECT_THAT(places,
              ElementsAre(Tail::PlaceOf<TailCrop>(), Tail::PlaceOf<TailResidual>(), Tail::PlaceOf<TailArgmax>()));
  tail.Set(TailResidual{4});
  tail.Remove<TailCrop>();
  EXPECT_EQ(tail, (Tail{TailResidual{4}, TailArgmax()}));
  EXPECT_FALSE(tail.Has<TailCrop>());
  EXPECT_FALSE(tail.empty());
  EXPECT_TRUE(Tail().empty());
}

TEST(Tail, TakesWhatComesAfterAllThatThereIs) {
  const Tail activated = TailActivation{Activation::kRelu}, pooled = TailMaxPool();
  EXPECT_TRUE(activated.TakesNext<TailMaxPool>() && activated.TakesNext<TailArgmax>());
  EXPECT_FALSE(activated.TakesNext<TailActivation>() || activated.TakesNext<TailResidual>());
  EXPECT_FALSE(pooled.TakesNext<TailArgmax>()) << "behind what comes last";
  EXPECT_TRUE(Tail().TakesNext<TailMask>());
}

}  // namespace
}  // namespace fcn
