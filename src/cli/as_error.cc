#include "cli/as_error.h"

#include <fmt/format.h>

#include <filesystem>
#include <new>

#include "fcn/runtime.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

constexpr const char* kReportBug =
    "This is a bug in fcn, not in your input: please report it with the command that led here.";

/// What was in use is given back by now, so what is left says nothing: the limit does.
Error OutOfMemory() {
  const char* smaller = "Use a smaller image or fewer threads (-j)";
  try {
    const MemoryBound bound = TightestMemoryBound();
    return {ErrorCode::kMemory,
            fmt::format("there is not enough memory ({}: {} MB)", bound.of, bound.limit / 1'000'000),
            fmt::format("{}, or {}.", smaller, bound.remedy)};
  } catch (const std::bad_alloc&) {
    return {ErrorCode::kMemory, "there is not enough memory", std::string(smaller) + "."};
  }
}

}  // namespace

Error AsError(const std::exception& exception) {
  if (const auto* error = dynamic_cast<const Error*>(&exception)) return *error;
  if (dynamic_cast<const std::bad_alloc*>(&exception) != nullptr) return OutOfMemory();
  if (const auto* error = dynamic_cast<const std::filesystem::filesystem_error*>(&exception))
    return {ErrorCode::kIo, fmt::format("cannot use {}: {}", Shown(error->path1()), error->code().message()),
            "Check the path."};
  return {ErrorCode::kInternal, exception.what(), kReportBug};
}

}  // namespace fcn::cli
