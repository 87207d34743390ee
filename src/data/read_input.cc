#include "data/read_input.h"

#include <fmt/format.h>

#include "fcn/error.h"
#include "fcn/picture_files.h"

namespace fcn {

ReadImageOptions InputOptions(const ReadImageOptions& options, size_t k) {
  ReadImageOptions its = options;
  if (k > 0) its.bands.clear(), its.page = 1;
  return its;
}

Raster ReadInput(const std::filesystem::path& path, const InputInfo& input, const ReadImageOptions& options,
                 std::vector<ImageNote>* notes) {
  if (input.bands == 0) return Raster(ReadImage(path.string(), options, notes));
  Raster raster = ReadRaster(path.string(), options, notes);
  if (raster.bands != input.bands && !options.bands.empty())
    throw Error(
        ErrorCode::kUsage,
        fmt::format("{} band{} of {} {} chosen, and the input {} takes {}", raster.bands, raster.bands == 1 ? "" : "s",
                    path.string(), raster.bands == 1 ? "is" : "are", input.name, input.bands),
        "--bands chooses as many as --inputs NAME:BANDS says.");
  if (raster.bands != input.bands)
    throw Error(ErrorCode::kInput,
                fmt::format("{} has {} band{}, and the input {} takes {}", path.string(), raster.bands,
                            raster.bands == 1 ? "" : "s", input.name, input.bands),
                "--inputs NAME:BANDS says how many an input takes; --bands chooses those of the first input's files.");
  return raster;
}

std::string SizeMismatch(const std::string& image, int width, int height, const std::string& what,
                         const std::string& other, int other_width, int other_height) {
  return fmt::format("{} has {}x{} pixels, but its {} {} {} {}x{}", image, width, height, what, other,
                     what == "labels" ? "have" : "has", other_width, other_height);
}

}  // namespace fcn
