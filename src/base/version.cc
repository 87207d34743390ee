#include "fcn/version.h"

namespace fcn {

const char* Version() { return FCN_VERSION; }

}  // namespace fcn
