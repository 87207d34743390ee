#include "fcn/import.h"

#include <fmt/format.h>

#include <optional>

#include "cli/network.h"
#include "cli/outputs.h"
#include "cli/print.h"
#include "cli/verbs.h"
#include "fcn/error.h"
#include "fcn/option_text.h"
#include "fcn/text.h"

namespace fcn::cli {
namespace {

struct ImportVerbOptions {
  std::vector<std::string> files;  ///< the weights, and before them a net of Caffe's
  std::string model, output, prefix, architecture, inputs, new_bands, new_layers, size, phase = "test";
  std::optional<std::string> classes, preprocessing;
  bool overwrite = false;
  bool new_head = false;
  bool dense = false, slide_pooling = false;
  std::string dense_size;
  NetworkForm form;
};

bool IsOfCaffe(const ImportVerbOptions& verb) { return verb.files.size() > 1; }

CaffeOptions CaffeOptionsOf(const ImportVerbOptions& verb) {
  const ImageSize size = verb.size.empty() ? ImageSize() : ParseSize(verb.size);
  return {.training = verb.phase == "train",
          .width = size.width,
          .height = size.height,
          .inputs = ParseInputs(verb.inputs)};
}

/// Of the picture that a preprocessing is given for.
int BandsOf(const ImportVerbOptions& verb) {
  return IsOfCaffe(verb) ? Network::FromCaffe(verb.files[0], CaffeOptionsOf(verb)).inputs()[0].bands : 3;
}

/// Weights are for a network by name, or for a net that stands before them.
void CheckFiles(const ImportVerbOptions& verb) {
  if (IsPrototxt(verb.files[0]) && !IsOfCaffe(verb))
    throw Error(ErrorCode::kUsage, fmt::format("{} is a net of Caffe's without weights", Quoted(verb.files[0])),
                "Name its weights behind it: fcn import net.prototxt net.caffemodel -o net.safetensors.");
  if (IsOfCaffe(verb) && !IsPrototxt(verb.files[0]))
    throw Error(ErrorCode::kUsage, fmt::format("two files are given, and {} is no .prototxt", Quoted(verb.files[0])),
                "A net of Caffe's comes first, then its weights: fcn import net.prototxt net.caffemodel.");
  if (IsOfCaffe(verb) == verb.model.empty()) return;
  throw Error(ErrorCode::kUsage,
              IsOfCaffe(verb) ? "--model names a network, and a net of Caffe's is given as well"
                              : "--model is missing: the network that the weights are for",
              "Weights are for a network by name, --model fcn8s-vgg16, or for the .prototxt before them.");
}

ImportOptions OptionsOf(const ImportVerbOptions& verb) {
  ImportOptions options;
  if (verb.classes) {
    options.classes = ParseFlag("--classes", *verb.classes, "Names have commas between them: --classes road,sky.",
                                [](const std::string& text) { return SplitMembers(text, "a name"); });
    if (options.classes.empty())
      throw Error(ErrorCode::kUsage, "--classes names no class", "Leave it out for the network's usual ones.");
    try {
      CheckClassNames(options.classes);
    } catch (const Error& error) {
      throw Error(error.code(), "--classes: " + error.message(), error.hint());
    }
  }
  if (verb.new_head) options.new_head = ImportOptions::NewHead::kAlways;
  options.new_layers =
      ParseFlag("--new-layers", verb.new_layers, "For example --new-layers classifier.0.,classifier.3.",
                [](const std::string& text) { return SplitMembers(text, "a name"); });
  if (IsOfCaffe(verb)) CheckHasOwnForm(verb.files[0], verb.form);
  options.form = verb.form;
  options.inputs = ParseInputs(verb.inputs);
  if (verb.preprocessing) options.preprocessing = PreprocessingFromText(*verb.preprocessing, BandsOf(verb));
  if (!verb.new_bands.empty()) options.new_bands = NewBandsFromText(verb.new_bands);
  options.prefix = verb.prefix;
  options.architecture = verb.architecture;
  return options;
}

/// The classifier that was imported as a dense predictor.
Model DenseOf(const Model& classifier, const ImportVerbOptions& options, const CommonOptions& common) {
  const ImageSize size = options.dense_size.empty() ? ImageSize{} : ParseSize(options.dense_size, "--dense-size");
  const GlobalPooling pooling = options.slide_pooling ? GlobalPooling::kSliding : GlobalPooling::kLeftOut;
  return classifier.Dense(static_cast<int>(size.width), static_cast<int>(size.height), pooling)
      .WithGoldenVectors(common.runtime());
}

constexpr const char* kUntrained = "Its scores mean nothing before these layers are trained.";

/// How inputs are prepared, where they were named.
std::string InputsText(const Model& model) {
  std::string text;
  for (const ModelInput& input : model.inputs())
    text += fmt::format("  input {}: {} {}, preprocessing {}\n", Shown(input.name.empty() ? "image" : input.name),
                        input.bands, input.bands == 1 ? "band" : "bands", PreprocessingText(input.preprocessing));
  return text;
}

std::string ReportText(const std::string& output, const Model& model, const ImportReport& report, bool names_inputs) {
  const ModelHead& head = model.heads().front();
  std::string text = fmt::format(
      "{}: {} with {} classes, {:.2f} million parameters\n"
      "  {} tensors taken, {} reshaped, {} ignored, {} initialised\n",
      Shown(output), model.name(), head.classes.size(), static_cast<double>(model.network().parameters()) / 1e6,
      report.taken.size(), report.reshaped.size(), report.ignored.size(), report.initialised.size());
  if (!report.names.empty()) text += fmt::format("  names: {}'s\n", report.names);
  if (!report.prefix.empty()) text += fmt::format("  names without their prefix {}\n", Quoted(report.prefix));
  text += names_inputs ? InputsText(model) : fmt::format("  preprocessing: {}\n", report.preprocessing);
  if (head.binary)
    text += fmt::format("  A binary model: one score for each pixel, and {} is where sigmoid(score) is above 0.5.\n",
                        Quoted(head.classes.back()));
  for (const std::string& name : report.initialised) text += "    initialised: " + Shown(name) + "\n";
  if (report.is_untrained()) text += fmt::format("  {}\n", kUntrained);
  return text;
}

int RunImport(const ImportVerbOptions& options, const CommonOptions& common) {
  Outputs outputs(options.overwrite);
  outputs.Add(options.output);
  CheckFiles(options);
  outputs.Check({options.files.begin(), options.files.end()});
  const ImportOptions import_options = OptionsOf(options);
  const auto [imported, report] =
      IsOfCaffe(options)
          ? ImportCaffe(options.files[0], options.files[1], CaffeOptionsOf(options), import_options, common.runtime())
          : Import(options.files[0], options.model, import_options, common.runtime());
  const Model model = options.dense ? DenseOf(imported, options, common) : imported;
  model.Save(options.output, outputs.ModeOf(options.output));

  for (const std::string& note : report.notes) PrintNote(note);
  std::vector<std::string> notes = report.notes;
  if (report.is_untrained()) notes.emplace_back(kUntrained);
  const nlohmann::ordered_json json = {{"output", options.output},
                                       {"model", model.name()},
                                       {"classes", model.heads().front().classes.size()},
                                       {"parameters", model.network().parameters()},
                                       {"names", report.names},
                                       {"prefix", report.prefix},
                                       {"preprocessing", report.preprocessing},
                                       {"scored_classes", report.scored_classes},
                                       {"taken", report.taken},
                                       {"reshaped", report.reshaped},
                                       {"ignored", report.ignored},
                                       {"initialised", report.initialised},
                                       {"notes", notes}};
  PrintResult(
      common, json,
      ReportText(options.output, model, report, !import_options.inputs.empty() || report.preprocessing.empty()));
  return 0;
}

std::string NetworkNames() {
  std::string names;
  for (const ZooNetwork& entry : Network::Zoo()) names += fmt::format("\n  {:<28} {}", entry.name, entry.description);
  return names;
}

std::string PreprocessingHelp() {
  std::string names;
  for (const NamedPreprocessing& row : NamedPreprocessings()) names += fmt::format("{}, ", row.name);
  return "How pictures were prepared for these weights: " + names +
         "or ORDER:MEAN:DEVIATION\nas in rgb:127.5:127.5; by default what belongs to the weights' names";
}

}  // namespace

void AddImport(CLI::App& app, const CommonOptions& common, Run& run) {
  auto options = std::make_shared<ImportVerbOptions>();
  CLI::App* verb = app.add_subcommand("import", "Make a model file out of foreign weights");
  verb->add_option("weights", options->files,
                   "A torch checkpoint (.pth, either form), a safetensors file with torch's names, a model or\n"
                   "checkpoint of fcn's, or a .caffemodel; before it a net of Caffe's (.prototxt) that it is for")
      ->required()
      ->expected(1, 2)
      ->type_name("FILE");
  verb->add_option("--model", options->model, "The network that the weights are for, see below");
  verb->add_option("-o,--output", options->output, "The model file to write (.safetensors)")->required();
  verb->add_flag("--overwrite", options->overwrite, kOverwriteHelp);
  AddListOption(
      *verb, "--classes", "NAME,NAME", [options](const std::string& text) { options->classes = text; },
      "Names of the classes, where they are not the network's usual ones: as many as the weights score");
  verb->add_flag("--new-head", options->new_head,
                 "Let the layers that depend on the number of classes begin anew, untrained");
  AddListOption(
      *verb, "--new-layers", "NAME,NAME", [options](const std::string& text) { options->new_layers = text; },
      "Let the layers whose parameters' names begin so begin anew, untrained; the weights may lack them");
  AddListOption(
      *verb, "--inputs", "NAME,NAME", [options](const std::string& text) { options->inputs = text; },
      "What the network sees, with the bands of what is no picture in colour: image,depth:1");
  verb->add_option("--new-bands", options->new_bands,
                   "How the first layer begins for bands that the weights do not know: as the mean over theirs,\n"
                   "as theirs in turn (repeat), or with zeros (default: mean)");
  verb->add_option("--preprocessing", options->preprocessing, PreprocessingHelp());
  verb->add_option("--prefix", options->prefix,
                   "Take the weights whose names begin so, where a file has several (\"model_ema.\")");
  verb->add_option("--architecture", options->architecture,
                   "What the weights' project calls the network, where the names do not tell (FCN8sAtOnce)");
  verb->add_option("--size", options->size,
                   "Size of the pictures that a net of Caffe's takes, where it does not say it")
      ->type_name("WIDTHxHEIGHT");
  AddFormOptions(*verb, options->form);
  AddCaffeOptions(*verb, options->phase);
  CLI::Option* dense = verb->add_flag(
      "--dense", options->dense,
      "Make the classifier a dense predictor: fully connected layers become convolutions with the same weights");
  verb->add_option("--dense-size", options->dense_size,
                   "The pictures whose map those layers see whole (default: as large as the classifier crops them)")
      ->type_name("WIDTHxHEIGHT")
      ->needs(dense);
  verb->add_flag("--slide-pooling", options->slide_pooling,
                 "A mean over the whole map becomes one over a window that slides, where it would be left out")
      ->needs(dense);
  verb->footer(
      "A classifier's weights also fit the fully convolutional networks made from it; layers that it lacks begin\n"
      "as zeros. Networks:" +
      NetworkNames());
  verb->final_callback([options, &common, &run] { run = [options, &common] { return RunImport(*options, common); }; });
}

}  // namespace fcn::cli
