#pragma once

namespace fcn {

inline constexpr const char* kDamagedCheckpoint =
    "The checkpoint is damaged, or was not written by fcn train: take an earlier copy, or begin anew with --weights.";

}  // namespace fcn
