#pragma once

#include "caffe/translator.h"

namespace fcn {

/// Adds what the translator's layer computes, by the rule of its type. Throws Error(kUnsupported) for a type that there
/// is none of, for a field that is not known, and for what the rule does not do.
void TranslateLayer(CaffeTranslator& translator);

// The rules, by type.
namespace caffe_rules {

// Windows (windows.cc).
void Convolution(CaffeTranslator& t);
void DepthwiseConvolution(CaffeTranslator& t);
void Deconvolution(CaffeTranslator& t);
void Pooling(CaffeTranslator& t);

// Rows of features, and what only changes a blob's shape (features.cc).
void InnerProduct(CaffeTranslator& t);
void Flatten(CaffeTranslator& t);
void Reshape(CaffeTranslator& t);

// Factors and terms of each channel (channels.cc).
void BatchNormLayer(CaffeTranslator& t);
void ScaleLayer(CaffeTranslator& t);
void BiasLayer(CaffeTranslator& t);
void Lrn(CaffeTranslator& t);

// Functions of one number (functions.cc).
void ReluLayer(CaffeTranslator& t);
void PReluLayer(CaffeTranslator& t);
void SigmoidLayer(CaffeTranslator& t);
void TanhLayer(CaffeTranslator& t);
void Relu6Layer(CaffeTranslator& t);
void ClipLayer(CaffeTranslator& t);
void SwishLayer(CaffeTranslator& t);
void AbsoluteValue(CaffeTranslator& t);
void PowerLayer(CaffeTranslator& t);
void DropoutLayer(CaffeTranslator& t);
void SoftmaxLayer(CaffeTranslator& t);

// Several blobs (joins.cc).
void Eltwise(CaffeTranslator& t);
void Axpy(CaffeTranslator& t);
void ConcatLayer(CaffeTranslator& t);
void SliceLayer(CaffeTranslator& t);
void Split(CaffeTranslator& t);
void CropLayer(CaffeTranslator& t);
void CropWhereLikeLies(CaffeTranslator& t);

}  // namespace caffe_rules

}  // namespace fcn
