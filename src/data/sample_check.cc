#include "data/sample_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "base/finite.h"
#include "fcn/error.h"

namespace fcn {
namespace {

void Require(bool ok, const Sample& sample, const std::string& what) {
  if (!ok)
    throw Error(ErrorCode::kInput, fmt::format("the sample {} {}", sample.name, what),
                "The class that is the data set must give what its inputs() and heads() say.");
}

size_t CountOf(const Raster& raster) {
  return std::visit([](const auto& samples) { return samples.size(); }, raster.samples);
}

}  // namespace

void CheckSample(const Sample& sample, const Dataset& dataset) {
  const size_t inputs = dataset.inputs().size(), heads = dataset.heads().size();
  Require(sample.inputs.size() == inputs && sample.labels.size() == heads, sample,
          fmt::format("has {} pictures and {} label maps for {} inputs and {} heads", sample.inputs.size(),
                      sample.labels.size(), inputs, heads));
  const int width = sample.width(), height = sample.height();
  Require(width > 0 && height > 0, sample, "has no pixels");
  const size_t pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  for (size_t k = 0; k < inputs; k++) {
    const Raster& raster = sample.inputs[k];
    const int bands = dataset.inputs()[k].bands;
    Require(raster.width == width && raster.height == height, sample, "has pictures of several sizes");
    Require(bands > 0 ? raster.bands == bands : raster.is_colour(), sample,
            fmt::format("has a picture of {} bands of {} as its input {}", raster.bands, SampleTypeName(raster.type()),
                        k + 1));
    Require(CountOf(raster) == pixels * static_cast<size_t>(raster.bands), sample,
            "has a picture whose size and samples differ");
    Require(raster.type() != SampleType::kFloat32 || IsFinite(raster.Of<float>()), sample,
            "has a picture with samples that are no numbers");
  }
  for (size_t k = 0; k < heads; k++) {
    const LabelMap& map = sample.labels[k];
    Require(map.width == width && map.height == height && map.labels.size() == pixels, sample,
            "has labels of another size than its pictures");
    const size_t classes = dataset.heads()[k].classes.size();
    const auto wrong =
        std::ranges::find_if(map.labels, [&](uint16_t label) { return label >= classes && label != kIgnoredLabel; });
    if (wrong != map.labels.end())
      Require(false, sample, fmt::format("has the label {}, and there are {} classes", *wrong, classes));
  }
}

}  // namespace fcn
