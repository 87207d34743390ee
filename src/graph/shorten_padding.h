#pragma once

#include "graph/training_form.h"

namespace fcn {

/// The training form with less padding where the network pads its image widely, as VGG16's FCN does, by 100 pixels.
/// What a network computes where its windows see nothing but that padding is the same from row to row, and so are the
/// derivatives of it by the parameters. So it need be computed for one such row near each end alone: the convolution
/// that reads the image gets as much padding as leaves one, a Stretch repeats that row where deeper layers need more,
/// and the Stretch's gradient adds what the repetitions receive. Deeper layers, which see farther, need more padding:
/// the padding grows by a Stretch after each layer with a stride, until a layer sees all of it. Loss, gradients and
/// names of values are those of the unshortened form (but for the order of sums), and each Stretch of NAME is
/// "NAME.stretched".
///
/// Only what slides is passed: convolutions, max poolings, and what works pixel by pixel; not statistics of a batch,
/// nor random dropout. The form itself where there is nothing to win.
TrainingForm ShortenPadding(TrainingForm form);

}  // namespace fcn
