#pragma once

// What is said of an operation once, in its struct, as `static constexpr OpFacts kFacts`. Rules that follow from it are
// written for a whole kind; an operation has a rule of its own where it differs.

#include <string_view>
#include <utility>
#include <variant>

#include "tensor/activation.h"

namespace fcn {

/// How many inputs an operation takes: activations, and after them parameters.
struct OpInputs {
  static constexpr int kAny = 1 << 30;  ///< no upper limit
  int min_activations = 1, max_activations = 1;
  int min_parameters = 0, max_parameters = 0;
};

/// Which rules follow.
enum class OpKind {
  kOwn,         ///< none: shape, place in the image and channels are stated for the operation alone
  kPointwise,   ///< a pixel of the output is the same function of that pixel of the inputs everywhere
  kLikeFirst,   ///< the output has shape and place of the first input, but is no such function
  kLikeSecond,  ///< a gradient by the second activation: it has shape and place of that
  kNowhere,     ///< sums over the whole batch and gradients of parameters have no place in the image
};

struct OpFacts {
  std::string_view name;  ///< in the text form
  OpKind kind = OpKind::kOwn;
  OpInputs inputs = {};
  /// How many of its activations (the first ones) it reads. Of the others, each a "like", only shape and place in the
  /// image matter, so that their values need not exist any more.
  int reads = OpInputs::kAny;
};

/// An operation for each function of one number that has no parameters.
template <template <Activation> typename Operation, size_t... i>
std::variant<Operation<static_cast<Activation>(i + 1)>...> ForEachFunction(std::index_sequence<i...>);
template <template <Activation> typename Operation>
using OfEveryFunction = decltype(ForEachFunction<Operation>(std::make_index_sequence<kPlainActivations>()));

/// The alternatives of several variants, in order.
template <typename... Variants>
struct Joined;
template <typename... A>
struct Joined<std::variant<A...>> {
  using Type = std::variant<A...>;
};
template <typename... A, typename... B, typename... Others>
struct Joined<std::variant<A...>, std::variant<B...>, Others...> : Joined<std::variant<A..., B...>, Others...> {};

template <typename T, OpKind... kinds>
concept IsOfKind = ((T::kFacts.kind == kinds) || ...);

}  // namespace fcn
