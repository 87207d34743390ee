#include "image/to_tensor.h"

#include <gtest/gtest.h>

#include <cmath>

#include "image/test_images.h"
#include "support/expect_error.h"
#include "support/guarded_image.h"

namespace fcn::test {
namespace {

using Order = Preprocessing::Order;

std::vector<float> Values(const Raster& raster, const Preprocessing& preprocessing) {
  Tensor out({1, raster.height, raster.width, raster.bands});
  ToTensor(raster, preprocessing, out.view(), Context(1));
  return {out.values().begin(), out.values().end()};
}

TEST(ToTensor, SubtractsScalesAndOrders) {
  const Image image{2, 1, {0, 100, 255, 10, 20, 30}};
  for (const int64_t gap : {0, 5}) {
    GuardedImage out({1, 1, 2, 3}, gap);
    ToTensor(image, {Order::kRgb, {10, 20, 30}, {1, 2, 0.5f}}, out.view(), Context(1));
    EXPECT_EQ(out.Values(), (std::vector<float>{-10, 40, 450, 0, 0, 0}));
    ToTensor(Raster(image), {Order::kBgr, {10, 20, 30}, {1, 2, 0.5f}}, out.view(), Context(1));
    EXPECT_EQ(out.Values(), (std::vector<float>{245, 40, -60, 20, 0, -40}));
    EXPECT_TRUE(out.Intact());
  }
}

TEST(ToTensor, LargePicturesAreWholeForAnyNumberOfThreads) {
  const Image image = Noise(201, 190);
  Tensor one({1, 190, 201, 3}), two({1, 190, 201, 3});
  ToTensor(image, kLitePreprocessing, one.view(), Context(1));
  ToTensor(Raster(image), kLitePreprocessing, two.view(), Context(2));
  for (size_t i = 0; i < image.rgb.size(); i++) {
    ASSERT_EQ(one.values()[i], (static_cast<float>(image.rgb[i]) - 127.0f) / 128);
    ASSERT_EQ(one.values()[i], two.values()[i]);
  }
}

TEST(ToTensor, IntegersSpanTheRangeAndFloatsAreAsTheyAre) {
  const Preprocessing metres{.order = Order::kBands, .mean = {1, 3}, .deviation = {2, 4}, .least = -1, .most = 50};
  EXPECT_EQ(Values(Raster(2, 1, 2, std::vector<uint8_t>{0, 5, 255, 10}), metres),
            (std::vector<float>{-1, -0.75f, 24.5f, -0.5f}));
  EXPECT_EQ(Values(Raster(2, 1, 2, std::vector<uint16_t>{0, 1285, 65535, 2570}), metres),
            (std::vector<float>{-1, -0.75f, 24.5f, -0.5f}));
  EXPECT_EQ(Values(Raster(1, 1, 2, std::vector<float>{7, -1e6f}), metres), (std::vector<float>{3, -250000.75f}));
}

TEST(ToTensor, TakesLogarithmsOfWhatIsAboveZero) {
  const Preprocessing logs{.order = Order::kLogs, .mean = {1}, .deviation = {2}, .least = 0, .most = 65535};
  const auto of = [](float value) { return (std::log(value) - 1) * 0.5f; };
  EXPECT_EQ(Values(Raster(4, 1, 1, std::vector<uint16_t>{0, 1, 2550, 65535}), logs),
            (std::vector<float>{0, -0.5f, of(2550), of(65535)}));
  EXPECT_EQ(Values(Raster(3, 1, 1, std::vector<uint8_t>{0, 1, 255}), logs),
            (std::vector<float>{0, of(257), of(65535)}));
  EXPECT_EQ(Values(Raster(3, 1, 1, std::vector<float>{-3, 0, 2.5f}), logs), (std::vector<float>{0, 0, of(2.5f)}));
}

TEST(ToTensor, RefusesPicturesOfOtherForms) {
  const Preprocessing two{.order = Order::kBands, .mean = {0, 0}, .deviation = {1, 1}};
  const auto refused = [](const char* message, const Raster& raster, const Preprocessing& preprocessing) {
    ExpectError(ErrorCode::kInput, message, [&] { Values(raster, preprocessing); });
  };
  refused("a picture of 1 bands of uint8", Raster(1, 1, 1, Bytes{1}), two);
  refused("a picture in colour", Raster(1, 1, 3, std::vector<uint16_t>(3)), {});
  refused("a picture in colour", Raster(1, 1, 1, Bytes{1}), {});
}

}  // namespace
}  // namespace fcn::test
