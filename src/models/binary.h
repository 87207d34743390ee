#pragma once

#include "models/model.h"

namespace fcn {

/// Whether an output of a network gives one score to each pixel (or picture). Such a one tells one class from
/// everything else, and was trained with binary cross-entropy: the class's probability is sigmoid(score).
bool IsBinary(const Graph& graph, size_t output = 0);

/// A binary head's classes are two, what is not the class before the class itself. Where only the latter has a name
/// (and a colour), adds "background" ("other" beside a class of that name) in black. Other heads stay as they are.
void NameBothClasses(ModelContents& model);

}  // namespace fcn
