#include "cli/suggest.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/Error.hpp>
#include <vector>

#include "fcn/text.h"

namespace fcn::cli {
namespace {

/// The verbs that were understood, outer ones first: "dataset", "check".
std::vector<const CLI::App*> ChosenVerbs(const CLI::App& app) {
  std::vector<const CLI::App*> chosen;
  for (auto verbs = app.get_subcommands(); !verbs.empty(); verbs = chosen.back()->get_subcommands())
    chosen.push_back(verbs.front());
  return chosen;
}

std::vector<std::string> VerbNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands({})) {
    names.push_back(verb->get_name());
    for (const std::string& alias : verb->get_aliases()) names.push_back(alias);
  }
  return names;
}

std::vector<std::string> FlagNames(const CLI::App& verb) {
  std::vector<std::string> names;
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

bool Contains(const std::vector<std::string>& names, const std::string& word) {
  return std::find(names.begin(), names.end(), word) != names.end();
}

}  // namespace

std::string UsageMessage(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr && ChosenVerbs(app).empty())
    return argc > 1 ? fmt::format("there is no verb \"{}\"; there are {}", argv[1], fmt::join(VerbNames(app), ", "))
                    : "a verb is missing";
  return error.what();
}

std::string UsageHint(const CLI::App& app, int argc, const char* const* argv) {
  const std::vector<const CLI::App*> chosen = ChosenVerbs(app);
  std::string command = "fcn";
  std::vector<std::string> flags;
  for (const CLI::App* verb : chosen) {
    command += " " + verb->get_name();
    for (std::string& name : FlagNames(*verb)) flags.push_back(std::move(name));
  }
  std::string help = fmt::format("See {} --help.", command);
  const std::vector<std::string> verbs = VerbNames(chosen.empty() ? app : *chosen.back());
  for (int i = 1 + static_cast<int>(chosen.size()); i < argc; i++) {
    const std::string word = std::string(argv[i]).substr(0, std::string_view(argv[i]).find('='));
    const bool is_flag = word.starts_with("--");
    const std::vector<std::string>& known = is_flag ? flags : verbs;
    if ((is_flag && chosen.empty()) || Contains(known, word)) continue;
    const std::string nearest = NearestName(word, known);
    if (!nearest.empty()) return fmt::format("Did you mean {}? {}", nearest, help);
  }
  return help;
}

}  // namespace fcn::cli
