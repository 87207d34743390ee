#pragma once

#include <string>
#include <string_view>

namespace fcn::cli {

// What each signal does to fcn, for all verbs:
//   INT, TERM, HUP, XCPU  end it. A training finishes its iteration and writes a checkpoint, segment stops between two
//                         layers; other verbs end at once. No file is half-written either way (AtomicFile). What ends
//                         the program in the end is the signal, so that shells and batch systems see it (128 + its
//                         number); of XCPU that is the exit code alone, without the core dump. A second INT or TERM
//                         ends at once. HUP stays ignored where it was when the program began (nohup).
//   USR1                  makes a training write a checkpoint and go on: batch systems can send it before a time limit.
//                         Other verbs have nothing to save, and go on.
//   PIPE, XFSZ            are ignored: the write fails, which is an error with a message.
//   all others            do what the system does. QUIT ends at once, for those who want a core dump.

/// What a verb does about signals. Its functions run inside of a signal handler: atomics and SayInHandler are all they
/// use.
class SignalReceiver {
 public:
  /// To come to an end soon.
  virtual void Stop() noexcept = 0;
  /// To save what there is, and go on.
  virtual void Save() noexcept {}

 protected:
  ~SignalReceiver() = default;
};

/// Puts constant text on standard error, from within Stop or Save.
void SayInHandler(std::string_view text) noexcept;

/// Lets a receiver have the signals for as long as it lives; one at a time.
class ReceiveSignals {
 public:
  explicit ReceiveSignals(SignalReceiver& receiver);
  ~ReceiveSignals();
  ReceiveSignals(const ReceiveSignals&) = delete;
  ReceiveSignals& operator=(const ReceiveSignals&) = delete;
};

/// To be called when the program begins; again, where more is known. `json`: a verb that is ended at once says so in
/// JSON, too.
void HandleSignals(bool json);

/// What to do after an end that a signal asked for.
inline constexpr const char* kBeginAgain = "Files that were written are whole; begin it again.";

/// Of the signal that asked for an end, "SIGTERM"; empty where none did.
std::string StoppingSignal();

/// The exit code that says so, 128 + its number; 0 where none did.
int SignalExitCode();

/// Ends the program by that signal, as far as that ends it: who waits for it sees what ended it.
void EndBySignal();

}  // namespace fcn::cli
