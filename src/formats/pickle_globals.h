#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "formats/unpickler.h"

namespace fcn {

/// The functions that a pickle may call; what each does is a case of the unpickler, not code that a name leads to.
enum class PickleFunction : int64_t {
  kOrderedDict,
  kSet,
  kSize,       ///< torch.Size: a tuple
  kTensor,     ///< torch._utils._rebuild_tensor and _rebuild_tensor_v2
  kParameter,  ///< torch._utils._rebuild_parameter: the tensor that is its first argument
  kIgnored,    ///< builds something that no reader needs
};

/// What the global `module`.`name` of a pickle stands for: a function, a storage type or something ignored. Throws
/// Error(kUnsupported) for everything outside of the allow list; `pickle`, the bytes it stands in, tells whether a
/// whole module was saved, and with that which hint helps. `file` is what messages call it.
PickleValue ResolvePickleGlobal(std::string_view module, std::string_view name, std::span<const uint8_t> pickle,
                                const std::string& file);

}  // namespace fcn
