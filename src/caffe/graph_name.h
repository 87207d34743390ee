#pragma once

#include <string>

namespace fcn {

/// A layer's name as a graph can have it (printable ASCII without spaces and ( ) , =), with '_' for everything else.
std::string GraphName(const std::string& name);

/// A top's name as an input or a head of a model can have it (models/roles.h): '-' for '/', '.' and spaces, '_' for
/// everything else, "top-" before what does not begin with a letter.
std::string RoleNameOf(const std::string& top);

}  // namespace fcn
