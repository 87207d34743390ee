#include "formats/caffe/mean.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "formats/caffe/blob.h"
#include "formats/caffe/model.h"
#include "formats/foreign_files.h"

namespace fcn {
namespace {

constexpr size_t kMostMeanBytes = size_t{64} << 20;
constexpr int64_t kMostChannels = 64;

}  // namespace

std::vector<double> CaffeMean::ChannelMeans() const {
  std::vector<double> means(static_cast<size_t>(channels));
  const size_t area = values.size() / means.size();
  for (size_t c = 0; c < means.size(); c++) {
    const auto first = values.begin() + static_cast<ptrdiff_t>(c * area);
    means[c] = std::accumulate(first, first + static_cast<ptrdiff_t>(area), 0.0) / static_cast<double>(area);
  }
  return means;
}

CaffeMean ParseCaffeMean(std::span<const uint8_t> bytes, const std::string& name) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorCode::kInput, fmt::format("{}: {}", Shown(name), what), GetAgain("mean image of Caffe's"));
  };
  const StoredTensor blob = ParseCaffeBlob(nullptr, bytes, fmt::format("{}: the mean image", Shown(name)));
  // A first dimension of 1 is the batch; vectors are means of channels.
  std::vector<int64_t> dims(blob.shape.dims().begin(), blob.shape.dims().end());
  if (dims.size() == 4 && dims[0] == 1) dims.erase(dims.begin());
  if (dims.size() == 1) dims.insert(dims.end(), 2, 1);
  if (dims.size() != 3 || dims[0] < 1 || dims[0] > kMostChannels || dims[1] < 1 || dims[2] < 1)
    refuse(fmt::format("a mean image of {} is none of channels, height and width", blob.shape.ToString()));
  CaffeMean mean{.channels = dims[0], .height = dims[1], .width = dims[2], .values = blob.ToFloats()};
  if (!std::ranges::all_of(mean.values, [](float value) { return std::isfinite(value); }))
    refuse("the mean image has values that are infinite or no number");
  return mean;
}

CaffeMean ReadCaffeMean(const std::filesystem::path& path) {
  constexpr size_t kStart = 4096;
  const auto check = [&](std::span<const uint8_t> start) {
    // A mean image has no first bytes of its own; what is known as something else is refused by its name.
    const ForeignFile foreign = RecogniseForeignFile(start);
    const char* what = LooksLikeCaffeModel(start) ? "a Caffe model (.caffemodel)" : foreign.what;
    if (what != nullptr && std::string_view(what).find(".binaryproto") == std::string_view::npos)
      throw Error(ErrorCode::kInput, fmt::format("{}: seems to be {}, not a mean image of Caffe's", Shown(path), what),
                  "Give the file that mean_file names (.binaryproto), or the means of the channels as numbers.");
  };
  return ParseCaffeMean(ReadFile(path, kMostMeanBytes, kStart, check), path.string());
}

}  // namespace fcn
