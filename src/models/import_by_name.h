#pragma once

#include "models/import.h"

namespace fcn {

/// A network with the weights of the same names: `model` is all of it but those, and its golden vectors. Tensors stand
/// behind one prefix or none (FitNames; options.prefix may say which), and in their parameter's shape or one that can
/// be viewed in it (IsReshapable). Parameters that the file lacks begin as InitialParameter has them. Heads without
/// classes get "class 0", …, or where they give one score "foreground".
///
/// Throws Error(kInput) naming the file where it has none of the weights, or one of another shape (unless a new head is
/// asked for), and as CheckUsed, CheckHasBeginning and CheckModel do; Error(kUsage) where the options name other inputs
/// or heads than the network has.
Imported ImportByName(ModelContents model, const ImportSource& source, const ImportOptions& options);

}  // namespace fcn
