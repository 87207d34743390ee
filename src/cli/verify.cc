#include <fmt/format.h>

#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/checksum.h"
#include "models/model.h"
#include "segment/golden.h"
#include "tensor/finite_tensor.h"
#include "tensor/mapped_tensors.h"

namespace fcn::cli {
namespace {

struct Answer {
  nlohmann::ordered_json json;
  std::string text;
  bool passed = true;
};

void CheckFile(const SafetensorsFile& file, Answer& answer) {
  struct Said {
    const char *json, *text;
    bool passed;
  };
  const auto said = [](ChecksumResult result) -> Said {
    switch (result) {
      case ChecksumResult::kNone:
        return {"none", "there is none: nothing tells whether weights or metadata were damaged", true};
      case ChecksumResult::kUnknown:
        return {"unknown", "of a kind that this version of fcn cannot compute", false};
      case ChecksumResult::kMatches:
        return {"matches", "ok", true};
      case ChecksumResult::kDiffers:
        break;
    }
    return {"differs", "WRONG", false};
  }(CompareChecksum(file));
  answer.json["checksum"] = said.json;
  answer.text += fmt::format("  checksum: {}\n", said.text);
  answer.passed = answer.passed && said.passed;

  answer.json["vectors"] = answer.json["not_finite"] = nlohmann::ordered_json::array();
  for (const auto& [name, tensor] : file.tensors) {
    const auto bad = FindNotFinite(tensor);
    if (!bad) continue;
    answer.json["not_finite"].push_back({{"tensor", name}, {"elements", bad->count}, {"first", bad->first}});
    answer.text += fmt::format("  {}: {} of {} elements are infinite or no number: WRONG\n", Quoted(name), bad->count,
                               tensor.shape.elements());
    answer.passed = false;
  }
  CheckUnchanged(file.tensors);
}

/// A vector may have a size that the network cannot take, which its error speaks of as of a picture's.
GoldenResult Check(const ModelContents& model, const GoldenVector& golden, const std::string& path,
                   const CommonOptions& common, const Context& context) {
  try {
    return CheckGolden(model, golden, common.compile_options(), context);
  } catch (const Error& error) {
    throw Error(error.code(),
                fmt::format("{}: golden vector of {}x{}: {}", path, golden.width, golden.height, error.message()),
                error.hint());
  }
}

void CheckVectors(const ModelContents& model, const std::string& path, const CommonOptions& common,
                  const Context& context, Answer& answer) {
  for (const GoldenVector& golden : model.golden) {
    const GoldenResult result = Check(model, golden, path, common, context);
    answer.passed = answer.passed && result.passed();
    answer.json["vectors"].push_back({{"width", golden.width},
                                      {"height", golden.height},
                                      {"scores", result.scores},
                                      {"largest_difference", result.largest_difference},
                                      {"tolerance", result.tolerance},
                                      {"passed", result.passed()}});
    if (!golden.head.empty()) answer.json["vectors"].back()["head"] = golden.head;
    answer.text += fmt::format("  {}x{}{}: {} scores, largest difference {:.3g}, tolerance {:.3g}: {}\n", golden.width,
                               golden.height, golden.head.empty() ? "" : ", head " + golden.head, result.scores,
                               result.largest_difference, result.tolerance, result.passed() ? "ok" : "WRONG");
  }
}

int RunVerify(const std::string& path, const CommonOptions& common) {
  const SafetensorsFile file = ReadSafetensors(path);
  const ModelContents model = [&] {
    try {
      return ModelOf(file, path);  // CheckFile looks at the content, and says all that is wrong
    } catch (const Error&) {
      CheckChecksum(file, path);  // a damaged file may contradict itself
      throw;
    }
  }();
  if (model.golden.empty()) {
    CheckChecksum(file, path);
    throw Error(ErrorCode::kUnsupported, fmt::format("{} holds no golden vectors to verify", path),
                "Import the weights again with this version of fcn.");
  }
  const Context context(common.threads, common.chosen_isa());
  Answer answer;
  answer.json = {{"model", model.name}, {"isa", IsaName(context.isa())}};
  answer.text = fmt::format("{}: {}, {}\n", Shown(path), model.name, IsaName(context.isa()));
  CheckFile(file, answer);
  if (answer.json["not_finite"].empty()) CheckVectors(model, path, common, context, answer);
  answer.json["passed"] = answer.passed;
  if (!IsTrained(model))
    answer.text += "  All scores are alike, as before training: this says nothing about the other weights.\n";
  if (!answer.passed)
    answer.text += "  The file was damaged, or this machine computes wrongly: copy or import it again and compare.\n";
  PrintResult(common, answer.json, answer.text);
  return answer.passed ? 0 : 1;
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
