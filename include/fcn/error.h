#pragma once

#include <stdexcept>
#include <string>

#include "fcn/export.h"

namespace fcn {

/// Why something failed, in the words a program can branch on.
enum class ErrorCode {
  kUsage,        ///< wrong flags or arguments; the program exits with 2
  kInput,        ///< a file or a value that is malformed, truncated, contradictory or out of range
  kIo,           ///< the operating system refused: missing, no permission, disk full
  kUnsupported,  ///< well-formed, but not something this library does
  kMemory,       ///< would not fit; the message gives the figure
  kCancelled,    ///< Ctrl-C, or Segmenter::Cancel
  kInternal,     ///< our mistake: please report it
};

/// The word for a code, as `--json` prints it: "usage", "input", "io", …
FCN_API const char* ErrorCodeName(ErrorCode code);

/// The only exception that this library throws for causes outside of it.
class FCN_API Error : public std::runtime_error {
 public:
  /// `message` says what is wrong and where (it names the file); `hint` says what to do about it, and is not empty.
  /// Both are UTF-8; control characters (other than newlines before two spaces), invisible and bidirectional
  /// formatting, and bytes that are no UTF-8 are kept as visible escapes (`\x1b`, `\u202e`, `\xff`), so that terminals
  /// can show them.
  Error(ErrorCode code, const std::string& message, const std::string& hint);

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorCode code_;
  std::string message_, hint_;
};

}  // namespace fcn
