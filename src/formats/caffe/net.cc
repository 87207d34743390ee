#include "formats/caffe/net.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/layers.h"
#include "formats/caffe/text.h"

namespace fcn {

std::string CaffeLayer::Described() const {
  std::string described = fmt::format("layer {} (", Quoted(name));
  described += type.empty() ? "without a type" : Shown(type);
  if (line > 0) described += fmt::format(", line {}", line);
  return described + ")";
}

CaffeNet ParseCaffeNet(std::string_view text, const std::string& name) {
  CaffeNet net = CaffeNetOf(ParseCaffeText(text, "NetParameter", name), name);
  if (net.layers.empty()) {
    const bool is_solver = std::ranges::any_of(net.unknown, [](const CaffeUnknownField& field) {
      return field.name == "base_lr" || field.name == "lr_policy" || field.name == "train_net";
    });
    throw Error(ErrorCode::kInput,
                is_solver ? fmt::format("{}: is a solver, not a network", Shown(name))
                          : fmt::format("{}: is a network without layers", Shown(name)),
                is_solver ? "Give the prototxt that its net or train_net names; a solver goes to fcn train --solver."
                          : "A network has layers: `layer { … }`, or in older files `layers { … }`.");
  }
  return net;
}

CaffeNet ReadCaffeNet(const std::filesystem::path& path) {
  const std::string text = ReadCaffeText(path);
  return ParseCaffeNet(text, path.string());
}

}  // namespace fcn
