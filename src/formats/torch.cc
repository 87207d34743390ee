#include "formats/torch.h"

#include <fmt/format.h>

#include "base/whole_file.h"
#include "fcn/error.h"
#include "formats/torch_legacy.h"
#include "formats/torch_zip.h"

namespace fcn {

WeightsFile ReadTorch(const std::filesystem::path& path) {
  const auto file = std::make_shared<const WholeFile>(path);
  return ParseTorch(file, file->bytes(), path.string());
}

WeightsFile ParseTorch(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                       const std::string& name) {
  if (LooksLikeZip(bytes)) return ParseTorchZip(bytes, name);
  if (LooksLikeTorchLegacy(bytes)) return ParseTorchLegacy(owner, bytes, name);
  throw Error(ErrorCode::kInput, fmt::format("{}: is not a file that torch.save wrote", name),
              "Save weights in Python: torch.save(model.state_dict(), path).");
}

}  // namespace fcn
