#include "cli/program.h"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "fcn/version.h"

namespace fcn::cli {
namespace {

constexpr const char* kDescription =
    "Semantic segmentation with fully convolutional networks, on CPUs.\n\n"
    "  fcn segment photo.jpg -o out/\n"
    "  fcn dataset check --data my-pictures\n"
    "  fcn train --data my-pictures --weights efficientnet-lite0.pth --epochs 50 -o run\n"
    "  fcn eval --model run/best.safetensors --data my-pictures --split val\n"
    "  fcn info fcn8s-vgg16 --size 500x500";

constexpr const char* kFooter =
    "Each verb has its own help: fcn segment --help\n"
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 128 + N stopped by signal N (130: Ctrl-C).";

/// Whole numbers are decimal everywhere: not the octal ones that C sees in 010, as the configuration has them.
template <bool is_signed>
std::string TakeDecimal(std::string& text) {
  const size_t sign = is_signed && text.starts_with('-') ? 1 : 0;
  const size_t digits = text.find_first_not_of('0', sign);
  if (text.size() == sign || text.find_first_not_of("0123456789", sign) != text.npos)
    return "must be a whole number, not " + text;
  text = text.substr(0, sign) + (digits == text.npos ? "0" : text.substr(digits));
  return {};
}

void ReadNumbersAsDecimals(CLI::App& verb) {
  for (CLI::Option* option : verb.get_options()) {
    const std::string type = option->get_type_name();
    if (type.find(',') != std::string::npos) continue;  // lists are taken apart by those who take them
    if (type.starts_with("INT")) option->transform(CLI::Validator(TakeDecimal<true>, ""));
    if (type.starts_with("UINT")) option->transform(CLI::Validator(TakeDecimal<false>, ""));
  }
  for (CLI::App* inner : verb.get_subcommands({})) ReadNumbersAsDecimals(*inner);
}

}  // namespace

std::unique_ptr<CLI::App> MakeProgram(CommonOptions& common, Run& run) {
  auto app = std::make_unique<CLI::App>(kDescription, "fcn");
  app->footer(kFooter);
  app->set_version_flag("--version", std::string("fcn ") + Version());
  app->require_subcommand(1);
  for (const auto add : {AddSegment, AddImport, AddInfo, AddBench, AddVerify, AddReport, AddTrain, AddEval, AddDataset})
    add(*app, common, run);
  for (CLI::App* verb : app->get_subcommands({})) AddCommonOptions(*verb, common);
  for (const char* verb : {"segment", "bench", "train", "eval", "verify", "report"})
    AddMemoryOption(*app->get_subcommand(verb), common);
  for (const char* verb : {"segment", "eval", "report"}) AddThresholdOption(*app->get_subcommand(verb), common);
  ReadNumbersAsDecimals(*app);
  return app;
}

std::vector<std::string> WordsOf(int argc, const char* const* argv) {
  const auto* const flags_end = std::find(argv, argv + argc, std::string_view("--"));  // then pictures follow
  std::vector<std::string> words;
  for (int i = argc; i-- > 1;) {
    std::string word = argv[i];
    if (argv + i < flags_end && word.starts_with("--") && word.find('=') == word.size() - 1) {
      words.emplace_back();
      word.pop_back();
    }
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace fcn::cli
