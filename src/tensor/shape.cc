#include "tensor/shape.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fcn/error.h"

namespace fcn {

int64_t Shape::elements() const {
  constexpr int64_t kLimit = int64_t{1} << 62;
  int64_t product = 1;
  for (int64_t dim : dims_) {
    if (dim < 0 || (dim > 0 && product > kLimit / dim))
      throw Error(ErrorCode::kInput, fmt::format("{} is not a possible tensor shape", ToString()),
                  "Dimensions are positive, and their product fits into memory.");
    product *= dim;
  }
  return product;
}

std::string Shape::ToString() const { return dims_.empty() ? "scalar" : fmt::format("{}", fmt::join(dims_, "x")); }

std::string ToString(const Nhwc& shape) { return fmt::format("{}x{}x{}x{}", shape.n, shape.h, shape.w, shape.c); }

}  // namespace fcn
