#include "image/to_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"

namespace fcn {
namespace {

/// What a channel's values become: (least + sample · step − mean) · scale, or the same of their logarithm.
struct Channel {
  float least, step, mean, scale;
  int to;  ///< its place in the output
  bool is_log;

  float operator()(float sample) const {
    const float value = least + sample * step;
    if (is_log) return value > 0 ? (std::log(value) - mean) * scale : 0;
    return (value - mean) * scale;
  }
};

/// Of each band of a picture, by Sample its type.
template <typename Sample>
std::vector<Channel> ChannelsOf(const Preprocessing& preprocessing) {
  const auto bands = static_cast<int>(preprocessing.mean.size());
  std::vector<Channel> channels;
  for (int band = 0; band < bands; band++) {
    const int to = preprocessing.order == Preprocessing::Order::kBgr ? bands - 1 - band : band;
    const auto c = static_cast<size_t>(to);
    const bool is_log = preprocessing.order == Preprocessing::Order::kLogs;
    Channel channel{0, 1, preprocessing.mean[c], 1 / preprocessing.deviation[c], to, is_log};
    if constexpr (std::is_integral_v<Sample>) {
      channel.least = preprocessing.least;
      channel.step = (preprocessing.most - preprocessing.least) / float{std::numeric_limits<Sample>::max()};
    }
    channels.push_back(channel);
  }
  return channels;
}

/// Calls pixels(first, last) for parts of the picture side by side.
template <typename Pixels>
void InParts(int64_t count, const Context& context, Pixels pixels) {
  constexpr int64_t kPixels = 16384;  // of a task
  context.Parallel((count + kPixels - 1) / kPixels,
                   [&](int64_t task, int) { pixels(task * kPixels, std::min(count, (task + 1) * kPixels)); });
}

/// A table says what each of the 256 values becomes.
template <int kBands>
void Convert(const uint8_t* samples, const std::vector<Channel>& channels, TensorView<float> out,
             const Context& context) {
  const size_t bands = kBands > 0 ? kBands : channels.size();
  std::vector<float> table(256 * bands);
  for (size_t band = 0; band < bands; band++)
    for (size_t value = 0; value < 256; value++) table[256 * band + value] = channels[band](static_cast<float>(value));
  std::array<int, kMostPictureBands> to{};
  for (size_t band = 0; band < bands; band++) to[band] = channels[band].to;
  InParts(out.shape.pixels(), context, [&](int64_t first, int64_t last) {
    const uint8_t* sample = samples + first * static_cast<int64_t>(bands);
    float* pixel = out.data + first * out.pixel_stride;
    for (int64_t i = first; i < last; i++, pixel += out.pixel_stride)
      for (size_t band = 0; band < bands; band++) pixel[to[band]] = table[256 * band + *sample++];
  });
}

template <typename Sample>
void Convert(const std::vector<Sample>& samples, const std::vector<Channel>& channels, TensorView<float> out,
             const Context& context) {
  InParts(out.shape.pixels(), context, [&](int64_t first, int64_t last) {
    const Sample* sample = samples.data() + first * std::ssize(channels);
    float* pixel = out.data + first * out.pixel_stride;
    for (int64_t i = first; i < last; i++, pixel += out.pixel_stride)
      for (const Channel& channel : channels) pixel[channel.to] = channel(static_cast<float>(*sample++));
  });
}

void Convert(const std::vector<uint8_t>& samples, const std::vector<Channel>& channels, TensorView<float> out,
             const Context& context) {
  if (channels.size() == 3) return Convert<3>(samples.data(), channels, out, context);
  Convert<0>(samples.data(), channels, out, context);
}

void CheckFits(const Raster& raster, const Preprocessing& preprocessing) {
  const auto bands = static_cast<int>(preprocessing.mean.size());
  const bool wants_colour = preprocessing.is_colour();
  if (raster.bands == bands && bands > 0 && preprocessing.deviation.size() == preprocessing.mean.size() &&
      (!wants_colour || raster.is_colour()))
    return;
  throw Error(
      ErrorCode::kInput,
      fmt::format("a picture of {} bands of {} is not what the network was trained with: {}", raster.bands,
                  SampleTypeName(raster.type()), wants_colour ? "a picture in colour" : fmt::format("{} bands", bands)),
      "fcn info says what its inputs are.");
}

}  // namespace

void ToTensor(const Raster& raster, const Preprocessing& preprocessing, TensorView<float> out, const Context& context) {
  FCN_CHECK((out.shape == Nhwc{1, raster.height, raster.width, raster.bands}));
  CheckFits(raster, preprocessing);
  std::visit(
      [&](const auto& samples) {
        using Sample = typename std::decay_t<decltype(samples)>::value_type;
        Convert(samples, ChannelsOf<Sample>(preprocessing), out, context);
      },
      raster.samples);
}

void ToTensor(const Image& image, const Preprocessing& preprocessing, TensorView<float> out, const Context& context) {
  FCN_CHECK((out.shape == Nhwc{1, image.height, image.width, 3} && preprocessing.mean.size() == 3));
  Convert<3>(image.rgb.data(), ChannelsOf<uint8_t>(preprocessing), out, context);
}

}  // namespace fcn
