#pragma once

namespace fcn::test {

/// A classifier of 8×8 digits.
inline constexpr const char* kDigits = R"(
input image channels=3
parameter conv.weight 4x3x3x3
parameter conv.bias 4
conv = Conv2d(image, conv.weight, conv.bias) kernel=3x3 padding=1,1,1,1
relu = Relu(conv)
pool = MaxPool(relu) kernel=2x2 stride=2x2
parameter fc.weight 10x64
parameter fc.bias 10
fc = Linear(pool, fc.weight, fc.bias)
output fc
)";

}  // namespace fcn::test
