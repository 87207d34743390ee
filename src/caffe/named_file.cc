#include "caffe/named_file.h"

#include <system_error>

namespace fcn {

std::optional<std::filesystem::path> NamedCaffeFile(const std::filesystem::path& by, const std::string& name) {
  const std::filesystem::path folder = by.parent_path(), path = name;
  for (const std::filesystem::path& place : {folder / path, path, folder / path.filename()}) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(place, ignored)) return place;
  }
  return std::nullopt;
}

}  // namespace fcn
