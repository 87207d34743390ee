#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "caffe/layers.h"

namespace fcn::caffe_rules {
namespace {

/// x · weight + bias, each a number for each channel: a convolution of every channel alone, with one tap.
CaffeBlob Affine(CaffeTranslator& t, const CaffeBlob& x, ValueId weight, ValueId bias) {
  ConvGeometry geometry;
  geometry.groups = x.channels;
  std::vector<ValueId> parameters = {weight};
  if (bias != kNoValue) parameters.push_back(bias);
  return t.Add(Conv2d{geometry}, x, parameters);
}

Shape TapOf(const CaffeBlob& x) { return {x.channels, 1, 1, 1}; }

/// The number that all of a Scale's factors are and stay, if there is one: where they do not learn, as a constant
/// filler or the file of weights has them.
std::optional<float> FixedFactor(CaffeTranslator& t, const CaffeMessage& m) {
  if (t.RateOf(0) != 0 || m.Flag("bias_term")) return std::nullopt;
  if (const StoredTensor* blob = t.BlobOf(0)) {
    const std::vector<float> values = blob->ToFloats();
    const bool are_equal = !values.empty() && std::ranges::all_of(values, [&](float v) { return v == values[0]; });
    return are_equal ? std::optional(values[0]) : std::nullopt;
  }
  const CaffeMessage filler = m.Message("filler");
  if (!m.Has("filler")) return 1.0f;
  if (filler.Text("type") != "constant") return std::nullopt;
  return static_cast<float>(filler.Number("value"));
}

bool IsOfChannels(const CaffeMessage& m) {
  return (m.Integer("axis") == 1 || m.Integer("axis") == -3) && m.Integer("num_axes") == 1;
}

void ExpectOfChannels(CaffeTranslator& t, const CaffeMessage& m) {
  t.ExpectChannels(m.Integer("axis"), m.LineOf("axis"));
  if (m.Integer("num_axes") != 1)
    t.Refuse(fmt::format("it has {} axes, not the channels' alone", m.Integer("num_axes")), m.LineOf("num_axes"));
}

/// The Scale behind a batch norm, which every published net has there, where both are one batch norm of ours.
const CaffeLayer* ScaleBehind(CaffeTranslator& t) {
  const CaffeLayer* scale = t.OnlyReader("Scale");
  if (scale == nullptr || scale->bottoms.size() != 1 || scale->tops.size() != 1) return nullptr;
  const bool shares = std::ranges::any_of(scale->parameters, [](const auto& p) { return !p.name.empty(); });
  return !shares && IsOfChannels(scale->settings.Message("scale_param")) ? scale : nullptr;
}

/// Of the neighbours within a channel: the pixels of each window lie side by side as channels, are normed across these,
/// and the middle one is taken. Beyond the map there are zeros, and Caffe's mean of squares counts them, too.
CaffeBlob NormWithin(CaffeTranslator& t, LocalResponseNorm norm, const CaffeBlob& x) {
  const int side = norm.size, pixels = side * side, pad = side / 2;
  if (x.channels > kLargestAttribute / pixels)
    t.Refuse(fmt::format("it norms {} channels by {} pixels each", x.channels, pixels));
  const ConvGeometry around{{side, side}, {}, {}, {pad, pad, pad, pad}, x.channels};
  CaffeBlob y =
      t.Add(Conv2d{around}, x, {t.Taps(".window", {int64_t{x.channels} * pixels, 1, side, side}, CaffeWeight::kInTurn)},
            ".windows");
  y.channels = x.channels * pixels;
  norm.size = pixels, norm.k = 1;  // whatever the layer's k is
  y = t.Add(norm, y, {}, ".normed");
  y = t.Add(Conv2d{{{}, {}, {}, {}, x.channels}}, y, {t.Taps(".middle", {x.channels, pixels, 1, 1}, pixels / 2)});
  y.channels = x.channels;
  return y;
}

}  // namespace

void BatchNormLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("batch_norm_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  if (m.Has("use_global_stats") && !m.Flag("use_global_stats") && !t.is_training())
    t.Refuse("it norms by the statistics of the batch, which depend on other pictures", m.LineOf("use_global_stats"),
             "For tests leave use_global_stats out, as deploy files do; --phase train reads the net as for training.");
  for (const CaffeParameter& parameter : t.layer().parameters)
    if (!parameter.name.empty()) t.Refuse("statistics that layers share are nothing that fcn has", parameter.line);
  const CaffeBlob& x = t.Bottom();
  const Shape shape{x.channels};
  const CaffeLayer* scale = ScaleBehind(t);
  const bool has_bias = scale != nullptr && scale->settings.Message("scale_param").Flag("bias_term");
  std::vector<ValueId> parameters;
  parameters.push_back(scale != nullptr ? t.Parameter(0, ".weight", shape, {.of = scale})
                                        : t.Constant(".weight", shape, 1));
  parameters.push_back(has_bias ? t.Parameter(1, ".bias", shape, {.of = scale}) : t.Constant(".bias", shape, 0));
  parameters.push_back(t.Parameter(0, ".running_mean", shape, {.form = CaffeWeight::Form::kStatistic}));
  parameters.push_back(t.Parameter(1, ".running_var", shape, {.form = CaffeWeight::Form::kStatistic}));
  if (scale != nullptr) t.Merge(*scale);
  t.Give(t.Add(BatchNorm{.epsilon = static_cast<float>(m.Number("eps"))}, x, parameters));
}

void ScaleLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("scale_param");
  t.ExpectBottoms(1, 2);
  t.ExpectTops(1, 1);
  const CaffeBlob& x = t.Bottom();
  if (t.bottoms() == 2) {
    // A factor for each channel of each picture (axis 0), as squeeze-and-excite has it, or for each element.
    const CaffeBlob& factor = t.Bottom(1);
    if (m.Integer("axis") != 0) t.Refuse("it multiplies along an axis by another blob", m.LineOf("axis"));
    if (m.Flag("bias_term")) t.Refuse("it has two bottoms and a bias", m.LineOf("bias_term"));
    return t.Give(t.Add(Multiply{}, x, {factor.id}));
  }
  ExpectOfChannels(t, m);
  if (const std::optional<float> factor = FixedFactor(t, m))
    return t.Give(*factor == 1 ? x : t.Add(Scale{.factor = *factor}, x));
  const float begins = m.Has("filler") ? static_cast<float>(m.Message("filler").Number("value")) : 1.0f;
  const ValueId weight = t.Parameter(0, ".weight", TapOf(x), {.begins = begins});
  t.Give(Affine(t, x, weight, m.Flag("bias_term") ? t.Parameter(1, ".bias", {x.channels}) : kNoValue));
}

void BiasLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("bias_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  ExpectOfChannels(t, m);
  const CaffeBlob& x = t.Bottom();
  const ValueId one = t.Constant(".weight", TapOf(x), 1);
  t.Give(Affine(t, x, one, t.Parameter(0, ".bias", {x.channels})));
}

void Lrn(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("lrn_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const LocalResponseNorm norm{.size = t.Size(m, "local_size", 1),
                               .alpha = static_cast<float>(m.Number("alpha")),
                               .beta = static_cast<float>(m.Number("beta")),
                               .k = static_cast<float>(m.Number("k"))};
  if (m.Text("norm_region") == "ACROSS_CHANNELS") return t.Give(t.Add(norm, t.Bottom()));
  constexpr int kLargestWindow = 7;  // 49 channels, and kLargestResponseNorm is 63
  if (norm.size % 2 == 0) t.RefuseBad(fmt::format("its local_size is {}, not odd", norm.size), m.LineOf("local_size"));
  if (norm.size > kLargestWindow)
    t.Refuse(fmt::format("it norms by {0}x{0} pixels, and fcn by {1}x{1} at most", norm.size, kLargestWindow),
             m.LineOf("local_size"));
  t.Give(NormWithin(t, norm, t.Bottom()));
}

void PowerLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("power_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const auto power = m.Number("power");
  const auto scale = static_cast<float>(m.Number("scale")), shift = static_cast<float>(m.Number("shift"));
  if (power != 1 && power != 2)
    t.Refuse(fmt::format("it raises to the power of {:g}; fcn does 1 and 2", power), m.LineOf("power"));
  CaffeBlob y = t.BottomOrFlat();
  if (shift != 0) {
    y = t.Bottom();
    const ValueId weight = t.Constant(".weight", TapOf(y), scale);
    y = Affine(t, y, weight, t.Constant(".bias", {y.channels}, shift));
  } else if (scale != 1) {
    y = t.Add(Scale{.factor = scale}, y, {}, power == 2 ? ".scaled" : "");
  }
  t.Give(power == 2 ? t.Add(Multiply{}, y, {y.id}) : y);
}

}  // namespace fcn::caffe_rules
