#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "support/expect_error.h"

namespace fcn {
namespace {

bool IsAligned(const void* p) { return reinterpret_cast<uintptr_t>(p) % kAlignment == 0; }

TEST(AllocateAligned, EverySizeIsAligned) {
  for (size_t count : {0, 1, 15, 16, 17, 1000, 100000}) {
    const auto floats = AllocateAligned<float>(count);
    const auto bytes = AllocateAligned<uint8_t>(count);
    const auto labels = AllocateAligned<int32_t>(count);
    EXPECT_TRUE(IsAligned(floats.get()) && IsAligned(bytes.get()) && IsAligned(labels.get())) << count;
    EXPECT_NE(floats.get(), nullptr);
    std::fill_n(floats.get(), count, 1.f);  // for the address sanitizer to see
    std::fill_n(bytes.get(), count, uint8_t{1});
    std::fill_n(labels.get(), count, 1);
  }
}

TEST(AllocateWorkspace, SmallAndLargeBlocksCanBeUsed) {
  for (const size_t bytes :
       {size_t{0}, size_t{1}, size_t{100}, size_t{8} << 20, (size_t{8} << 20) + 1, size_t{31} << 20}) {
    const AlignedBuffer<uint8_t> memory = AllocateWorkspace(bytes);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.get()) % kAlignment, 0u);
    std::fill_n(memory.get(), bytes, uint8_t{7});
  }
  test::ExpectError(ErrorCode::kMemory, "MB of memory",
                    [] { AllocateWorkspace(std::numeric_limits<size_t>::max() - kAlignment); });
}

TEST(AllocateAligned, RefusesWhatNoMachineHas) {
  constexpr size_t kMost = std::numeric_limits<size_t>::max();
  for (size_t count : {kMost, kMost / 4, kMost / 4 + 2, kMost / 8 + 1})
    test::ExpectError(ErrorCode::kMemory, "MB of memory", [&] { AllocateAligned<float>(count); });
  test::ExpectError(ErrorCode::kMemory, "MB of memory", [&] { AllocateAligned<uint8_t>(kMost); });
}

TEST(Tensor, OwnsAndMoves) {
  const Tensor nothing;
  EXPECT_EQ(nothing.data(), nullptr);
  EXPECT_TRUE(nothing.values().empty());
  Tensor tensor(Nhwc{2, 3, 4, 5});
  EXPECT_EQ(tensor.values().size(), 120u);
  EXPECT_TRUE(IsAligned(tensor.data()));
  std::iota(tensor.values().begin(), tensor.values().end(), 0.f);
  const float* where = tensor.data();
  const Tensor moved = std::move(tensor);
  EXPECT_EQ(moved.data(), where);
  EXPECT_EQ(moved.shape(), (Nhwc{2, 3, 4, 5}));
  EXPECT_EQ(moved.values()[119], 119);
}

TEST(TensorView, FindsPixels) {
  Tensor tensor(Nhwc{2, 3, 4, 5});
  std::iota(tensor.values().begin(), tensor.values().end(), 0.f);
  const TensorView<float> view = tensor.view();
  EXPECT_TRUE(view.contiguous());
  EXPECT_EQ(view.row_stride(), 20);
  EXPECT_EQ(view.image_stride(), 60);
  EXPECT_EQ(*view.at(1, 2, 3), 60 + 40 + 15);
}

TEST(TensorView, ASliceOfTheChannelsIsAView) {
  Tensor tensor(Nhwc{2, 3, 4, 5});
  std::iota(tensor.values().begin(), tensor.values().end(), 0.f);
  const TensorView<const float> slice = TensorView<float>(tensor.data() + 2, Nhwc{2, 3, 4, 3}, 5);
  EXPECT_FALSE(slice.contiguous());
  EXPECT_EQ(slice.row_stride(), 20);
  EXPECT_EQ(slice.image_stride(), 60);
  EXPECT_EQ(*slice.at(0, 0, 0), 2);
  EXPECT_EQ(*slice.at(1, 2, 3), 60 + 40 + 15 + 2);
}

}  // namespace
}  // namespace fcn
