#include <CLI/App.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "cli/as_error.h"
#include "cli/fatal_errors.h"
#include "cli/memory.h"
#include "cli/print.h"
#include "cli/program.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "cli/suggest.h"
#include "fcn/error.h"

namespace {

using namespace fcn;

// The message for people goes to standard error always; with --json the same goes to standard output for machines.
int Report(bool json, const char* code, const std::string& message, const std::string& hint) {
  cli::PrintMessage(message, hint);
  try {
    if (json) cli::PrintOutput(cli::JsonText({{"error", {{"code", code}, {"message", message}, {"hint", hint}}}}));
  } catch (const Error&) {
    // Standard output cannot be written; that it failed is said already.
  }
  return std::string_view(code) == "usage" ? 2 : 1;
}

int ParseAndRun(CLI::App& app, const cli::Run& run, int argc, char** argv, bool asks_for_json) {
  try {
    app.parse(cli::WordsOf(argc, argv));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      app.exit(error, text, text);
      cli::PrintOutput(text.str());
      return 0;
    }
    return Report(asks_for_json, "usage", cli::UsageMessage(app, error, argc, argv), cli::UsageHint(app, argc, argv));
  }
  return run();
}

int Main(int argc, char** argv, bool asks_for_json) {
  static cli::CommonOptions common;  // fatal errors ask it until the end
  cli::HandleFatalErrors(common.json);
  cli::SpareAddressSpace();
  cli::Run run;
  const std::unique_ptr<CLI::App> program = cli::MakeProgram(common, run);
  try {
    return ParseAndRun(*program, run, argc, argv, asks_for_json);
  } catch (const std::exception& exception) {
    const Error error = cli::AsError(exception);
    const char* code = ErrorCodeName(error.code());
    const std::string signal = cli::StoppingSignal();
    if (error.code() != ErrorCode::kCancelled || signal.empty())
      return Report(common.json, code, error.message(), error.hint());
    Report(common.json, code, "stopped by " + signal + ": " + error.message(), error.hint());
    return cli::SignalExitCode();
  }
}

void HandleSignalsFirst() { cli::HandleSignals(false); }

// Ahead of the constructors of libraries, which take milliseconds: a signal that comes that early has its meaning, too.
// Only while the system loads the libraries does it do what the system does.
[[gnu::section(".preinit_array"), gnu::used]] void (*first)() = HandleSignalsFirst;

}  // namespace

int main(int argc, char** argv) {
  cli::OpenStandardStreams();
  // The flag may stand behind what cannot be parsed.
  const bool json = std::any_of(argv + std::min(argc, 1), argv + argc,
                                [](const char* word) { return std::string_view(word) == "--json"; });
  cli::HandleSignals(json);
  const int code = Main(argc, argv, json);
  if (code != 0 && code == cli::SignalExitCode()) cli::EndBySignal();
  return code;
}
