#include "caffe/inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "caffe/refusal.h"
#include "caffe/release_data.h"
#include "fcn/per_band.h"
#include "fcn/text.h"
#include "graph/ops.h"
#include "models/zoo.h"

namespace fcn {
namespace {

int Checked(const CaffeNet& net, const CaffeLayer& layer, const char* what, double value) {
  if (!(value >= 1) || value > kLargestAttribute)
    RefuseCaffe(ErrorCode::kInput, net, layer, fmt::format("it gives pictures of {} {}", value, what), kBadNet);
  return static_cast<int>(value);
}

/// The place-th of a field's values, or its only one for all tops.
std::optional<double> At(const CaffeMessage& m, const char* field, size_t place) {
  const size_t count = m.Count(field);
  if (count == 0) return std::nullopt;
  return m.Number(field, count == 1 ? 0 : std::min(place, count - 1));
}

/// N × C × H × W, or N × C.
void ReadShape(const CaffeNet& net, const CaffeLayer& layer, const std::vector<double>& dims, CaffeInput& input,
               bool& has_channels) {
  if (dims.size() != 4 && dims.size() != 2)
    RefuseCaffe(ErrorCode::kUnsupported, net, layer, fmt::format("it gives blobs of {} axes, not 4 or 2", dims.size()),
                kNotDone);
  input.channels = Checked(net, layer, "channels", dims[1]);
  input.height = dims.size() == 4 ? Checked(net, layer, "rows", dims[2]) : 1;
  input.width = dims.size() == 4 ? Checked(net, layer, "columns", dims[3]) : 1;
  has_channels = true;
}

/// What the layer itself says; whether that includes the channels.
bool ReadOwnSize(const CaffeNet& net, const CaffeLayer& layer, size_t place, CaffeInput& input) {
  bool has_channels = false;
  for (const auto& [type, field] : {std::pair{"Input", "input_param"}, std::pair{"DummyData", "dummy_data_param"}}) {
    const CaffeMessage m = layer.settings.Message(field);
    const size_t shapes = m.Count("shape");
    if (layer.type != type || shapes == 0) continue;
    ReadShape(net, layer, m.Message("shape", shapes == 1 ? 0 : std::min(place, shapes - 1)).Numbers("dim"), input,
              has_channels);
  }
  for (const auto& [type, field] :
       {std::pair{"DummyData", "dummy_data_param"}, std::pair{"MemoryData", "memory_data_param"}}) {
    const CaffeMessage m = layer.settings.Message(field);
    if (layer.type != type || m.Count("channels") == 0) continue;
    input.channels = Checked(net, layer, "channels", *At(m, "channels", place));
    input.height = Checked(net, layer, "rows", At(m, "height", place).value_or(1));
    input.width = Checked(net, layer, "columns", At(m, "width", place).value_or(1));
    has_channels = true;
  }
  const CaffeMessage transform = layer.settings.Message("transform_param");
  if (const int64_t crop = transform.Integer("crop_size"); crop > 0)
    input.height = input.width = Checked(net, layer, "rows", static_cast<double>(crop));
  if (layer.type == "ImageData" && !layer.settings.Message("image_data_param").Flag("is_color")) {
    input.channels = 1;
    has_channels = true;
  }
  return has_channels;
}

/// The channels that a convolution reads which is the first to read a top, by its weights.
std::optional<int> ChannelsByWeights(const CaffeNet& net, const CaffeWiring& wiring, CaffeTop top,
                                     const CaffeNet* weights) {
  if (weights == nullptr) return std::nullopt;
  for (const size_t reader : wiring.ReadersOf(top)) {
    const CaffeLayer& layer = net.layers[reader];
    if (layer.type != "Convolution") continue;
    const auto stored = std::ranges::find_if(
        weights->layers, [&](const CaffeLayer& l) { return l.name == layer.name && !l.blobs.empty(); });
    if (stored == weights->layers.end() || stored->blobs[0].shape.rank() != 4) continue;
    const int64_t group = layer.settings.Message("convolution_param").Integer("group");
    const int64_t channels = stored->blobs[0].shape[1];
    if (group >= 1 && group <= kLargestAttribute && channels <= kLargestAttribute / group)
      return static_cast<int>(channels * group);
  }
  return std::nullopt;
}

/// Caffe's own layers of pictures give the samples of the files where no transform_param says more.
bool GivesFilesSamples(const CaffeLayer& layer) {
  return layer.type == "Data" || layer.type == "ImageData" || layer.type == "WindowData";
}

PerBand Repeated(const std::vector<float>& values, int channels) {
  if (values.size() == static_cast<size_t>(channels)) return PerBand(values);
  return PerBand(std::vector<float>(static_cast<size_t>(channels), values.empty() ? 0 : values[0]));
}

}  // namespace

CaffeInput CaffeInputOf(const CaffeNet& net, const CaffeWiring& wiring, CaffeTop top, const CaffeNetOptions& options) {
  const CaffeLayer& layer = net.layers[top.layer];
  CaffeInput input;
  bool has_channels = ReadOwnSize(net, layer, top.top, input);
  const auto asked = std::ranges::find(options.inputs, layer.tops[top.top], &InputPort::name);
  if (!has_channels && asked != options.inputs.end()) input.channels = asked->channels, has_channels = true;
  if (!has_channels)
    if (const auto known = ChannelsByWeights(net, wiring, top, options.weights))
      input.channels = *known, has_channels = true;
  if (!has_channels)
    if (const auto known = ReleaseDataOf(layer, top.top)) input.channels = static_cast<int>(known->mean.size());
  const size_t means = layer.settings.Message("transform_param").Count("mean_value");
  if (!has_channels && means > 1) input.channels = static_cast<int>(std::min<size_t>(means, kMostBands));
  if (input.height == 0) input.height = options.height, input.width = options.width;
  if (input.channels > static_cast<int>(kMostBands))
    RefuseCaffe(ErrorCode::kUnsupported, net, layer,
                fmt::format("{} has {} channels, and an input has {} at most", Quoted(layer.tops[top.top]),
                            input.channels, kMostBands),
                kNotDone);
  return input;
}

CaffePreparation CaffePreparationOf(const CaffeNet& net, CaffeTop top, int channels) {
  const CaffeLayer& layer = net.layers[top.layer];
  const std::string& name = layer.tops[top.top];
  const CaffeMessage transform = layer.settings.Message("transform_param");
  CaffePreparation prepared;
  Preprocessing& p = prepared.preprocessing;
  p = channels == 3 ? kCaffePreprocessing : PlainBands(channels);
  std::vector<float> mean;
  for (const double value : transform.Numbers("mean_value")) mean.push_back(static_cast<float>(value));
  if (layer.type == "Python") mean = NumbersBehind(layer.settings.Message("python_param").Text("param_str"), "mean");
  const std::optional<ReleaseData> release = ReleaseDataOf(layer, top.top);
  if (release && mean.empty()) mean = release->mean;
  prepared.mean_file = transform.Text("mean_file");
  const double scale = transform.Number("scale");
  const bool is_said =
      !mean.empty() || !prepared.mean_file.empty() || transform.Has("scale") || GivesFilesSamples(layer);
  if (!is_said) {
    prepared.note = fmt::format("the net does not say how {} is prepared: it is taken to be {}", Quoted(name),
                                channels == 3 ? "BGR less ImageNet's mean pixel" : "samples from 0 to 1");
    return prepared;
  }
  if (mean.size() > 1 && mean.size() != static_cast<size_t>(channels))
    RefuseCaffe(ErrorCode::kInput, net, layer,
                fmt::format("it has {} mean values for the {} channels of {}", mean.size(), channels, Quoted(name)),
                kBadNet, transform.LineOf("mean_value"));
  if (!(scale > 0))
    RefuseCaffe(ErrorCode::kInput, net, layer, fmt::format("it scales samples by {}", scale), kBadNet,
                transform.LineOf("scale"));
  // (sample - mean) * scale; samples of bands that are no picture in colour count from 0 to 255 in Caffe, too.
  p.mean = Repeated(mean, channels);
  p.deviation = Repeated({static_cast<float>(1 / scale)}, channels);
  p.least = 0, p.most = 255;
  if (release && release->mean.size() == static_cast<size_t>(channels)) p.order = release->order;
  if (p.order == Preprocessing::Order::kLogs) p.most = 65535;  // depths as the data set's files have them
  return prepared;
}

}  // namespace fcn
