#pragma once

namespace fcn {

/// What becomes of the mean over a whole map where a classifier becomes a dense predictor.
enum class GlobalPooling {
  /// It is left out where fully connected layers alone read it: each place is scored by itself, and the mean of the
  /// scores is what the classifier gives. Elsewhere as kSliding.
  kLeftOut,
  /// It is a mean over a window as large as the classifier's map, which slides by one: each score is what the
  /// classifier gives for the pixels that it sees, but for padding. Needs pictures of the classifier's size at least.
  kSliding,
};

}  // namespace fcn
