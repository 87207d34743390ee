#include "caffe/graph_name.h"

#include <string_view>

#include "models/roles.h"

namespace fcn {
namespace {

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

std::string GraphName(const std::string& name) {
  std::string graph_name = name.empty() ? "_" : name;
  for (char& c : graph_name)
    if (c <= ' ' || c > '~' || std::string_view("(),=").find(c) != std::string_view::npos) c = '_';
  return graph_name;
}

std::string RoleNameOf(const std::string& top) {
  std::string name = top.empty() || !IsLetter(top[0]) ? "top-" + top : top;
  if (name.size() > kLongestRoleName) name.resize(kLongestRoleName);
  for (char& c : name) {
    if (c == '/' || c == '.' || c == ' ') c = '-';
    if (!IsLetter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_') c = '_';
  }
  return name;
}

}  // namespace fcn
