#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcn/export.h"

namespace fcn {

/// What a network may compute in beside float32.
enum class Precision : uint8_t { kBFloat16, kInt8 };
inline constexpr Precision kPrecisions[] = {Precision::kBFloat16, Precision::kInt8};

/// "bf16", "int8".
FCN_API std::string_view PrecisionName(Precision precision);
/// The precision of that name.
FCN_API std::optional<Precision> PrecisionNamed(std::string_view name);

/// A head's scores against true labels, in the precision and in float32, on the same pictures.
struct FCN_API PrecisionScores {
  double mean_iu = 0, float32_mean_iu = 0;
  std::array<double, 2> interval{};                             ///< of mean_iu - float32_mean_iu, 95 per cent
  std::vector<std::optional<double>> iu = {}, float32_iu = {};  ///< of each class; none of one that is nowhere
  bool operator==(const PrecisionScores&) const = default;
};

/// What a precision does to a head.
struct FCN_API HeadChange {
  double changed_labels = 0;                   ///< the share of labels that are not float32's
  std::optional<PrecisionScores> scores = {};  ///< where there were true labels
  bool operator==(const HeadChange&) const = default;
};

/// What was measured of a model in a precision.
struct FCN_API VerifiedPrecision {
  Precision precision = Precision::kBFloat16;
  bool passed = false;    ///< whether the loss was within what whoever measured allowed: nobody else is to choose it
  std::string data = {};  ///< what it was measured on, in words
  int64_t pictures = 0;
  double tolerance = 0;  ///< the largest allowed difference from a golden vector's score, in this precision
  std::vector<HeadChange> heads = {};  ///< in the model's order
  bool operator==(const VerifiedPrecision&) const = default;
};

}  // namespace fcn
