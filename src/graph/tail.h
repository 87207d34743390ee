#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>

#include "graph/graph.h"

namespace fcn {

// What passes move behind a step's result: options, one struct each. Behind those with kEnds nothing can follow.

/// Of a NormaliseSums or NormaliseGradient, before all else: their g is what comes from behind this activation of the
/// normalised values, and passes where these lie inside of its sloping part. They are computed again from x; the
/// step's inputs end with the weight and bias that this takes.
struct TailMask {
  Activation function = Activation::kNone;
  bool operator==(const TailMask&) const = default;
};

struct TailBatchNorm {
  std::array<ValueId, 4> parameters = {kNoValue, kNoValue, kNoValue, kNoValue};  ///< weight, bias, mean, variance
  float epsilon = 0;
  bool operator==(const TailBatchNorm&) const = default;
};

/// The part of `whole`, which a step would have written, that lies where `like` does, as a Crop has it. Of both values
/// only shape and place matter; neither need exist.
struct TailCrop {
  ValueId whole = kNoValue, like = kNoValue;
  Size2 at = kWhereLikeLies;
  bool operator==(const TailCrop&) const = default;
};

/// The sum with another value.
struct TailResidual {
  ValueId value = kNoValue;
  bool operator==(const TailResidual&) const = default;
};

struct TailActivation {
  Activation function = Activation::kNone;
  float slope = 0;                                  ///< of a leaky ReLU: that of all channels,
  ValueId slopes = kNoValue;                        ///< or the parameter that has one for each
  operator Activation() const { return function; }  // NOLINT(google-explicit-constructor)
  bool operator==(const TailActivation&) const = default;
};

/// The largest of each window of 2×2, side by side, the last ones clipped: the step's output is as small as it is.
struct TailMaxPool {
  static constexpr bool kEnds = true;
  bool operator==(const TailMaxPool&) const = default;
};

/// Labels are written, and the scores they are chosen from never exist as a whole.
struct TailArgmax {
  static constexpr bool kEnds = true;
  bool operator==(const TailArgmax&) const = default;
};

/// The softmax loss of the scores that a Resize or Deconv2d computes, which do not exist as a whole. A Resize writes in
/// place of them the gradient by what it resizes; a Deconv2d, which also has weights to learn, that by the scores.
struct TailLoss {
  static constexpr bool kEnds = true;
  SoftmaxLoss op;
  ValueId labels = kNoValue, class_weights = kNoValue;  ///< the latter of a parameter, or none
  ValueId loss = kNoValue;                              ///< also written: the loss
  bool operator==(const TailLoss&) const = default;
};

/// Of a MaxPool with a note: windows whose largest value is 0 or less have no winner.
struct TailPositiveOnly {
  bool operator==(const TailPositiveOnly&) const = default;
};

/// At most one option of each kind, in the order of the kinds.
template <typename... Kinds>
class TailOf {
  template <typename T>
  static constexpr bool kIsKind = (std::is_same_v<T, Kinds> || ...);

 public:
  TailOf() = default;
  template <typename... Options>
    requires(sizeof...(Options) > 0 && (kIsKind<Options> && ...))
  TailOf(const Options&... options) {  // NOLINT(google-explicit-constructor)
    (Set(options), ...);
  }

  template <typename T>
  const std::optional<T>& Get() const {
    return std::get<std::optional<T>>(options_);
  }
  template <typename T>
  bool Has() const {
    return Get<T>().has_value();
  }
  bool empty() const { return *this == TailOf(); }
  template <typename T>
  void Set(const T& option) {
    std::get<std::optional<T>>(options_) = option;
  }
  template <typename T>
  void Remove() {
    std::get<std::optional<T>>(options_).reset();
  }
  /// Calls f(option) for each that there is, in order.
  template <typename F>
  void ForEach(const F& f) const {
    std::apply([&](const auto&... option) { (void(option && (f(*option), true)), ...); }, options_);
  }
  /// The same, where f may change them.
  template <typename F>
  void ForEach(const F& f) {
    std::apply([&](auto&... option) { (void(option && (f(*option), true)), ...); }, options_);
  }

  /// Whether an option of kind T can follow all that there are.
  template <typename T>
  bool TakesNext() const {
    bool takes = true;
    ForEach([&]<typename Option>(const Option&) {
      takes = takes && PlaceOf<Option>() < PlaceOf<T>() && !requires { Option::kEnds; };
    });
    return takes;
  }

  /// Where a kind comes in the order.
  template <typename T>
  static constexpr size_t PlaceOf() {
    static_assert(kIsKind<T>);
    size_t place = 0;
    (void)((std::is_same_v<T, Kinds> || (place++, false)) || ...);
    return place;
  }

  bool operator==(const TailOf&) const = default;

 private:
  std::tuple<std::optional<Kinds>...> options_;
};

/// All kinds, in the order in which they are applied.
using Tail = TailOf<TailMask, TailPositiveOnly, TailBatchNorm, TailCrop, TailResidual, TailActivation, TailMaxPool,
                    TailArgmax, TailLoss>;

/// That of the tail, or none.
inline TailActivation ActivationOf(const Tail& tail) { return tail.Get<TailActivation>().value_or(TailActivation()); }

}  // namespace fcn
