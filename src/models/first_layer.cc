#include "models/first_layer.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

constexpr std::array<std::string_view, 3> kNames = {"mean", "repeat", "zeros"};

/// A band of the new layer, as a sum of the three that there are.
using Mix = std::array<float, kColourBands>;

Mix Only(int band, float factor) {
  Mix mix = {};
  mix[static_cast<size_t>(band % kColourBands)] = factor;
  return mix;
}

Mix NewBand(int band, NewBands mode) {
  constexpr float kThird = 1.0f / kColourBands;
  switch (mode) {
    case NewBands::kMean:
      return {kThird, kThird, kThird};
    case NewBands::kRepeat:
      return Only(band, 1);
    case NewBands::kZeros:
      return {};
  }
  return {};
}

std::vector<Mix> MixesFor(std::span<const InputPort> inputs, NewBands mode) {
  std::vector<Mix> mixes;
  const int first = inputs[0].channels;
  for (int band = 0; band < first; band++) {
    const float part = 1.0f / static_cast<float>(first);
    if (first < kColourBands)
      mixes.push_back(mode == NewBands::kRepeat ? Only(band, kColourBands * part) : Mix{part, part, part});
    else
      mixes.push_back(band < kColourBands ? Only(band, 1) : NewBand(band, mode));
  }
  for (const InputPort& input : inputs.subspan(1))
    for (int band = 0; band < input.channels; band++) mixes.push_back(NewBand(band, mode));
  return mixes;
}

}  // namespace

std::string_view NewBandsName(NewBands mode) { return kNames[static_cast<size_t>(mode)]; }

NewBands NewBandsFromText(std::string_view text) {
  for (size_t i = 0; i < kNames.size(); i++)
    if (kNames[i] == text) return static_cast<NewBands>(i);
  throw Error(
      ErrorCode::kUsage, fmt::format("new bands cannot begin as {}", Quoted(text)),
      "They begin as \"mean\" (of the weights for red, green and blue), \"repeat\" (these in turn) or \"zeros\".");
}

StoredTensor AdaptFirstLayer(const StoredTensor& colour, std::span<const InputPort> inputs, NewBands mode) {
  const Shape& from = colour.shape;
  FCN_CHECK(from.rank() == 4 && from[1] == kColourBands && !inputs.empty());
  const std::vector<Mix> mixes = MixesFor(inputs, mode);
  const std::vector<float> old = colour.ToFloats();
  const auto taps = static_cast<size_t>(from[2] * from[3]), outputs = static_cast<size_t>(from[0]);
  std::vector<float> values;
  values.reserve(outputs * mixes.size() * taps);
  for (size_t output = 0; output < outputs; output++)
    for (const Mix& mix : mixes)
      for (size_t tap = 0; tap < taps; tap++) {
        const float* of_red = &old[output * kColourBands * taps + tap];
        values.push_back(mix[0] * of_red[0] + mix[1] * of_red[taps] + mix[2] * of_red[2 * taps]);
      }
  return StoredTensor::FromFloats({from[0], static_cast<int64_t>(mixes.size()), from[2], from[3]}, values);
}

std::string BeginningOfBands(std::span<const InputPort> inputs, NewBands mode) {
  const bool replaces = inputs[0].channels < kColourBands;
  if (!replaces) return fmt::format("new ones began as \"{}\"", NewBandsName(mode));
  std::string text = fmt::format("the first input's began as \"{}\", in place of the three",
                                 NewBandsName(mode == NewBands::kRepeat ? mode : NewBands::kMean));
  if (inputs.size() > 1) text += fmt::format(", other ones as \"{}\"", NewBandsName(mode));
  return text;
}

StoredTensor InOrder(const StoredTensor& weight, std::span<const InputPort> from, std::span<const size_t> places) {
  FCN_CHECK(weight.shape.rank() == 4);
  std::vector<size_t> bands;  // of the new weight, in the old one
  for (const size_t place : places) {
    size_t first = 0;
    for (size_t i = 0; i < place; i++) first += static_cast<size_t>(from[i].channels);
    for (int band = 0; band < from[place].channels; band++) bands.push_back(first++);
  }
  const std::vector<float> old = weight.ToFloats();
  const auto taps = static_cast<size_t>(weight.shape[2] * weight.shape[3]);
  std::vector<float> values;
  values.reserve(old.size());
  for (size_t output = 0; output < static_cast<size_t>(weight.shape[0]); output++)
    for (const size_t band : bands) {
      const float* of_band = &old[(output * bands.size() + band) * taps];
      values.insert(values.end(), of_band, of_band + taps);
    }
  return StoredTensor::FromFloats(weight.shape, values);
}

}  // namespace fcn
