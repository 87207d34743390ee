#include <fmt/format.h>

#include <string>

#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/net.h"

namespace fcn {
namespace {

constexpr char kRemoveField[] = "It may change what the network computes. Where it does not, remove it from the file.";

void RefuseUnknown(const CaffeNet& net, const CaffeLayer& layer, const CaffeMessage& message,
                   const std::string& where) {
  if (!message.unknown().empty()) {
    const CaffeUnknownField& field = message.unknown().front();
    const std::string place = field.line > 0 ? fmt::format(", line {}", field.line) : "";
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}{}: {} has a field {} that is not known{}", Shown(net.file), place, layer.Described(),
                            Quoted(field.name), where.empty() ? "" : fmt::format(" in {}", where)),
                kRemoveField);
  }
  for (const CaffeField& field : message.fields())
    for (const CaffeValue& value : field.values)
      for (const CaffeMessage& inner : value.message) RefuseUnknown(net, layer, inner, field.name);
}

}  // namespace

void RefuseUnknownFields(const CaffeNet& net) {
  if (net.unknown.empty()) return;
  const CaffeUnknownField& field = net.unknown.front();
  const std::string place = field.line > 0 ? fmt::format(", line {}", field.line) : "";
  throw Error(
      ErrorCode::kUnsupported,
      fmt::format("{}{}: the network has a field {} that is not known", Shown(net.file), place, Quoted(field.name)),
      kRemoveField);
}

void RefuseUnknownFields(const CaffeNet& net, const CaffeLayer& layer) {
  RefuseUnknown(net, layer, layer.settings, "");
}

}  // namespace fcn
