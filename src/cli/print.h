#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace fcn::cli {

// The one door to the terminal: nothing else in src/ writes to standard output or standard error
// (tests/reproducers/escape_codes_test.cc looks for it), so that foreign text is always made printable (fcn/text.h).

/// Text on standard output, at once. Throws Error(kIo) where it cannot be written.
void PrintOutput(const std::string& text);

/// JSON with indents and a newline at its end, as it may stand on a terminal and in a file.
std::string JsonText(const nlohmann::ordered_json& json);

/// A line on standard error, of text that may have several.
void PrintLine(const std::string& text);

/// "fcn: " and a message on standard error, and below it what to do about it, which may be empty.
void PrintMessage(const std::string& message, const std::string& hint);
/// The same with "fcn: note: ".
void PrintNote(const std::string& message, const std::string& hint = {});

/// A line on standard error that is drawn over, where that is a terminal. It is cut to the terminal's width, since one
/// that wraps could not be drawn over.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  bool is_terminal() const { return terminal_; }
  bool is_drawn() const { return drawn_; }
  /// Nothing where standard error is no terminal.
  void Draw(const std::string& line);
  void Clear();

 private:
  bool terminal_, drawn_ = false;
};

}  // namespace fcn::cli
