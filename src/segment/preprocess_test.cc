// What a classifier sees of a picture.

#include "segment/preprocess.h"

#include <gtest/gtest.h>

#include "support/dashes.h"

namespace fcn {
namespace {

using test::Dashes;

TEST(ClassifierCrop, ScalesBandsAsItScalesColours) {
  const Preprocessing preprocessing{.shorter_side = 24, .crop = 16};
  const Image first = Dashes(50, 35, 1), second = Dashes(50, 35, 2);
  constexpr int kBands = 5;
  std::vector<uint8_t> samples;
  for (size_t i = 0; i < first.rgb.size(); i += 3) {
    samples.insert(samples.end(), &first.rgb[i], &first.rgb[i] + 3);
    samples.insert(samples.end(), &second.rgb[i], &second.rgb[i] + 2);
  }
  const Context context(1);
  const Raster crop = ClassifierCrop(Raster(50, 35, kBands, std::move(samples)), preprocessing, context);
  const Image of_first = ClassifierCrop(first, preprocessing, context),
              of_second = ClassifierCrop(second, preprocessing, context);
  ASSERT_EQ(crop.width, 16);
  ASSERT_EQ(crop.height, 16);
  ASSERT_EQ(crop.bands, kBands);
  for (size_t i = 0; i < 16 * 16; i++)
    for (size_t band = 0; band < kBands; band++)
      EXPECT_EQ(crop.Of<uint8_t>()[kBands * i + band],
                band < 3 ? of_first.rgb[3 * i + band] : of_second.rgb[3 * i + band - 3])
          << i << " " << band;
}

}  // namespace
}  // namespace fcn
