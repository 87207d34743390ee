#include "runtime/rims.h"

#include <algorithm>

#include "base/check.h"

namespace fcn {

namespace {

/// The axis of a shorter or longer map with the same ends.
BlankAxis Resized(const BlankAxis& axis, int64_t size) {
  const BlankAxis resized{size, std::min(axis.lead, size), axis.trail};
  FCN_CHECK(resized.stored() == axis.stored());
  return resized;
}

}  // namespace

void StoreRim(const Rim& rim, const ConstAnyView& blank, uint8_t* rims) {
  const BlankAxis rows = Resized(rim.rows, blank.shape.h), columns = Resized(rim.columns, blank.shape.w);
  uint8_t* to = rims + rim.offset;
  for (int64_t y = 0; y < rows.stored(); y++)
    for (int64_t x = 0; x < columns.stored(); x++, to += rim.pixel_bytes)
      std::copy_n(blank.at(0, rows.SampleOf(y), columns.SampleOf(x)), rim.pixel_bytes, to);
}

void SpreadRim(const Rim& rim, const uint8_t* rims, const AnyView& blank) {
  const BlankAxis rows = Resized(rim.rows, blank.shape.h), columns = Resized(rim.columns, blank.shape.w);
  for (int64_t y = 0; y < blank.shape.h; y++)
    for (int64_t x = 0; x < blank.shape.w; x++)
      std::copy_n(rims + rim.offset + (rows.StoredAt(y) * columns.stored() + columns.StoredAt(x)) * rim.pixel_bytes,
                  rim.pixel_bytes, blank.at(0, y, x));
}

void FillRim(const Rim& rim, const uint8_t* rims, const Part& part, const AnyView& kept, const Context& context) {
  const Region &all = part.kept, &inner = part.computed;
  if (all == inner) return;
  const uint8_t* stored = rims + rim.offset;
  context.Parallel(kept.shape.n * kept.shape.h, [&](int64_t task, int) {
    const int64_t n = task / kept.shape.h, y = all.rows.begin + task % kept.shape.h;
    const uint8_t* from = stored + rim.rows.StoredAt(y) * rim.columns.stored() * rim.pixel_bytes;
    const auto fill = [&](int64_t begin, int64_t end) {
      for (int64_t x = begin; x < end; x++)
        std::copy_n(from + rim.columns.StoredAt(x) * rim.pixel_bytes, rim.pixel_bytes,
                    kept.at(n, y - all.rows.begin, x - all.columns.begin));
    };
    if (y < inner.rows.begin || y >= inner.rows.end) return fill(all.columns.begin, all.columns.end);
    fill(all.columns.begin, inner.columns.begin);
    fill(inner.columns.end, all.columns.end);
  });
}

const uint8_t* Rims::Get(FunctionRef<void(uint8_t*)> compute) const {
  {
    const std::lock_guard lock(mutex_);
    if (stored_) return stored_.get();
  }
  AlignedBuffer<uint8_t> computed = AllocateAligned<uint8_t>(static_cast<size_t>(bytes_));
  compute(computed.get());
  const std::lock_guard lock(mutex_);
  if (!stored_) stored_ = std::move(computed);
  return stored_.get();
}

}  // namespace fcn
