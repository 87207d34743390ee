#include <signal.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "cli/as_error.h"
#include "cli/print.h"
#include "cli/program.h"
#include "cli/suggest.h"
#include "fcn/error.h"

namespace {

using namespace fcn;

// The message for people goes to standard error always; with --json the same goes to standard output for machines.
int Report(bool json, const char* code, const std::string& message, const std::string& hint) {
  cli::PrintMessage(message, hint);
  try {
    if (json) cli::PrintOutput(cli::JsonText({{"error", {{"code", code}, {"message", message}, {"hint", hint}}}}));
  } catch (const Error& error) {
    cli::PrintMessage(error.message(), error.hint());
  }
  return std::string_view(code) == "usage" ? 2 : 1;
}

int ParseAndRun(CLI::App& app, const cli::Run& run, int argc, char** argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      app.exit(error, text, text);
      cli::PrintOutput(text.str());
      return 0;
    }
    // The flag may stand behind what could not be parsed.
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    return Report(json, "usage", cli::UsageMessage(app, error, argc, argv), cli::UsageHint(app, argc, argv));
  }
  return run();
}

int Main(int argc, char** argv) {
  cli::CommonOptions common;
  cli::Run run;
  const std::unique_ptr<CLI::App> program = cli::MakeProgram(common, run);
  try {
    return ParseAndRun(*program, run, argc, argv);
  } catch (const std::exception& exception) {
    const Error error = cli::AsError(exception);
    return Report(common.json, ErrorCodeName(error.code()), error.message(), error.hint());
  }
}

}  // namespace

int main(int argc, char** argv) {
  // A reader that goes away (fcn … | head) is an error of the write, which is reported, not a reason to be killed.
  signal(SIGPIPE, SIG_IGN);
  return Main(argc, argv);
}
