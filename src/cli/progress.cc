#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace fcn::cli {

Progress::Progress(std::string what, size_t total)
    : what_(std::move(what)),
      total_(total),
      terminal_(isatty(STDERR_FILENO) == 1),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() {
  if (shown_) std::fputs("\r\033[K", stderr);
}

void Progress::Update(size_t done) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (!terminal_ || total_ == 0 || (!shown_ && seconds < 0.5)) return;
  shown_ = true;
  constexpr size_t kWidth = 30;
  const size_t filled = kWidth * done / total_;
  const double left = done == 0 ? 0 : seconds / static_cast<double>(done) * static_cast<double>(total_ - done);
  const std::string line = fmt::format("\r\033[K{} [{:#<{}}{:.<{}}] {}/{}, {:.0f} s left", what_, "", filled, "",
                                       kWidth - filled, done, total_, left);
  std::fputs(line.c_str(), stderr);
  std::fflush(stderr);
}

}  // namespace fcn::cli
