#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "graph/by_value.h"

namespace fcn {

/// The softmax loss of the scores that a Resize or Deconv2d computes, which do not exist as a whole. A Resize writes in
/// place of them the gradient by what it resizes; a Deconv2d, which also has weights to learn, that by the scores.
struct FusedLoss {
  SoftmaxLoss op;
  ValueId labels = kNoValue, class_weights = kNoValue;  ///< the latter of a parameter, or none
  ValueId loss = kNoValue;                              ///< also written: the loss
  bool operator==(const FusedLoss&) const = default;
};

/// The part of `whole`, which a step would have written, that lies where `like` does, as a Crop has it. Of both values
/// only shape and place matter; neither need exist.
struct FusedCrop {
  ValueId whole = kNoValue, like = kNoValue;
  bool operator==(const FusedCrop&) const = default;
};

/// An activation behind a step's result.
struct FusedActivation {
  Activation function = Activation::kNone;
  float slope = 0;                                  ///< of a leaky ReLU: that of all channels,
  ValueId slopes = kNoValue;                        ///< or the parameter that has one for each
  operator Activation() const { return function; }  // NOLINT(google-explicit-constructor)
  bool operator==(const FusedActivation&) const = default;
};

/// What passes have moved behind a step's result, applied in this order: batch norm, crop, residual, activation,
/// max pool, argmax. TailSupportOf says which of them a step can have.
struct FusedTail {
  std::vector<ValueId> batch_norm;  ///< weight, bias, mean, variance; empty for none
  float epsilon = 0;
  ValueId residual = kNoValue;
  FusedActivation activation = {};
  bool max_pool = false;  ///< windows of 2×2 side by side, the last ones clipped: `output` is as small as it is
  bool argmax = false;    ///< labels are written, and the scores they are chosen from never exist as a whole
  /// Of a NormaliseSums or NormaliseGradient, before all else: their g is what comes from behind this activation of the
  /// normalised values, and passes where these lie inside of its sloping part. They are computed again from x; the
  /// step's inputs end with the weight and bias that this takes.
  Activation mask = Activation::kNone;
  std::optional<FusedCrop> crop = {};  ///< of a Deconv2d
  std::optional<FusedLoss> loss = {};  ///< of a Resize or Deconv2d
  bool positive_only = false;  ///< of a MaxPool with a note: windows whose largest value is 0 or less have no winner

  /// Whether it has what comes last, so that neither a residual nor an activation can follow.
  bool is_closed() const { return max_pool || argmax || loss; }
  bool operator==(const FusedTail&) const = default;
};

/// An operation with what has been fused into it.
struct Step {
  std::string name;  ///< of the node that it began as
  Op op;
  std::vector<ValueId> inputs;
  ValueId output = kNoValue;
  FusedTail tail;
  /// The number of what an earlier step leaves for a later one, beside its output: a MaxPool for its gradient, which
  /// tap of each window was the largest. The two have the same; -1 for none.
  int note = -1;
  /// Steps that run as part of this one, some rows at a time: no whole map of what they write ever exists. The first
  /// reads the value of inputs[0], each other one reads what the one before writes, and the last one's output is what
  /// `op` has in place of inputs[0].
  std::vector<Step> before = {};
};

/// How many of its inputs, the first, a step reads the values of. A MaxPoolGradient with a note reads g alone.
int ActivationsRead(const Step& step);

/// A graph on its way to a program: the same values (ids and names are the graph's), fewer and larger steps. Passes
/// rewrite it; the graph itself never changes, so it prints, saves and differentiates as it was written.
struct Lowered {
  std::shared_ptr<const Graph> graph;
  std::vector<Step> steps;
  std::vector<ValueId> outputs;  ///< as the graph's, except where a pass found that an output equals another value
  /// Where they are known and weights do not change between runs: what passes that pay for some sizes only decide by.
  ByValue<Nhwc> shapes = {};
};

/// Which parts of a tail the steps of an operation compute: Conv2d batch norm, residual, any activation and max pool,
/// Deconv2d crop, residual, an activation that clamps and argmax or the loss, Linear batch norm and any activation,
/// BatchNorm, Add and Multiply any activation, Normalise one that clamps, Resize the argmax or the loss,
/// ConvDataGradient the residual, NormaliseSums and NormaliseGradient the mask, MaxPool positive_only, the others none.
struct TailSupport {
  bool batch_norm = false, residual = false, activation = false, function = false, max_pool = false, argmax = false,
       mask = false, crop = false, loss = false, positive_only = false;

  bool Takes(Activation which) const { return which == Activation::kNone || (Clamps(which) ? activation : function); }
};
TailSupport TailSupportOf(const Op& op);

/// One step per node, but for those that no output needs.
Lowered Lower(std::shared_ptr<const Graph> graph);

/// Throws Error(kInternal), with the step's name, unless every step reads only values that are inputs, parameters or
/// written before (a "like" need only be a value), writes an activation that no other step writes, and has only such a
/// tail as its operation supports, unless types are what the operations give, unless each note was left by the pooling
/// whose gradient takes it, unless steps that run as part of another are convolutions in a chain, and unless every
/// output is an input or written.
void Verify(const Lowered& lowered);

}  // namespace fcn
