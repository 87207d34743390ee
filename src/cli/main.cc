#include <signal.h>

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <memory>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/as_error.h"
#include "cli/program.h"
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
    std::printf("%s\n", answer.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  }
  return std::string_view(code) == "usage" ? 2 : 1;
}

int Main(int argc, char** argv) {
  cli::CommonOptions common;
  cli::Run run;
  const std::unique_ptr<CLI::App> program = cli::MakeProgram(common, run);
  CLI::App& app = *program;

  try {
    app.parse(cli::WordsOf(argc, argv));
    return run();
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    // The flag may stand behind what could not be parsed.
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    return Report(json, "usage", cli::UsageMessage(app, error, argc, argv), cli::UsageHint(app, argc, argv));
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
