#pragma once

// Bilinear resizing with half-pixel centres: torch's interpolate(mode="bilinear", align_corners=False,
// antialias=False), OpenCV's INTER_LINEAR, ONNX's Resize with "half_pixel". Along each axis, all in float32 as torch
// does:
//
//   source = max(0, (i + 0.5) · (in / out) − 0.5),  i0 = min(⌊source⌋, in − 1),  i1 = min(i0 + 1, in − 1),
//   w1 = clamp(source − i0, 0, 1),  w0 = 1 − w1
//   out[n,y,x,c] = w0y · (w0x · in[n,y0,x0,c] + w1x · in[n,y0,x1,c]) + w1y · (w0x · in[n,y1,x0,c] + w1x ·
//   in[n,y1,x1,c])
//
// Source: aten/src/ATen/native/UpSample.h (area_pixel_compute_source_index, guard_index_and_lambda).

#include <vector>

#include "base/context.h"
#include "tensor/tensor.h"

namespace fcn::resize {

/// Where an output row or column comes from.
struct Source {
  int64_t i0, i1;
  float w0, w1;
};

/// The sources of all `out` positions of an axis of `in` samples; both at least 1.
std::vector<Source> BilinearSources(int64_t in, int64_t out);

/// Floats of scratch memory that Bilinear needs for `threads` workers.
int64_t BilinearScratchFloats(const Nhwc& output, int threads);

/// Resizes each channel of each image to the output's height and width. Shapes N×H×W×C and N×H'×W'×C.
void Bilinear(TensorView<const float> input, TensorView<float> output, float* scratch, const Context& context);

}  // namespace fcn::resize
