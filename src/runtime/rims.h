#pragma once

// Rims: what lies around the part of a value that an image reaches. It is the network's answer to padding alone, so any
// image leaves the same, also a blank one and a much smaller one: along each axis a blank map differs near its two ends
// alone, and all samples between are equal. So a rim is stored as the map's ends and one sample between them, a few
// pixels squared, whatever the size of the image.

#include <cstdint>
#include <memory>
#include <mutex>

#include "base/context.h"
#include "fcn/function_ref.h"
#include "runtime/image_window.h"
#include "tensor/any_tensor.h"

namespace fcn {

/// One axis of a value of a blank image: the first `lead` and the last `trail` of its `size` samples may differ from
/// each other, and all between are equal.
struct BlankAxis {
  int64_t size = 0, lead = 0, trail = 0;

  int64_t stored() const { return lead + trail < size ? lead + 1 + trail : size; }
  int64_t StoredAt(int64_t sample) const {
    if (sample < lead) return sample;
    return sample < size - trail ? lead : sample - size + stored();
  }
  int64_t SampleOf(int64_t at) const { return at <= lead ? at : at - stored() + size; }
};

/// How the rim of one value is stored.
struct Rim {
  ValueId value = kNoValue;
  BlankAxis rows, columns;  ///< of the map itself
  int64_t pixel_bytes = 0;  ///< of all channels
  int64_t offset = 0;       ///< bytes before it in the memory that all rims of a program share

  int64_t bytes() const { return rows.stored() * columns.stored() * pixel_bytes; }
};

/// Takes the rim out of the value's map on a blank image of any size whose axes have these ends, to its place in
/// `rims`.
void StoreRim(const Rim& rim, const ConstAnyView& blank, uint8_t* rims);

/// The inverse: the map on a blank image of any size whose axes have these ends.
void SpreadRim(const Rim& rim, const uint8_t* rims, const AnyView& blank);

/// Writes what of a value is kept but not computed, in each image of the batch. `kept` has the size of part.kept.
void FillRim(const Rim& rim, const uint8_t* rims, const Part& part, const AnyView& kept, const Context& context);

/// The rims of a program, and of others that would have the same. Thread-safe.
class Rims {
 public:
  explicit Rims(int64_t bytes) : bytes_(bytes) {}

  int64_t bytes() const { return bytes_; }
  /// The stored rims, which compute() has written at some time: for the first who asks. Several who are the first at
  /// once all compute, to the same bytes, and wait for nobody.
  const uint8_t* Get(FunctionRef<void(uint8_t*)> compute) const;

 private:
  int64_t bytes_;
  mutable std::mutex mutex_;
  mutable AlignedBuffer<uint8_t> stored_;  // written once
};

}  // namespace fcn
