#include <fmt/format.h>

#include "cli/verbs.h"
#include "fcn/model.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

using nlohmann::ordered_json;

struct Said {
  const char *json, *text;
};

Said WordsFor(ChecksumResult result) {
  switch (result) {
    case ChecksumResult::kNone:
      return {"none", "there is none: nothing tells whether weights or metadata were damaged"};
    case ChecksumResult::kUnknown:
      return {"unknown", "of a kind that this version of fcn cannot compute"};
    case ChecksumResult::kMatches:
      return {"matches", "ok"};
    case ChecksumResult::kDiffers:
      break;
  }
  return {"differs", "WRONG"};
}

ordered_json JsonOf(const GoldenResult& result) {
  ordered_json json = {{"width", result.width},         {"height", result.height},
                       {"scores", result.scores},       {"largest_difference", result.largest_difference},
                       {"tolerance", result.tolerance}, {"passed", result.passed()}};
  if (!result.head.empty()) json["head"] = result.head;
  return json;
}

std::string TextOf(const GoldenResult& result) {
  return fmt::format("  {}x{}{}: {} scores, largest difference {:.3g}, tolerance {:.3g}: {}\n", result.width,
                     result.height, result.head.empty() ? "" : ", head " + result.head, result.scores,
                     result.largest_difference, result.tolerance, result.passed() ? "ok" : "WRONG");
}

int RunVerify(const std::string& path, const CommonOptions& common) {
  const Model model = Model::Open(path, {.check = false});
  const Runtime runtime = common.runtime();
  const Verification found = model.Verify(runtime);

  const Said checksum = WordsFor(found.checksum);
  ordered_json json = {{"model", model.name()}, {"isa", runtime.isa()}, {"checksum", checksum.json}};
  std::string text =
      fmt::format("{}: {}, {}\n  checksum: {}\n", Shown(path), model.name(), runtime.isa(), checksum.text);
  json["vectors"] = json["not_finite"] = ordered_json::array();
  for (const NotFiniteTensor& bad : found.not_finite) {
    json["not_finite"].push_back({{"tensor", bad.name}, {"elements", bad.count}, {"first", bad.first}});
    text += fmt::format("  {}: {} of {} elements are infinite or no number: WRONG\n", Quoted(bad.name), bad.count,
                        bad.elements);
  }
  for (const GoldenResult& result : found.golden) {
    json["vectors"].push_back(JsonOf(result));
    text += TextOf(result);
  }
  json["passed"] = found.passed();
  if (!model.is_trained())
    text += "  All scores are alike, as before training: this says nothing about the other weights.\n";
  if (!found.passed())
    text += "  The file was damaged, or this machine computes wrongly: copy or import it again and compare.\n";
  PrintResult(common, json, text);
  return found.passed() ? 0 : 1;
}

}  // namespace

void AddVerify(CLI::App& app, const CommonOptions& common, Run& run) {
  auto path = std::make_shared<std::string>();
  CLI::App* verb = app.add_subcommand(
      "verify", "Check that a model file is whole, and computes here what it computed when it was made");
  verb->add_option("model", *path, "A model file")->required();
  verb->final_callback([path, &common, &run] { run = [path, &common] { return RunVerify(*path, common); }; });
}

}  // namespace fcn::cli
