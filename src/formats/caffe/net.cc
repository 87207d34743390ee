#include "formats/caffe/net.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/layers.h"
#include "formats/caffe/text.h"
#include "formats/foreign_files.h"

namespace fcn {

std::string CaffeLayer::Described() const {
  std::string described = fmt::format("layer {} (", Quoted(name));
  described += type.empty() ? "without a type" : Shown(type);
  if (line > 0) described += fmt::format(", line {}", line);
  return described + ")";
}

CaffeNet ParseCaffeNet(std::string_view text, const std::string& name) {
  return CaffeNetOf(ParseCaffeText(text, "NetParameter", name), name);
}

CaffeNet ReadCaffeNet(const std::filesystem::path& path) {
  const std::string text = ReadCaffeText(path);
  return ParseCaffeNet(text, path.string());
}

}  // namespace fcn
