#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "formats/unpickler.h"

namespace fcn {

/// The functions that a pickle may call; what each does is a case of the unpickler, not code that a name leads to.
enum class PickleFunction : int64_t {
  kDict,         ///< collections.OrderedDict, Counter: of a dict, or of pairs
  kDefaultDict,  ///< collections.defaultdict: an empty dict, whatever its default
  kSet,
  kSize,       ///< torch.Size: a tuple
  kTensor,     ///< torch._utils._rebuild_tensor and _rebuild_tensor_v2
  kParameter,  ///< torch._utils._rebuild_parameter: the tensor that is its first argument
  kFromType,   ///< torch._tensor._rebuild_from_type_v2: what its first argument makes of its third
  kIgnored,    ///< builds something that no reader needs
};

/// What the global `module`.`name` of a pickle stands for: a function, a storage type or something ignored; nothing
/// where it is outside of the list, which is all that there is: no name is ever looked up anywhere else.
std::optional<PickleValue> ResolvePickleGlobal(std::string_view module, std::string_view name);

}  // namespace fcn
