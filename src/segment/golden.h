#pragma once

#include <string>
#include <vector>

#include "base/context.h"
#include "fcn/error.h"
#include "fcn/verification.h"
#include "models/model.h"
#include "runtime/plan.h"
#include "segment/predictor/program_cache.h"

namespace fcn {

/// Computes what a model answers to a known input, to be saved with it: some scores, spread over the map, and the
/// tolerance that other instruction sets and kernels are held to (a thousandth of the scores' standard deviation: wider
/// than what Winograd's errors grow to through a whole network, far below what a damaged weight does). Direct sums, so
/// that the answer is as exact as float32 gives. Where all scores are equal (layers that have not been trained begin as
/// zeros) the tolerance is 0, and the vector says nothing about the other weights. Memory is asked for as for any other
/// request of `shared`. Throws as Predictor::Scores does.
GoldenVector MakeGolden(const ModelContents& model, const Context& context, size_t head = 0,
                        const CompileOptions& options = {}, const ProgramCache::Shared& shared = {});
/// One for each head.
std::vector<GoldenVector> MakeGoldens(const ModelContents& model, const Context& context,
                                      const CompileOptions& options = {}, const ProgramCache::Shared& shared = {});

/// Throws Error(kInput) where a golden vector that was just made has scores that are infinite or no numbers, as weights
/// that are finite may give: no model could hold these. `where` (the weights' file) begins the message.
void CheckAnswers(const ModelContents& model, const std::string& where);

/// Whether the scores of any golden vector differ; true for a model without such vectors, of which nothing is known.
bool IsTrained(const ModelContents& model);

/// Throws Error(kInput) where computing all of a model's golden vectors takes more than kMostGoldenWork or
/// kMostGoldenValues, or one does not fit the network; `where` (the file) begins the message.
void CheckCostOfGoldens(const ModelContents& model, const std::string& where);

/// Of all vectors together, some forty times what one of VGG16's FCN takes: multiply-adds, and samples of pooling
/// windows; and numbers in all values.
inline constexpr double kMostGoldenWork = 0x1p40, kMostGoldenValues = 0x1p32;

/// Calls body() for a golden vector. It may have a size that the network cannot take, which errors speak of as of a
/// picture's: they get `where` and the vector before.
template <typename Body>
auto NamingGolden(const GoldenVector& golden, const std::string& where, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(error.code(),
                where + ": golden vector of " + std::to_string(golden.width) + "x" + std::to_string(golden.height) +
                    ": " + error.message(),
                error.hint());
  }
}

/// Computes the same again and compares. A score that is not a number counts as an infinite difference. Throws
/// Error(kInput) where the vector does not fit the network.
GoldenResult CheckGolden(const ModelContents& model, const GoldenVector& golden, const CompileOptions& options,
                         const Context& context, const ProgramCache::Shared& shared = {});

}  // namespace fcn
