#include "cli/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

namespace fcn::cli {
namespace {

void Sleep(int milliseconds) { std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds)); }

/// A process that writes a letter for each thing that signals ask of it, and does nothing about any.
class Child {
 public:
  explicit Child(bool receives, const std::function<void()>& before = {}) {
    EXPECT_EQ(pipe(ends_), 0);
    pid_ = fork();
    if (pid_ == 0) {
      if (before) before();
      HandleSignals(false);
      class Tells final : public SignalReceiver {
       public:
        explicit Tells(int end) : end_(end) {}
        void Stop() noexcept override { Tell("s"); }
        void Save() noexcept override { Tell("c"); }
        void Tell(const char* letter) const { [[maybe_unused]] const ssize_t wrote = write(end_, letter, 1); }

       private:
        int end_;
      } tells(ends_[1]);
      std::optional<ReceiveSignals> signals(std::in_place, tells);
      if (!receives) signals.reset();
      tells.Tell("b");
      for (;;) pause();
    }
    EXPECT_EQ(Heard(), 'b');
  }
  ~Child() {
    if (pid_ > 0) kill(pid_, SIGKILL), waitpid(pid_, nullptr, 0);
    close(ends_[0]), close(ends_[1]);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void Send(int signal) const { kill(pid_, signal); }
  char Heard() const {
    char letter = 0;
    return read(ends_[0], &letter, 1) == 1 ? letter : 0;
  }
  bool lives() {
    Sleep(50);
    int status = 0;
    if (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == pid_) pid_ = 0;
    return pid_ > 0;
  }
  /// How it ended: by which signal, or minus its exit code.
  int End() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
  }

 private:
  int ends_[2] = {-1, -1};
  pid_t pid_ = 0;
};

TEST(Signals, AskFirstAndEndTheSecondTime) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Child child(true);
    child.Send(signal);
    EXPECT_EQ(child.Heard(), 's');
    EXPECT_TRUE(child.lives());
    Sleep(150);
    child.Send(SIGTERM);
    EXPECT_EQ(child.End(), SIGTERM);
  }
}

TEST(Signals, OfSecondOnesThoseThatNobodySentEndNothing) {
  for (const int signal : {SIGHUP, SIGXCPU}) {
    Child child(true);
    child.Send(signal);
    EXPECT_EQ(child.Heard(), 's');
    Sleep(150);
    child.Send(signal);
    EXPECT_TRUE(child.lives());
    child.Send(SIGINT);
    EXPECT_EQ(child.End(), SIGINT);
  }
  // timeout(1) sends TERM to a process and to its group.
  Child child(true);
  child.Send(SIGTERM);
  EXPECT_EQ(child.Heard(), 's');
  child.Send(SIGTERM);
  EXPECT_TRUE(child.lives());
}

TEST(Signals, EndWhereNobodyReceivesThem) {
  for (const auto& [signal, end] :
       {std::pair{SIGINT, SIGINT}, {SIGTERM, SIGTERM}, {SIGHUP, SIGHUP}, {SIGXCPU, -(128 + SIGXCPU)}}) {
    Child child(false);
    child.Send(SIGUSR1);
    EXPECT_TRUE(child.lives());
    child.Send(signal);
    EXPECT_EQ(child.End(), end);
  }
}

TEST(Signals, SaveAsOftenAsTheyAreSent) {
  Child child(true);
  for (int i = 0; i < 3; i++) {
    child.Send(SIGUSR1);
    EXPECT_EQ(child.Heard(), 'c');
  }
  EXPECT_TRUE(child.lives());
}

TEST(Signals, HangUpStaysIgnoredUnderNohup) {
  Child child(true, [] { signal(SIGHUP, SIG_IGN); });
  child.Send(SIGHUP);
  child.Send(SIGUSR1);
  EXPECT_EQ(child.Heard(), 'c');
}

TEST(Signals, OfFailedWritesEndNothing) {
  Child child(true);
  child.Send(SIGPIPE), child.Send(SIGXFSZ);
  EXPECT_TRUE(child.lives());
}

}  // namespace
}  // namespace fcn::cli
