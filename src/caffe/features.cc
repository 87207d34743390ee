#include <fmt/format.h>

#include <vector>

#include "caffe/layers.h"
#include "fcn/text.h"

namespace fcn::caffe_rules {
namespace {

/// A map as the features of a picture: nothing moves, since fully connected layers flatten channels first, too.
CaffeBlob Flattened(const CaffeBlob& x) {
  CaffeBlob flat = x;
  flat.is_flat = !x.is_pixel;
  return flat;
}

std::string Text(const std::vector<double>& dims) {
  std::string text;
  for (const double dim : dims) text += fmt::format("{}{:g}", text.empty() ? "" : " ", dim);
  return text;
}

}  // namespace

void InnerProduct(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("inner_product_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const int64_t axis = m.Integer("axis");
  if (axis != 1) t.Refuse(fmt::format("it is fully connected from axis {} on, not from 1", axis), m.LineOf("axis"));
  const CaffeBlob& x = t.BottomOrFlat();
  const int outputs = t.Size(m, "num_output", 1);
  const auto form = m.Flag("transpose") ? CaffeWeight::Form::kTransposed : CaffeWeight::Form::kPlain;
  std::vector<ValueId> parameters = {t.Parameter(0, ".weight", {outputs, t.NumbersOf(x)}, {.form = form})};
  if (m.Flag("bias_term")) parameters.push_back(t.Parameter(1, ".bias", {outputs}));
  CaffeBlob y = t.Add(Linear{}, x, parameters);
  y.channels = outputs;
  y.is_pixel = true, y.is_flat = false;
  t.Give(y);
}

void Flatten(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("flatten_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const int64_t first = m.Integer("axis"), last = m.Integer("end_axis");
  if ((first != 1 && first != -3) || (last != -1 && last != 3))
    t.Refuse(fmt::format("it flattens axes {} to {}, not 1 to -1", first, last), m.LineOf("axis"));
  t.Give(Flattened(t.BottomOrFlat()));
}

void Reshape(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("reshape_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const CaffeBlob& x = t.BottomOrFlat();
  const std::vector<double> dims = m.Message("shape").Numbers("dim");
  const auto refuse = [&] {
    t.Refuse(fmt::format("it makes the shape {} of {}, which changes more than a view", Text(dims),
                         Quoted(t.layer().bottoms[0])),
             m.LineOf("shape"));
  };
  if (m.Integer("axis") != 0 || m.Integer("num_axes") != -1) refuse();
  // Of a 4-dimensional blob: 0 keeps an axis, -1 is what is left.
  const bool keeps_all = dims == std::vector<double>{0, 0, 0, 0} || dims == std::vector<double>{0, 0, 0, -1} ||
                         dims == std::vector<double>{0, 0, -1, 0} || dims == std::vector<double>{0, -1, 0, 0};
  if (keeps_all && !x.is_flat) return t.Give(x);
  // A row of features: the batch, the features, and perhaps axes of one.
  bool is_row = dims.size() >= 2 && (dims[0] == 0 || dims[0] == -1 || dims[0] == 1);
  for (size_t i = 2; i < dims.size(); i++) is_row = is_row && (dims[i] == 1 || (x.is_pixel && dims[i] == 0));
  if (!is_row) refuse();
  const bool keeps_channels = dims[1] == 0;
  if (x.is_pixel && (keeps_channels || dims[1] == -1 || dims[1] == x.channels)) return t.Give(x);
  if (!x.is_pixel && (dims[1] == -1 || (dims[1] > 0 && dims[1] == static_cast<double>(t.NumbersOf(x)))))
    return t.Give(Flattened(x));
  refuse();
}

}  // namespace fcn::caffe_rules
