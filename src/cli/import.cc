#include "models/import.h"

#include <fmt/format.h>

#include <filesystem>

#include "cli/verbs.h"
#include "formats/weights.h"
#include "graph/cost.h"
#include "segment/golden.h"

namespace fcn::cli {
namespace {

struct ImportOptions {
  std::string weights, model, output, classes;
};

int RunImport(const ImportOptions& options, const CommonOptions& common) {
  const ZooEntry& entry = FindModel(options.model);
  const std::vector<std::string> classes =
      ParseFlag("--classes", options.classes, "Names have commas between them: --classes road,sky.",
                [](const std::string& text) { return SplitMembers(text, "a name"); });
  Imported imported = ImportWeights(entry, ReadWeights(options.weights), options.weights, classes);
  const Context context(common.threads, common.chosen_isa());
  Model& model = imported.model;
  model.golden.push_back(MakeGolden(model, context));
  SaveModel(options.output, model);

  const ImportReport& report = imported.report;
  const int64_t parameters = ParameterCount(*model.graph);
  std::string text = fmt::format(
      "{}: {} with {} classes, {:.2f} million parameters\n"
      "  {} tensors taken, {} reshaped, {} ignored, {} initialised\n",
      options.output, model.name, model.classes.size(), static_cast<double>(parameters) / 1e6, report.taken.size(),
      report.reshaped.size(), report.ignored.size(), report.initialised.size());
  for (const std::string& name : report.initialised) text += "    initialised: " + name + "\n";
  if (!report.initialised.empty()) text += "  Its scores mean nothing before these layers are trained.\n";
  const nlohmann::ordered_json json = {{"output", options.output},        {"model", model.name},
                                       {"classes", model.classes.size()}, {"parameters", parameters},
                                       {"taken", report.taken},           {"reshaped", report.reshaped},
                                       {"ignored", report.ignored},       {"initialised", report.initialised}};
  PrintResult(common, json, text);
  return 0;
}

std::string NetworkNames() {
  std::string names;
  for (const ZooEntry& entry : Zoo()) names += fmt::format("\n  {:<28} {}", entry.name, entry.description);
  return names;
}

}  // namespace

void AddImport(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* verb = app.add_subcommand("import", "Make a model file out of foreign weights");
  verb->add_option("weights", options->weights,
                   "A torch checkpoint (.pth, either form) or safetensors file with torch's names")
      ->required();
  verb->add_option("--model", options->model, "The network that the weights are for, see below")->required();
  verb->add_option("-o,--output", options->output, "The model file to write (.safetensors)")->required();
  AddListOption(
      *verb, "--classes", "NAME,NAME", [options](const std::string& text) { options->classes = text; },
      "Names of the classes, where they are not the network's usual ones");
  verb->footer(
      "A classifier's weights also fit the fully convolutional networks made from it; layers that it lacks begin\n"
      "as zeros. Networks:" +
      NetworkNames());
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunImport(*options, common); }; });
}

}  // namespace fcn::cli
