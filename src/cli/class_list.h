#pragma once

#include <string>
#include <vector>

namespace fcn::cli {

/// The classes that a text names: an index ("207"), a range of indices ("151-268"), a name ("golden retriever", whole,
/// in any case), or several of these with commas between. Names may themselves hold commas: the whole text is tried as
/// a name first. Throws Error(kUsage) with the nearest name.
std::vector<int> ParseClasses(const std::string& text, const std::vector<std::string>& classes);

}  // namespace fcn::cli
