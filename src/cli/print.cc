#include "cli/print.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

constexpr const char* kErase = "\r\033[K";

}  // namespace

void PrintOutput(const std::string& text) {
  const std::string out = Printable(text);
  if (std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0) return;
  const int cause = errno;
  throw Error(ErrorCode::kIo, fmt::format("cannot write to standard output: {}", std::strerror(cause)),
              cause == EBADF  // as OpenStandardStreams leaves it
                  ? "Leave it open, or send it to a file; files that were written are whole."
                  : "Free some space where it goes to, or keep its reader running; files that were written are whole.");
}

std::string JsonText(const nlohmann::ordered_json& json) {
  return PrintableJson(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) + "\n";
}

void PrintLine(const std::string& text) { std::fprintf(stderr, "%s\n", Printable(text).c_str()); }

void PrintMessage(const std::string& message, const std::string& hint) {
  PrintLine("fcn: " + PrintableMessage(message));
  if (!hint.empty()) PrintLine("  " + PrintableMessage(hint));
}

void PrintNote(const std::string& message, const std::string& hint) { PrintMessage("note: " + message, hint); }

ProgressLine::ProgressLine() : terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressLine::Draw(const std::string& line) {
  if (!terminal_) return;
  struct winsize size {};
  const bool has_size = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  const std::string shown = Shown(line);
  std::fprintf(stderr, "%s%s", kErase,
               std::string(FirstCharacters(shown, has_size ? size.ws_col - size_t{1} : shown.size())).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

void ProgressLine::Clear() {
  if (drawn_) std::fputs(kErase, stderr);
  drawn_ = false;
}

}  // namespace fcn::cli
