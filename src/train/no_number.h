#pragma once

#include <stdexcept>

namespace fcn {

/// A loss, a gradient or a weight is infinite or no number; what() says which. Whoever knows the iteration and its
/// pictures makes an Error of it.
class NoNumber : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fcn
