#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "cli/inputs.h"

namespace fcn::cli {

/// The pictures that a model takes beside those that are given as such: --input depth=FILE, or depth=FOLDER.
class OtherInputs {
 public:
  /// `given` are NAME=PATH, of one name as many as one likes; `inputs` are the model's. Throws Error(kUsage) for a text
  /// that is none, a name that is not one of its further inputs, and where one of these is not given.
  OtherInputs(const std::vector<std::string>& given, const std::vector<InputInfo>& inputs);

  /// Finds the files of each picture, in the order of the inputs: in a folder that of the same name but for the ending,
  /// in a folder below it for a picture that was found in one; of several files likewise; a single file is that of a
  /// single picture. Where there is none, or several, the picture fails.
  void Find(InputList& list) const;

 private:
  struct Input {
    std::string name;
    std::vector<std::filesystem::path> paths;
  };
  std::vector<Input> inputs_;  // all but the first
};

}  // namespace fcn::cli
