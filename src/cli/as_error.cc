#include "cli/as_error.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

#include "base/quoted.h"
#include "base/remedies.h"

namespace fcn::cli {

Error AsError(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr)
    return {ErrorCode::kMemory, "not enough memory", "Use a smaller image or a machine with more memory."};
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
    return {ErrorCode::kIo, fmt::format("cannot use {}: {}", Shown(error->path1()), error->code().message()),
            "Check the path."};
  return {ErrorCode::kInternal, exception.what(), kReportBug};
}

}  // namespace fcn::cli
