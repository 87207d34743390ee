#include "data/class_files.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "data/class_line.h"
#include "data/coding.h"
#include "data/known_classes.h"
#include "data/label_options.h"
#include "data/listing.h"
#include "fcn/option_text.h"
#include "models/class_name.h"
#include "target.h"

namespace fcn::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNames[] = {"classes.txt",    "labelmap.txt", "class_names.txt", "label_colors.txt",
                                  "class_dict.csv", "_classes.csv", "classes.csv",     "labels.txt"};

/// A folder of this process, removed at its end.
const fs::path& Folder() {
  static const struct Made {
    Made() : path(fs::temp_directory_path() / ("fcn-fuzz-" + std::to_string(getpid()))) { fs::create_directory(path); }
    ~Made() { fs::remove_all(path); }
    fs::path path;
  } folder;
  return folder.path;
}

}  // namespace
}  // namespace fcn::fuzz

/// The first byte chooses one of the names of class files, the rest is its content: classes that a data set can have,
/// with every kind of layout's own, or an Error.
FUZZ_TARGET(class_files) {
  using namespace fcn;
  if (size == 0) return 0;
  const std::string_view text = fuzz::Text(data + 1, size - 1);
  const std::filesystem::path file = fuzz::Folder() / fuzz::kNames[data[0] % std::size(fuzz::kNames)];
  std::ofstream(file, std::ios::binary) << text;
  fuzz::Accepts([&] {
    const auto found = FindClassFile(fuzz::Folder(), false);
    fuzz::Require(found && found->path == file.string(), "a class file is found");
    const ClassNames& classes = found->classes;
    fuzz::Require(!classes.names.empty() && classes.names.size() <= kMostClasses, "a class file has classes");
    fuzz::Require(classes.palette.empty() || classes.palette.size() == classes.names.size(), "a colour for each");
    fuzz::Require(classes.values.empty() || classes.values.size() == classes.names.size(), "a value for each");
    CheckClassNames(classes.names);
    for (const char* kind : {"", "voc", "camvid"})
      fuzz::Accepts([&] {
        DatasetOptions options;
        options.ignore_index = 0;
        const KnownClasses known = ListClasses(kind, fuzz::Folder().string());
        const DatasetClasses chosen = ChooseClasses(options, known);
        fuzz::Require(chosen.palette.size() == chosen.names.size(), "every class has a colour");
      });
  });
  std::filesystem::remove(file);
  const size_t end = text.find('\n');
  try {
    ParseClassLine(text.substr(0, end));
  } catch (const WrongLine& wrong) {
    fuzz::Require(!wrong.what.empty(), "a wrong line says why");
  }
  return 0;
}
