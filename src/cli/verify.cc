#include <fmt/format.h>

#include "base/quoted.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "models/model.h"
#include "segment/golden.h"

namespace fcn::cli {
namespace {

int RunVerify(const std::string& path, const CommonOptions& common) {
  const Model model = LoadModel(path);
  if (model.golden.empty())
    throw Error(ErrorCode::kUnsupported, fmt::format("{} holds no golden vectors to verify", path),
                "Import the weights again with this version of fcn.");
  const Context context(common.threads, common.chosen_isa());
  nlohmann::ordered_json json = {{"model", model.name}, {"isa", IsaName(context.isa())}};
  std::string text = fmt::format("{}: {}, {}\n", Shown(path), model.name, IsaName(context.isa()));
  bool passed = true;
  for (const GoldenVector& golden : model.golden) {
    const GoldenResult result = CheckGolden(model, golden, common.compile_options(), context);
    passed = passed && result.passed();
    json["vectors"].push_back({{"width", golden.width},
                               {"height", golden.height},
                               {"scores", result.scores},
                               {"largest_difference", result.largest_difference},
                               {"tolerance", result.tolerance},
                               {"passed", result.passed()}});
    text += fmt::format("  {}x{}: {} scores, largest difference {:.3g}, tolerance {:.3g}: {}\n", golden.width,
                        golden.height, result.scores, result.largest_difference, result.tolerance,
                        result.passed() ? "ok" : "WRONG");
  }
  json["passed"] = passed;
  if (!IsTrained(model))
    text += "  All scores are alike, as before training: this says nothing about the other weights.\n";
  if (!passed) text += "  The file was damaged, or this machine computes wrongly: import it again and compare.\n";
  PrintResult(common, json, text);
  return passed ? 0 : 1;
}

}  // namespace

void AddVerify(CLI::App& app, const CommonOptions& common, Run& run) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb =
      app.add_subcommand("verify", "Check that a model file computes here what it computed when it was made");
  verb->add_option("model", *path, "A model file")->required();
  verb->final_callback([path, &common, &run] { run = [path, &common] { return RunVerify(*path, common); }; });
}

}  // namespace fcn::cli
