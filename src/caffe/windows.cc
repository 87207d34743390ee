#include <fmt/format.h>

#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "caffe/layers.h"

namespace fcn::caffe_rules {
namespace {

/// A height and a width that are said as one field for both, as that field twice, or as a field each.
Size2 HeightAndWidth(CaffeTranslator& t, const CaffeMessage& m, const std::string& both, const std::string& height,
                     const std::string& width, int least, int otherwise) {
  const size_t count = m.Count(both);
  if (!height.empty() && (m.Has(height) || m.Has(width))) {
    if (count > 0)
      t.RefuseBad(fmt::format("it has {} and {} both", both, m.Has(height) ? height : width), m.LineOf(both));
    // Caffe asks for both of a kernel's, and takes its default for the other of a stride or a padding.
    const auto side = [&](const std::string& field) { return m.Has(field) ? t.Size(m, field, least) : otherwise; };
    return {side(height), side(width)};
  }
  if (count == 0) return {otherwise, otherwise};
  if (count > 2) t.Refuse(fmt::format("its {} has {} values, and maps have two axes", both, count), m.LineOf(both));
  return {t.Size(m, both, least, 0), t.Size(m, both, least, count - 1)};
}

Size2 KernelOf(CaffeTranslator& t, const CaffeMessage& m) {
  const Size2 kernel = HeightAndWidth(t, m, "kernel_size", "kernel_h", "kernel_w", 1, 0);
  if (kernel.h == 0 || kernel.w == 0) t.RefuseBad("it does not say its kernel_size");
  return kernel;
}

Padding PaddingOf(CaffeTranslator& t, const CaffeMessage& m) {
  const Size2 pad = HeightAndWidth(t, m, "pad", "pad_h", "pad_w", 0, 0);
  return {pad.h, pad.h, pad.w, pad.w};
}

ConvGeometry GeometryOf(CaffeTranslator& t, const CaffeMessage& m) {
  ConvGeometry geometry;
  geometry.kernel = KernelOf(t, m);
  geometry.stride = HeightAndWidth(t, m, "stride", "stride_h", "stride_w", 1, 1);
  geometry.dilation = HeightAndWidth(t, m, "dilation", "", "", 1, 1);
  geometry.padding = PaddingOf(t, m);
  return geometry;
}

void CheckGroups(CaffeTranslator& t, const CaffeMessage& m, int groups, int channels, int outputs) {
  if (channels % groups != 0 || outputs % groups != 0)
    t.RefuseBad(fmt::format("{} channels cannot become {} in {} groups", channels, outputs, groups), m.LineOf("group"));
}

template <typename Operation>
void Convolve(CaffeTranslator& t, int groups) {
  constexpr bool kIsTransposed = std::is_same_v<Operation, Deconv2d>;
  const CaffeMessage m = t.settings("convolution_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  t.ExpectChannels(m.Integer("axis"), m.LineOf("axis"));
  const CaffeBlob& x = t.Bottom();
  ConvGeometry geometry = GeometryOf(t, m);
  geometry.groups = groups;
  const int outputs = t.Size(m, "num_output", 1);
  CheckGroups(t, m, groups, x.channels, outputs);
  const bool has_bias = m.Flag("bias_term");
  const Shape shape = kIsTransposed ? Shape{x.channels, outputs / groups, geometry.kernel.h, geometry.kernel.w}
                                    : Shape{outputs, x.channels / groups, geometry.kernel.h, geometry.kernel.w};
  std::vector<ValueId> parameters = {t.Parameter(0, ".weight", shape)};
  if (has_bias) parameters.push_back(t.Parameter(1, ".bias", {outputs}));
  CaffeBlob y = t.Add(Operation{geometry}, x, parameters);
  y.channels = outputs;
  const Padding none;
  y.is_pixel = x.is_pixel && geometry.kernel == Size2{1, 1} && geometry.padding == none;
  t.Give(y);
}

/// Caffe counts windows up to the end of the picture, and may begin one behind it where nothing is padded.
void CheckCeil(CaffeTranslator& t, const CaffeMessage& m, Size2 kernel, Size2 stride, const Padding& padding) {
  const Padding none;
  if (padding == none && (stride.h > kernel.h || stride.w > kernel.w))
    t.Refuse("its stride is larger than its window: with Caffe's rounding up a last window may hold no pixel",
             m.LineOf("stride"), "Say round_mode: FLOOR, where that is meant.");
}

}  // namespace

void Convolution(CaffeTranslator& t) { Convolve<Conv2d>(t, t.Size(t.settings("convolution_param"), "group", 1)); }

void DepthwiseConvolution(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("convolution_param");
  t.ExpectBottoms(1, 1);
  Convolve<Conv2d>(t, m.Has("group") ? t.Size(m, "group", 1) : t.Bottom().channels);
}

void Deconvolution(CaffeTranslator& t) { Convolve<Deconv2d>(t, t.Size(t.settings("convolution_param"), "group", 1)); }

void Pooling(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("pooling_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const CaffeBlob& x = t.Bottom();
  const std::string method = m.Text("pool");
  if (method != "MAX" && method != "AVE")
    t.Refuse(fmt::format("fcn pools by MAX and AVE, not by {}", method), m.LineOf("pool"));
  if (m.Flag("global_pooling")) {
    for (const char* field : {"kernel_size", "kernel_h", "kernel_w", "pad", "pad_h", "pad_w"})
      if (m.Has(field) && !(std::string_view(field).starts_with("pad") && m.Integer(field) == 0))
        t.RefuseBad(fmt::format("it has global_pooling and {} both", field), m.LineOf(field));
    const Op whole = MaxPool{.kernel = method == "MAX" ? t.SizeOf(x) : Size2{}, .stride = {}, .padding = {}};
    CaffeBlob y = t.Add(method == "MAX" ? whole : Op(GlobalAveragePool{}), x);
    y.is_pixel = true;
    return t.Give(y);
  }
  const Size2 kernel = KernelOf(t, m);
  const Size2 stride = HeightAndWidth(t, m, "stride", "stride_h", "stride_w", 1, 1);
  const Padding padding = PaddingOf(t, m);
  const bool ceil = m.Text("round_mode") == "CEIL";
  if (ceil) CheckCeil(t, m, kernel, stride, padding);
  CaffeBlob y = method == "MAX"
                    ? t.Add(MaxPool{.kernel = kernel, .stride = stride, .padding = padding, .ceil = ceil}, x)
                    : t.Add(AveragePool{.kernel = kernel, .stride = stride, .padding = padding, .ceil = ceil}, x);
  y.is_pixel = x.is_pixel && kernel == Size2{1, 1} && padding == Padding{};
  t.Give(y);
}

}  // namespace fcn::caffe_rules
