#include <fmt/format.h>

#include "caffe/layers.h"

namespace fcn::caffe_rules {
namespace {

/// One bottom, one top, and a function of each number, which may be flattened.
const CaffeBlob& OneNumber(CaffeTranslator& t) {
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  return t.BottomOrFlat();
}

}  // namespace

void ReluLayer(CaffeTranslator& t) {
  const CaffeBlob& x = OneNumber(t);
  const auto slope = static_cast<float>(t.settings("relu_param").Number("negative_slope"));
  t.Give(slope == 0 ? t.Add(Relu{}, x) : t.Add(LeakyRelu{.slope = slope}, x));
}

void PReluLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("prelu_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  const CaffeBlob& x = t.Bottom();
  const auto form = m.Flag("channel_shared") ? CaffeWeight::Form::kRepeated : CaffeWeight::Form::kPlain;
  const float begins = m.Has("filler") ? static_cast<float>(m.Message("filler").Number("value")) : 0.25f;
  t.Give(t.Add(PRelu{}, x, {t.Parameter(0, ".weight", {x.channels}, {.form = form, .begins = begins})}));
}

void SigmoidLayer(CaffeTranslator& t) { t.Give(t.Add(Sigmoid{}, OneNumber(t))); }
void TanhLayer(CaffeTranslator& t) { t.Give(t.Add(Tanh{}, OneNumber(t))); }
void Relu6Layer(CaffeTranslator& t) { t.Give(t.Add(Relu6{}, OneNumber(t))); }

void ClipLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("clip_param");
  const CaffeBlob& x = OneNumber(t);
  if (m.Number("min") != 0 || m.Number("max") != 6)
    t.Refuse(fmt::format("it clips to {:g} to {:g}; fcn does 0 to 6", m.Number("min"), m.Number("max")), m.line());
  t.Give(t.Add(Relu6{}, x));
}

void SwishLayer(CaffeTranslator& t) {
  const CaffeBlob& x = OneNumber(t);
  const auto beta = static_cast<float>(t.settings("swish_param").Number("beta"));
  const CaffeBlob scaled = beta == 1 ? x : t.Add(Scale{.factor = beta}, x, {}, ".scaled");
  t.Give(t.Add(Multiply{}, x, {t.Add(Sigmoid{}, scaled, {}, ".sigmoid").id}));
}

void AbsoluteValue(CaffeTranslator& t) {
  const CaffeBlob& x = OneNumber(t);
  const CaffeBlob positive = t.Add(Relu{}, x, {}, ".positive");
  const CaffeBlob negative = t.Add(Relu{}, t.Add(Scale{.factor = -1}, x, {}, ".negated"), {}, ".negative");
  t.Give(t.Add(Add{}, positive, {negative.id}));
}

void DropoutLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("dropout_param");
  const CaffeBlob& x = OneNumber(t);
  t.Give(t.Add(Dropout{.rate = static_cast<float>(m.Number("dropout_ratio"))}, x));
}

void SoftmaxLayer(CaffeTranslator& t) {
  const CaffeMessage m = t.settings("softmax_param");
  t.ExpectBottoms(1, 1);
  t.ExpectTops(1, 1);
  t.ExpectChannels(m.Integer("axis"), m.LineOf("axis"));
  t.Give(t.Add(Softmax{}, t.Bottom()));
}

}  // namespace fcn::caffe_rules
