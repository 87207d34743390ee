#include "cli/fatal_errors.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <new>

#include "fcn/files.h"

namespace fcn::cli {
namespace {

const bool* as_json = nullptr;
std::terminate_handler previous = nullptr;

/// Text for one write; what does not fit is left out. Nothing here allocates: there is no memory, or a signal has come.
class Text {
 public:
  Text& Add(const char* text) {
    for (; *text != 0; text++) Put(*text);
    return *this;
  }
  Text& AddNumber(uint64_t number) {
    char digits[20];
    size_t count = 0;
    do digits[count++] = static_cast<char>('0' + number % 10);
    while ((number /= 10) > 0);
    while (count > 0) Put(digits[--count]);
    return *this;
  }
  Text& AddJsonString(const char* text) {
    Put('"');
    for (; *text != 0; text++) {
      if (*text == '"' || *text == '\\') Put('\\');
      Put(*text);
    }
    Put('"');
    return *this;
  }
  const char* c_str() const { return text_; }
  void WriteTo(int descriptor) const {
    for (size_t at = 0; at < size_;) {
      const ssize_t wrote = ::write(descriptor, text_ + at, size_ - at);
      if (wrote <= 0) return;
      at += static_cast<size_t>(wrote);
    }
  }

 private:
  void Put(char byte) {
    if (size_ + 1 < sizeof text_) text_[size_++] = byte, text_[size_] = 0;
  }

  char text_[8192] = "";
  size_t size_ = 0;
};

[[noreturn]] void End(const char* code, const Text& message, const char* hint) {
  static std::atomic_flag said;
  while (said.test_and_set()) pause();  // another thread is ending the program
  Text().Add("fcn: ").Add(message.c_str()).Add("\n  ").Add(hint).Add("\n").WriteTo(STDERR_FILENO);
  if (*as_json)
    Text()
        .Add("{\n  \"error\": {\n    \"code\": ")
        .AddJsonString(code)
        .Add(",\n    \"message\": ")
        .AddJsonString(message.c_str())
        .Add(",\n    \"hint\": ")
        .AddJsonString(hint)
        .Add("\n  }\n}\n")
        .WriteTo(STDOUT_FILENO);
  _exit(1);
}

void OnBusError(int, siginfo_t* info, void*) {
  const char* path = MappedPathAt(info->si_addr);
  if (path == nullptr) {  // not ours: it happens again when this returns, and ends the program
    signal(SIGBUS, SIG_DFL);
    return;
  }
  End("io", Text().Add(path).Add(" was cut short, or cannot be read from its disk, while it was used"),
      "Begin again when it is whole. Whoever writes it should write a new file and rename it, as fcn does.");
}

void OnTerminate() {
  try {
    if (const std::exception_ptr failure = std::current_exception()) std::rethrow_exception(failure);
  } catch (const std::bad_alloc&) {
    Text message;
    message.Add("there is not enough memory");
    rlimit limit{};
    if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
      message.Add(" (ulimit -v: ").AddNumber(limit.rlim_cur / 1'000'000).Add(" MB)");
    End("memory", message, "Use a smaller image or fewer threads (-j), or allow or give the program more memory.");
  } catch (...) {  // our mistake
  }
  previous();
  abort();
}

}  // namespace

void HandleFatalErrors(const bool& json) {
  as_json = &json;
  struct sigaction action {};
  action.sa_sigaction = OnBusError;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
  previous = std::set_terminate(OnTerminate);
}

}  // namespace fcn::cli
