#include "base/sparse_file.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "fcn/error.h"

namespace fcn {

void CheckNotSparse(const Descriptor& file, const std::filesystem::path& path) {
  constexpr int64_t kLarge = int64_t{1} << 28, kMostlyHole = 16, kBlock = 512;  // st_blocks' unit, whatever the disk's
  struct stat status {};
  if (::fstat(*file, &status) != 0 || status.st_size < kLarge) return;
  if (status.st_blocks * kBlock > status.st_size / kMostlyHole) return;
  if (::lseek(*file, 0, SEEK_HOLE) >= status.st_size) return;  // the file system compresses
  throw Error(ErrorCode::kInput,
              fmt::format("{} is not whole: of its {} bytes no more than {} were ever written", path.string(),
                          status.st_size, status.st_blocks * kBlock),
              "Fetch it again from where it came: it looks like a download that was not finished.");
}

}  // namespace fcn
