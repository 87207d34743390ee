#include "cli/default_model.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "fcn/error.h"

namespace fcn::cli {

namespace fs = std::filesystem;

std::string DefaultModel() {
  constexpr const char* kName = "animals-and-people.safetensors";
  constexpr int kFoldersAbove = 3;  // SOURCE/build/bin/fcn, and one to spare for build/release/bin
  std::vector<fs::path> places;
  if (const char* folder = std::getenv("FCN_MODELS"); folder != nullptr) {
    places.emplace_back(folder);
  } else {
    std::error_code error;
    fs::path above = fs::read_symlink("/proc/self/exe", error).parent_path();
    places.push_back(above.parent_path() / "share" / "fcn" / "models");
    for (int i = 0; i < kFoldersAbove; i++) {
      above = above.parent_path();
      places.push_back(above / "models");
    }
  }
  std::vector<std::string> tried;
  for (const fs::path& place : places) {
    std::error_code error;
    if (fs::is_regular_file(place / kName, error)) return (place / kName).string();
    tried.push_back(place.string());
  }
  throw Error(ErrorCode::kIo, fmt::format("the default model {} is not in {}", kName, fmt::join(tried, ", ")),
              "Name a model with --model FILE, or the folder of the models in FCN_MODELS.");
}

}  // namespace fcn::cli
