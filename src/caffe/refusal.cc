#include "caffe/refusal.h"

#include <fmt/format.h>

namespace fcn {

void RefuseCaffe(ErrorCode code, const CaffeNet& net, const CaffeLayer& layer, const std::string& what,
                 const std::string& hint, int field_line) {
  const std::string line = field_line > 0 && field_line != layer.line ? fmt::format(" (line {})", field_line) : "";
  throw Error(code, fmt::format("{}: {}: {}{}", net.file, layer.Described(), what, line), hint);
}

}  // namespace fcn
