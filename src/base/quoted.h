#pragma once

#include <string>
#include <string_view>

namespace fcn {

/// Text out of a foreign file, fit for an error message: in quotes, at most 80 characters of it, with everything
/// outside printable ASCII as "?". A hostile file must not be able to write escape sequences to somebody's terminal.
std::string Quoted(std::string_view text);

}  // namespace fcn
