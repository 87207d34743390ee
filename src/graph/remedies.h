#pragma once

namespace fcn {

// What people can do about a graph that is refused: most come out of model files.

inline constexpr const char* kBadGraph =
    "The graph cannot be run as it is: get the model file again, or make it anew (fcn import, fcn train).";

inline constexpr const char* kBadShape =
    "The picture may be too small or too large for this network: try another size. Where none works, get the model "
    "file again.";

inline constexpr const char* kBadType =
    "Put a Cast before the layer, or a Dequantise where the value is quantised; or give it a value of the type that it "
    "needs.";

}  // namespace fcn
