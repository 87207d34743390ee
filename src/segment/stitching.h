#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "tensor/tensor.h"

namespace fcn {

/// Shift-and-stitch (Long, Shelhamer and Darrell 2015, section 3.2): a network whose coarse scores are f pixels apart
/// runs on f² shifted copies of a picture, and their scores are interlaced to one for each pixel, without any
/// upsampling. Beyond the picture every copy has zeros, as padding is. A score belongs to the pixel where the network's
/// own resizing puts it, of a map that covers the picture; otherwise to the middle of what it sees; to the one before
/// where that is between two.

/// The network with the scores of each head before they are brought to the picture's size: what the last Resize reads,
/// or the last transposed convolution, whose crops are left out too. The scores themselves where there is neither.
Graph CoarseNetwork(Graph network);

class Stitching {
 public:
  /// Of a CoarseNetwork, for pictures of this size. Throws Error(kUnsupported) that names the network where the scores
  /// of its heads, or of rows and columns, lie at different strides, or at one that is no whole number or above 4096;
  /// Error(kInput) where no size of input gives all scores.
  Stitching(const Graph& coarse, int64_t height, int64_t width, const std::string& name);

  int64_t stride() const { return rows_.stride; }
  /// How many copies there are: stride², fewer of a picture that is smaller than the stride.
  int64_t shifts() const { return rows_.shifts * columns_.shifts; }
  /// The shapes of the network's inputs for each of them.
  const std::vector<Nhwc>& inputs() const { return inputs_; }

  /// The copy of an input: `picture` is 1×height×width×bands, `copy` has the shape of that input.
  void Shift(int64_t shift, TensorView<const float> picture, TensorView<float> copy) const;
  /// Puts the coarse scores of that copy where they belong: `scores` is 1×height×width×classes.
  void Stitch(int64_t shift, TensorView<const float> coarse, TensorView<float> scores) const;

 private:
  /// Along one axis: coarse score i of the copy that begins `before` pixels before the picture is that of pixel
  /// stride · (i − skipped) + shift.
  struct Axis {
    int64_t stride = 1, first = 0;  ///< the pixel in which the first score lies, or before it
    int64_t size = 1;               ///< of the picture
    int64_t shifts = 1;             ///< those that have a pixel in it
    int64_t before(int64_t shift) const { return stride * skipped(shift) + first - shift; }
    int64_t skipped(int64_t shift) const { return shift <= first ? 0 : (shift - first + stride - 1) / stride; }
    int64_t most_before() const;
    int64_t most_scores() const;  ///< how many a copy must have
  };

  Axis rows_, columns_;
  std::vector<Nhwc> inputs_;
};

}  // namespace fcn
