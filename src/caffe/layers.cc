#include "caffe/layers.h"

#include <algorithm>
#include <string_view>

namespace fcn {
namespace {

struct LayerRule {
  std::string_view type;
  void (*translate)(CaffeTranslator& t);
};

constexpr LayerRule kLayerRules[] = {
    {"Convolution", caffe_rules::Convolution},
    {"DepthwiseConvolution", caffe_rules::DepthwiseConvolution},  // of forks, as is the next
    {"ConvolutionDepthwise", caffe_rules::DepthwiseConvolution},
    {"Deconvolution", caffe_rules::Deconvolution},
    {"Pooling", caffe_rules::Pooling},
    {"InnerProduct", caffe_rules::InnerProduct},
    {"Flatten", caffe_rules::Flatten},
    {"Reshape", caffe_rules::Reshape},
    {"BatchNorm", caffe_rules::BatchNormLayer},
    {"Scale", caffe_rules::ScaleLayer},
    {"Bias", caffe_rules::BiasLayer},
    {"LRN", caffe_rules::Lrn},
    {"ReLU", caffe_rules::ReluLayer},
    {"ReLU6", caffe_rules::Relu6Layer},  // of forks
    {"PReLU", caffe_rules::PReluLayer},
    {"Sigmoid", caffe_rules::SigmoidLayer},
    {"TanH", caffe_rules::TanhLayer},
    {"Clip", caffe_rules::ClipLayer},
    {"Swish", caffe_rules::SwishLayer},
    {"AbsVal", caffe_rules::AbsoluteValue},
    {"Power", caffe_rules::PowerLayer},
    {"Dropout", caffe_rules::DropoutLayer},
    {"Softmax", caffe_rules::SoftmaxLayer},
    {"Eltwise", caffe_rules::Eltwise},
    {"Axpy", caffe_rules::Axpy},  // of SENet's fork
    {"Concat", caffe_rules::ConcatLayer},
    {"Slice", caffe_rules::SliceLayer},
    {"Split", caffe_rules::Split},
    {"Crop", caffe_rules::CropLayer},
    {"CROP", caffe_rules::CropWhereLikeLies},  // of the files that came before Caffe had the layer
};

}  // namespace

void TranslateLayer(CaffeTranslator& translator) {
  const auto* rule = std::ranges::find(kLayerRules, translator.layer().type, &LayerRule::type);
  if (rule == std::end(kLayerRules)) translator.Refuse("the scores depend on it, and fcn has no layer of this type");
  translator.RefuseUnknownFields();
  if (translator.IsMerged()) return translator.Give(translator.Bottom());
  rule->translate(translator);
}

}  // namespace fcn
