#include <signal.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string_view>

#include "cli/as_error.h"
#include "cli/suggest.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/version.h"

namespace {

using namespace fcn;

constexpr const char* kDescription =
    "Semantic segmentation with fully convolutional networks, on CPUs.\n\n"
    "  fcn segment photo.jpg -o out/\n"
    "  fcn dataset check --data my-pictures\n"
    "  fcn train --data my-pictures --weights efficientnet-lite0.pth --epochs 50 -o run\n"
    "  fcn eval --model run/best.safetensors --data my-pictures --split val\n"
    "  fcn info fcn8s-vgg16 --size 500x500";

constexpr const char* kFooter =
    "Each verb has its own help: fcn segment --help\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage.";

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
  CLI::App app(kDescription, "fcn");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("fcn ") + Version());
  app.require_subcommand(1);
  cli::Run run;
  cli::AddSegment(app, common, run);
  cli::AddImport(app, common, run);
  cli::AddInfo(app, common, run);
  cli::AddBench(app, common, run);
  cli::AddVerify(app, common, run);
  cli::AddReport(app, common, run);
  cli::AddTrain(app, common, run);
  cli::AddEval(app, common, run);
  cli::AddDataset(app, common, run);
  for (CLI::App* verb : app.get_subcommands({})) cli::AddCommonOptions(*verb, common);
  for (const char* verb : {"segment", "bench", "train", "eval", "verify", "report"})
    cli::AddMemoryOption(*app.get_subcommand(verb), common);
  for (const char* verb : {"segment", "eval", "report"}) cli::AddThresholdOption(*app.get_subcommand(verb), common);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    // The flag may stand behind what could not be parsed.
    const bool json =
        std::any_of(argv + 1, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
    return Report(json, "usage", cli::UsageMessage(app, error, argc, argv), cli::UsageHint(app, argc, argv));
  }
  try {
    return run();
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
