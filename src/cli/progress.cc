#include "cli/progress.h"

#include <fmt/format.h>

#include <utility>

namespace fcn::cli {

Progress::Progress(std::string what, size_t total)
    : what_(std::move(what)), total_(total), start_(std::chrono::steady_clock::now()) {}

void Progress::Update(size_t done) {
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  if (!line_.is_terminal() || total_ == 0 || (!line_.is_drawn() && seconds < 0.5)) return;
  constexpr size_t kWidth = 30;
  const size_t filled = kWidth * done / total_;
  const double left = done == 0 ? 0 : seconds / static_cast<double>(done) * static_cast<double>(total_ - done);
  line_.Draw(fmt::format("{} [{:#<{}}{:.<{}}] {}/{}, {:.0f} s left", what_, "", filled, "", kWidth - filled, done,
                         total_, left));
}

}  // namespace fcn::cli
