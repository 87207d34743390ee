#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "caffe/layers.h"
#include "fcn/text.h"

namespace fcn::caffe_rules {
namespace {

constexpr size_t kMostBlobs = 4096;

/// The larger of two numbers: y + max(x - y, 0).
CaffeBlob Larger(CaffeTranslator& t, const CaffeBlob& x, const CaffeBlob& y, const std::string& ending) {
  const CaffeBlob negated = t.Add(Scale{.factor = -1}, y, {}, ending + ".negated");
  const CaffeBlob more = t.Add(Relu{}, t.Add(Add{}, x, {negated.id}, ending + ".difference"), {}, ending + ".more");
  return t.Add(Add{}, more, {y.id}, ending);
}

/// Where each of a Slice's parts begins, and the end.
std::vector<int> BoundsOf(CaffeTranslator& t, const CaffeMessage& m, int channels) {
  const auto tops = static_cast<int>(t.layer().tops.size());
  std::vector<int> bounds = {0};
  const size_t points = m.Count("slice_point");
  if (points == 0) {
    if (channels % tops != 0) t.RefuseBad(fmt::format("{} channels cannot become {} equal parts", channels, tops));
    for (int i = 1; i <= tops; i++) bounds.push_back(channels / tops * i);
    return bounds;
  }
  if (points + 1 != t.layer().tops.size())
    t.RefuseBad(fmt::format("it has {} slice points for {} tops", points, tops), m.LineOf("slice_point"));
  for (size_t i = 0; i < points; i++) bounds.push_back(t.Size(m, "slice_point", 1, i));
  bounds.push_back(channels);
  if (std::ranges::adjacent_find(bounds, std::ranges::greater_equal()) != bounds.end())
    t.RefuseBad(fmt::format("its slice points do not rise, or lie behind the last of {} channels", channels),
                m.LineOf("slice_point"));
  return bounds;
}

}  // namespace

void Eltwise(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("eltwise_param");
  t.ExpectBottoms(2, kMostBlobs);
  t.ExpectTops(1, 1);
  const std::string operation = m.Text("operation");
  const std::vector<double> coefficients = m.Numbers("coeff");
  if (!coefficients.empty() && (coefficients.size() != t.bottoms() || operation != "SUM"))
    t.RefuseBad(fmt::format("it has {} coefficients for {} of {} blobs", coefficients.size(), operation, t.bottoms()),
                m.LineOf("coeff"));
  const auto term = [&](size_t i) {
    const CaffeBlob& x = t.Bottom(i);
    if (x.channels != t.Bottom(0).channels)
      t.RefuseBad(fmt::format("{} has {} channels, and {} has {}", Quoted(t.layer().bottoms[0]), t.Bottom(0).channels,
                              Quoted(t.layer().bottoms[i]), x.channels));
    if (coefficients.empty() || coefficients[i] == 1) return x;
    return t.Add(Scale{.factor = static_cast<float>(coefficients[i])}, x, {}, fmt::format(".term{}", i));
  };
  CaffeBlob sum = term(0);
  for (size_t i = 1; i < t.bottoms(); i++) {
    const std::string ending = i + 1 == t.bottoms() ? "" : fmt::format(".first{}", i + 1);
    const CaffeBlob next = term(i);
    const bool is_pixel = sum.is_pixel || next.is_pixel;
    if (operation == "SUM") sum = t.Add(Add{}, sum, {next.id}, ending);
    if (operation == "PROD") sum = t.Add(Multiply{}, sum, {next.id}, ending);
    if (operation == "MAX") sum = Larger(t, sum, next, ending);
    sum.is_pixel = is_pixel;
  }
  t.Give(sum);
}

/// A factor for each channel of each picture, times a map, and another map.
void Axpy(CaffeTranslator& t) {
  t.ExpectBottoms(3, 3);
  t.ExpectTops(1, 1);
  const CaffeBlob scaled = t.Add(Multiply{}, t.Bottom(1), {t.Bottom(0).id}, ".scaled");
  t.Give(t.Add(Add{}, scaled, {t.Bottom(2).id}));
}

void ConcatLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("concat_param");
  t.ExpectBottoms(1, kMostBlobs);
  t.ExpectTops(1, 1);
  const bool is_old = m.Has("concat_dim");
  t.ExpectChannels(is_old ? m.Integer("concat_dim") : m.Integer("axis"), m.LineOf(is_old ? "concat_dim" : "axis"));
  std::vector<ValueId> others;
  int64_t channels = t.Bottom(0).channels;
  bool is_pixel = t.Bottom(0).is_pixel;
  for (size_t i = 1; i < t.bottoms(); i++) {
    others.push_back(t.Bottom(i).id);
    channels += t.Bottom(i).channels;
    is_pixel = is_pixel || t.Bottom(i).is_pixel;
  }
  if (channels > kLargestAttribute) t.RefuseBad(fmt::format("it joins {} channels", channels));
  CaffeBlob joined = t.bottoms() == 1 ? t.Bottom(0) : t.Add(Concat{}, t.Bottom(0), others);
  joined.channels = static_cast<int>(channels);
  joined.is_pixel = is_pixel;
  t.Give(joined);
}

void SliceLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("slice_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, kMostBlobs);
  const bool is_old = m.Has("slice_dim");
  t.ExpectChannels(is_old ? m.Integer("slice_dim") : m.Integer("axis"), m.LineOf(is_old ? "slice_dim" : "axis"));
  const CaffeBlob x = t.Bottom();
  const std::vector<int> bounds = BoundsOf(t, m, x.channels);
  for (size_t i = 0; i + 1 < bounds.size(); i++) {
    const int count = bounds[i + 1] - bounds[i];
    CaffeBlob part = t.Add(SliceChannels{.first = bounds[i], .count = count}, x, {}, fmt::format(".{}", i));
    part.channels = count;
    t.Give(part, i);
  }
}

void Split(CaffeTranslator& t) {
  t.ExpectBottoms(1, 1);
  const CaffeBlob x = t.BottomOrFlat();
  for (size_t i = 0; i < t.layer().tops.size(); i++) t.Give(x, i);
}

void CropLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("crop_param");
  t.ExpectBottoms(2, 2);
  t.ExpectTops(1, 1);
  int64_t axis = m.Integer("axis");
  if (axis < 0) axis += 4;
  if (axis != 1 && axis != 2)
    t.Refuse(fmt::format("it crops from axis {} on, not from 1 or 2", m.Integer("axis")), m.LineOf("axis"));
  // One offset for all axes from there on, or one for each.
  const size_t offsets = m.Count("offset"), axes = static_cast<size_t>(4 - axis);
  if (offsets > 1 && offsets != axes)
    t.RefuseBad(fmt::format("it has {} offsets for {} axes", offsets, axes), m.LineOf("offset"));
  const auto offset = [&](int64_t of_axis) {
    if (of_axis < axis || offsets == 0) return 0;
    return t.Size(m, "offset", 0, offsets == 1 ? 0 : static_cast<size_t>(of_axis - axis));
  };
  CaffeBlob x = t.Bottom(0);
  const CaffeBlob& like = t.Bottom(1);
  if (axis == 1 && (x.channels != like.channels || offset(1) != 0)) {
    if (offset(1) + like.channels > x.channels)
      t.RefuseBad(
          fmt::format("channels {} to {} of {} are not there", offset(1), offset(1) + like.channels - 1, x.channels),
          m.LineOf("offset"));
    x = t.Add(SliceChannels{.first = offset(1), .count = like.channels}, x, {}, ".channels");
    x.channels = like.channels;
  }
  CaffeBlob y = t.Add(Crop{.at = {offset(2), offset(3)}}, x, {like.id});
  y.is_pixel = like.is_pixel;
  t.Give(y);
}

void CropWhereLikeLies(CaffeTranslator& t) {
  t.ExpectBottoms(2, 2);
  t.ExpectTops(1, 1);
  CaffeBlob y = t.Add(Crop{}, t.Bottom(0), {t.Bottom(1).id});
  y.is_pixel = t.Bottom(1).is_pixel;
  t.Give(y);
}

}  // namespace fcn::caffe_rules
