#include "cli/dataset_options.h"

#include "cli/options.h"
#include "cli/picture_options.h"
#include "fcn/option_text.h"

namespace fcn::cli {

DatasetOptions DatasetFlags::Resolve() const {
  DatasetOptions resolved = options;
  resolved.classes = ParseFlag("--classes", classes, "Names have commas between them: --classes road,sky.",
                               [](const std::string& text) { return SplitMembers(text, "a name"); });
  resolved.map =
      ParseFlag("--map", map,
                "--map is VALUE:CLASS, as in 255:1 for labels of 0 and 255; a colour may stand for the value, and "
                "ignore for the class. Of another head than the first: HEAD=VALUE:CLASS.",
                ParseMappings);
  resolved.palette =
      ParseFlag("--palette", palette,
                "Colours are red,green,blue of 0 to 255 (128,64,128) or #804080, one for each class.", ParseColours);
  resolved.inputs = ParseInputs(inputs);
  resolved.heads = ParseHeads(heads);
  return resolved;
}

void AddDatasetOptions(CLI::App& verb, DatasetFlags& flags) {
  verb.add_option("--data", flags.options.folder, "The data set's folder");
  verb.add_option(
      "--split", flags.options.split,
      "The part of it, of which a slice may be taken: val, train[:380]; 'train - val' leaves out the names\nof another "
      "part, or of a list");
  const auto into = [](std::string& text) { return [&text](const std::string& given) { text = given; }; };
  AddListOption(verb, "--inputs", "NAME,NAME", into(flags.inputs),
                "What a sample's pictures are, with the bands of those that are not in colour: image,depth:1");
  AddListOption(verb, "--heads", "NAME,NAME", into(flags.heads), "What its label maps are of: class,geometry");
  AddLabelOptions(verb, flags);
  AddPictureOptions(verb, flags.options.images);
}

void AddLabelOptions(CLI::App& verb, DatasetFlags& flags) {
  verb.add_option(
      "--dataset", flags.options.kind,
      "How it is laid out: camvid, voc, pairs, list, scenes, sbd, nyud, sift-flow, pascal-context,\ncityscapes or "
      "ade20k (default: found out)");
  const auto into = [](std::string& text) { return [&text](const std::string& given) { text = given; }; };
  AddListOption(verb, "--classes", "NAME,NAME", into(flags.classes),
                "Names of the classes in the order of their indices; of a data set that has its own, those that count");
  verb.add_option("--ignore-index", flags.options.ignore_index, "The label that does not count; -1: none")
      ->capture_default_str();
  AddSwitch(
      verb, "--reduce-zero-label",
      [&flags](const std::string& text) { flags.options.reduce_zero_label = text == "true"; },
      "0 does not count, and label 1 is the first class, as in ADE20K");
  AddListOption(verb, "--map", "VALUE:CLASS,VALUE:CLASS", into(flags.map),
                "What labels or colours mean, a class's index or ignore: 255:1, '#e0e0c0:ignore'; of a further head\n"
                "geometry=255:1");
  AddListOption(verb, "--palette", "COLOUR,COLOUR", into(flags.palette),
                "The classes' colours in RGB labels, one each: 128,64,128 or '#804080'");
}

}  // namespace fcn::cli
