#include "caffe/mean.h"

#include <fmt/format.h>

#include <vector>

#include "caffe/named_file.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/mean.h"

namespace fcn {
namespace {

constexpr const char* kSayMean = "Bring the file, or say how pictures are prepared: --preprocessing bgr:104,117,123:1.";

std::filesystem::path Found(const std::filesystem::path& prototxt, const std::string& file) {
  if (const auto found = NamedCaffeFile(prototxt, file)) return *found;
  throw Error(ErrorCode::kIo,
              fmt::format("{}: its mean_file {} is not there, or no regular file", prototxt.string(), Quoted(file)),
              kSayMean);
}

}  // namespace

void ReadCaffeMeans(const std::filesystem::path& prototxt, CaffeNetwork& network) {
  for (size_t i = 0; i < network.inputs.size(); i++) {
    if (network.mean_files[i].empty()) continue;
    const std::filesystem::path file = Found(prototxt, network.mean_files[i]);
    const CaffeMean mean = ReadCaffeMean(file);
    const int bands = network.graph->value(network.graph->inputs()[i]).channels;
    if (mean.channels != bands)
      throw Error(
          ErrorCode::kInput,
          fmt::format("{} is a mean of {} bands, and {} reads {}", file.string(), mean.channels, network.name, bands),
          kSayMean);
    std::vector<float> means;
    for (const double value : mean.ChannelMeans()) means.push_back(static_cast<float>(value));
    network.inputs[i].preprocessing.mean = PerBand(means);
    network.notes.push_back(fmt::format(
        "of the mean picture {} the mean of each band is subtracted, not each pixel's: scores differ a little",
        file.string()));
  }
}

}  // namespace fcn
