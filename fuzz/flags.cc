#include <CLI/App.hpp>
#include <CLI/Error.hpp>

#include "base/isa.h"
#include "cli/as_error.h"
#include "cli/program.h"
#include "cli/suggest.h"
#include "target.h"

namespace fcn::fuzz {
namespace {

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines = {"fcn"};
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end).substr(0, text.find('\0')));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

}  // namespace
}  // namespace fcn::fuzz

/// Any words, a line each, as the program's command line: they are parsed, or there is a message. What is parsed does
/// not run.
FUZZ_TARGET(flags) {
  using namespace fcn;
  if (size > 2048) return -1;
  const std::vector<std::string> words = fuzz::Lines(fuzz::Text(data, size));
  std::vector<const char*> argv;
  for (const std::string& word : words) argv.push_back(word.c_str());
  const int argc = static_cast<int>(argv.size());
  cli::CommonOptions common;
  cli::Run run;
  const auto program = cli::MakeProgram(common, run);
  try {
    program->parse(argc, argv.data());
    fuzz::Require(run != nullptr, "what is parsed can be run");
    if (!common.isa.empty()) fuzz::Accepts([&] { ParseIsa(common.isa); });  // as a Runtime does, without its threads
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      program->help("", CLI::AppFormatMode::Normal);
      return 0;
    }
    fuzz::Require(!cli::UsageMessage(*program, error, argc, argv.data()).empty(), "there is a message");
    cli::UsageHint(*program, argc, argv.data());
  } catch (const std::exception& exception) {
    const Error error = cli::AsError(exception);
    fuzz::Require(error.code() != ErrorCode::kInternal, error.what());
  }
  return 0;
}
