#pragma once

#include <string>
#include <vector>

namespace fcn::cli {

/// The classes that a text names: an index ("207"), a range of indices ("151-268"), a name ("golden retriever", whole,
/// in any case), or several of these with commas between. Names may themselves hold commas: the whole text is tried as
/// a name first. Blanks around it and around members do not count. Throws Error(kUsage) for what names no class, with
/// the nearest name, and WrongValue for an empty member.
std::vector<int> ParseClasses(const std::string& text, const std::vector<std::string>& classes);

}  // namespace fcn::cli
