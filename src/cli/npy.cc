#include "cli/npy.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string>

namespace fcn::cli {

void WriteNpy(const std::filesystem::path& path, std::span<const float> values, const std::vector<int64_t>& shape,
              IfExists if_exists) {
  std::string header =
      fmt::format("{{'descr': '<f4', 'fortran_order': False, 'shape': ({},), }}", fmt::join(shape, ", "));
  // Magic, version and length are 10 bytes; the header ends with a newline at a multiple of 64.
  header.append((64 - (10 + header.size() + 1) % 64) % 64, ' ');
  header += '\n';
  std::string start("\x93NUMPY\x01\x00", 8);
  start += static_cast<char>(header.size() & 0xff);
  start += static_cast<char>(header.size() >> 8);
  AtomicFile file(path, if_exists);
  file.Write(start + header);
  file.Write({reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()});
  file.Commit();
}

}  // namespace fcn::cli
