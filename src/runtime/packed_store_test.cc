#include "runtime/packed_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "support/expect_error.h"

namespace fcn {
namespace {

TEST(PackedStore, PacksALayerOnceWhileOthersPackTheirs) {
  const Context context(1);
  PackedStore store;
  std::promise<void> begun, go_on;
  std::atomic<int> packed{0};
  std::shared_ptr<const PackedLayer> first_layer;
  std::thread first([&] {
    first_layer = store.Get("a", context, [&](PackedLayer&) {
      packed++;
      begun.set_value();
      go_on.get_future().wait();
    });
  });
  begun.get_future().wait();
  std::vector<std::shared_ptr<const PackedLayer>> layers(3);
  std::vector<std::thread> others;
  others.reserve(layers.size());
  for (auto& layer : layers)
    others.emplace_back([&] { layer = store.Get("a", context, [&](PackedLayer&) { packed++; }); });
  EXPECT_EQ(store.Find("a"), nullptr) << "it is not whole yet";
  EXPECT_NE(store.Get("b", context, [](PackedLayer&) {}), nullptr) << "another layer does not wait";
  go_on.set_value();
  first.join();
  for (std::thread& other : others) other.join();
  EXPECT_EQ(packed, 1);
  for (const auto& layer : layers) EXPECT_EQ(layer, first_layer);
  EXPECT_EQ(store.Find("a"), first_layer);
}

TEST(PackedStore, WhereOneFailsTheNextPacks) {
  Context context(1);
  PackedStore store;
  EXPECT_THROW(store.Get("a", context, [](PackedLayer&) { throw std::runtime_error("no file"); }), std::runtime_error);
  EXPECT_EQ(store.Find("a"), nullptr);
  EXPECT_NE(store.Get("a", context, [](PackedLayer&) {}), nullptr);
}

TEST(PackedStore, WhoWaitsCanBeCancelled) {
  const Context context(1);
  PackedStore store;
  CancellationToken token;
  const Context impatient(context, &token);
  store.Get("a", context, [&](PackedLayer&) {
    token.Cancel();
    test::ExpectError(ErrorCode::kCancelled, "cancelled", [&] {
      std::async(std::launch::async, [&] { store.Get("a", impatient, [](PackedLayer&) { FAIL(); }); }).get();
    });
  });
}

}  // namespace
}  // namespace fcn
