#pragma once

#include <string>
#include <vector>

#include "fcn/dataset.h"

namespace fcn::cli {

/// The heads that a text names, with commas between; all where it is empty. In the model's order. Throws Error(kUsage)
/// for one that is not there.
std::vector<int> ChooseHeads(const std::string& text, const std::vector<HeadInfo>& heads);

/// The classes that a text names, by head (class_list.h): of a model with several heads a class that only one of the
/// chosen heads has, or one with its head before it ("geometry:vertical"). Throws Error(kUsage) as ParseClasses does,
/// and where a class could be of several heads; WrongValue likewise.
std::vector<std::vector<int>> ParseHeadClasses(const std::string& text, const std::vector<HeadInfo>& heads,
                                               const std::vector<int>& chosen);

}  // namespace fcn::cli
