#pragma once

#include "train/trainer.h"

namespace fcn {

/// A run writes its files over those of one that ended before its first checkpoint. Throws Error(kUsage) where what has
/// the name of one of them comes from somewhere else: a configuration that a person wrote, another program's log,
/// a link to anywhere.
void RefuseForeignFiles(const RunFiles& files);

}  // namespace fcn
