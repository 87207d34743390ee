#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "cli/as_error.h"
#include "cli/program.h"
#include "cli/signals.h"
#include "cli/standard_streams.h"
#include "cli/suggest.h"
#include "fcn/error.h"

namespace {

using namespace fcn;

// The message for people goes to standard error always; with --json the same goes to standard output for machines.
int Report(bool json, const char* code, const std::string& message, const std::string& hint) {
  std::fprintf(stderr, "fcn: %s\n", message.c_str());
  if (!hint.empty()) std::fprintf(stderr, "  %s\n", hint.c_str());
  if (json) {
    const nlohmann::ordered_json answer = {{"error", {{"code", code}, {"message", message}, {"hint", hint}}}};
    cli::Print(answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  }
  return std::string_view(code) == "usage" ? 2 : 1;
}

int Main(int argc, char** argv, bool asks_for_json) {
  cli::CommonOptions common;
  cli::Run run;
  const std::unique_ptr<CLI::App> program = cli::MakeProgram(common, run);
  CLI::App& app = *program;

  try {
    app.parse(argc, argv);
    return run();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      const int code = app.exit(error, text, text);
      cli::Print(text.str());
      return code;
    }
    return Report(asks_for_json, "usage", cli::UsageMessage(app, error, argc, argv), cli::UsageHint(app, argc, argv));
  } catch (const std::exception& exception) {
    const Error error = cli::AsError(exception);
    const char* code = ErrorCodeName(error.code());
    const std::string signal = cli::StoppingSignal();
    if (error.code() != ErrorCode::kCancelled || signal.empty())
      return Report(common.json, code, error.message(), error.hint());
    Report(common.json, code, "stopped by " + signal + ": " + error.message(),
           error.hint().empty() ? cli::kBeginAgain : error.hint());
    return cli::SignalExitCode();
  }
}

}  // namespace

int main(int argc, char** argv) {
  cli::OpenStandardStreams();
  // The flag may stand behind what cannot be parsed.
  const bool json = std::any_of(argv + std::min(argc, 1), argv + argc,
                                [](const char* word) { return std::string_view(word) == "--json"; });
  cli::HandleSignals(json);
  int code = Main(argc, argv, json);
  if (const std::string lost = cli::FlushStandardOutput(); !lost.empty()) {
    const int lost_code =
        Report(false, "io", "cannot write to standard output: " + lost,
               "Free some space where it goes to, or keep its reader running; files that were written are whole.");
    code = code == 0 ? lost_code : code;
  }
  if (code != 0 && code == cli::SignalExitCode()) cli::EndBySignal();
  return code;
}
