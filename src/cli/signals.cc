#include "cli/signals.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <string_view>
#include <thread>

namespace fcn::cli {
namespace {

struct Named {
  int number;
  std::string_view name;
};
constexpr std::array kStopping = {Named{SIGINT, "SIGINT"}, Named{SIGTERM, "SIGTERM"}, Named{SIGHUP, "SIGHUP"},
                                  Named{SIGXCPU, "SIGXCPU"}};

std::atomic<SignalReceiver*> receiver{nullptr};
std::atomic<int> handlers{0};  // that run
std::atomic<int> stopping{0};  // the signal that asked for an end
std::atomic<int64_t> stopping_since{0};
std::atomic<bool> says_json{false};

std::string_view NameOf(int signal) {
  for (const Named& one : kStopping)
    if (one.number == signal) return one.name;
  return "";
}

int64_t Milliseconds() {
  struct timespec now {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void Put(int descriptor, std::string_view text) {
  [[maybe_unused]] const ssize_t wrote = write(descriptor, text.data(), text.size());
}

void Say(int signal) {
  Put(STDERR_FILENO, "fcn: stopped by ");
  Put(STDERR_FILENO, NameOf(signal));
  Put(STDERR_FILENO, "\n  ");
  Put(STDERR_FILENO, kBeginAgain);
  Put(STDERR_FILENO, "\n");
  if (!says_json) return;
  Put(STDOUT_FILENO, R"({"error": {"code": "cancelled", "message": "stopped by )");
  Put(STDOUT_FILENO, NameOf(signal));
  Put(STDOUT_FILENO, R"(", "hint": ")");
  Put(STDOUT_FILENO, kBeginAgain);
  Put(STDOUT_FILENO, "\"}}\n");
}

void EndNow(int signal) {
  if (signal == SIGXCPU) _exit(128 + signal);  // its own way would write a core dump
  ::signal(signal, SIG_DFL);
  raise(signal);
  sigset_t held;
  sigemptyset(&held);
  sigaddset(&held, signal);
  pthread_sigmask(SIG_UNBLOCK, &held, nullptr);
  _exit(128 + signal);  // process 1 of a container gets no signal that it does not handle
}

void OnStop(int signal) {
  // A shell and the kernel both send HUP to what a terminal began, timeout(1) sends TERM to a process and to its group,
  // and the kernel sends XCPU every second: none of them means at once.
  constexpr int64_t kTwiceAtOnce = 100;  // milliseconds
  int none = 0;
  if (stopping.compare_exchange_strong(none, signal)) {
    stopping_since = Milliseconds();
    if (SignalReceiver* one = receiver) return one->Stop();
    Say(signal);
  } else if (receiver != nullptr) {
    const int64_t since = stopping_since;  // 0 while the first one is being handled
    if ((signal != SIGINT && signal != SIGTERM) || since == 0 || Milliseconds() - since < kTwiceAtOnce) return;
  }
  EndNow(signal);
}

void OnSignal(int signal) {
  handlers++;
  const int cause = errno;
  if (signal != SIGUSR1)
    OnStop(signal);
  else if (SignalReceiver* one = receiver)
    one->Save();
  errno = cause;
  handlers--;
}

}  // namespace

void SayInHandler(std::string_view text) noexcept { Put(STDERR_FILENO, text); }

ReceiveSignals::ReceiveSignals(SignalReceiver& one) { receiver = &one; }

ReceiveSignals::~ReceiveSignals() {
  receiver = nullptr;
  while (handlers > 0) std::this_thread::yield();  // one in another thread may have it still
}

void HandleSignals(bool json) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
  struct sigaction action {};
  action.sa_handler = OnSignal;
  for (const Named& one : kStopping) {
    struct sigaction before {};
    sigaction(one.number, nullptr, &before);
    if (one.number == SIGHUP && before.sa_handler == SIG_IGN) continue;
    sigaction(one.number, &action, nullptr);  // without SA_RESTART: who waits for a pipe must wake up
  }
  action.sa_flags = SA_RESTART;
  sigaction(SIGUSR1, &action, nullptr);
  says_json = json;
}

std::string StoppingSignal() { return std::string(NameOf(stopping)); }

int SignalExitCode() { return stopping == 0 ? 0 : 128 + stopping; }

void EndBySignal() { EndNow(stopping); }

}  // namespace fcn::cli
