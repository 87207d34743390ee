#pragma once

#include <string>

namespace fcn::cli {

/// The model that `fcn segment` takes where none is named, animals-and-people.safetensors: in the folder that the
/// environment variable FCN_MODELS names; else in share/fcn/models beside the bin that this program is in, where
/// `cmake --install` puts it; else in models/ of one of the folders above the program, which is the source tree for a
/// program in its build folder. Throws Error(kIo) that lists where it looked.
std::string DefaultModel();

}  // namespace fcn::cli
