#include "formats/weights.h"

#include <fmt/format.h>

#include <utility>

#include "base/remedies.h"
#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "formats/caffe/model.h"
#include "formats/foreign_files.h"
#include "formats/safetensors.h"
#include "formats/torch.h"
#include "formats/torch_legacy.h"
#include "formats/torch_zip.h"

namespace fcn {
namespace {

/// A length that fits into the file, and a brace where the header begins.
bool LooksLikeSafetensors(std::span<const uint8_t> bytes) {
  return bytes.size() > 8 && bytes[8] == '{' && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
}

WeightsFile CaffeWeights(const CaffeNet& net, const std::string& name) {
  WeightsFile file;
  file.tensors = CaffeTensors(net, file.notes);
  if (file.tensors.empty())
    throw Error(ErrorCode::kInput, fmt::format("{}: seems to be a Caffe model, but has no weights", name),
                "Get the trained model: its layers have blobs.");
  return file;
}

}  // namespace

WeightsFile ReadWeights(const std::filesystem::path& path) {
  const auto file = std::make_shared<const WholeFile>(path);
  WeightsFile weights = ParseWeights(file, file->bytes(), path.string());
  for (auto& [name, tensor] : weights.tensors) tensor.mapped = file->is_mapped() && tensor.owner == file;
  file->CheckUnchanged();
  return weights;
}

WeightsFile ParseWeights(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                         const std::string& name) {
  if (bytes.empty()) throw Error(ErrorCode::kInput, fmt::format("{}: is empty", name), GetAgain("weights file"));
  if (LooksLikeZip(bytes) || LooksLikeTorchLegacy(bytes)) return ParseTorch(owner, bytes, name);
  if (LooksLikeSafetensors(bytes)) {
    SafetensorsFile file = ParseSafetensors(owner, bytes, name);
    return {.tensors = std::move(file.tensors), .metadata = std::move(file.metadata), .architecture = {}, .notes = {}};
  }
  if (LooksLikeCaffeModel(bytes)) return CaffeWeights(ParseCaffeModel(owner, bytes, name), name);
  if (const ForeignFile foreign = RecogniseForeignFile(bytes); foreign.what != nullptr)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: seems to be {}, which is not a weights file that is read here", name, foreign.what),
                foreign.hint);
  throw Error(ErrorCode::kInput, fmt::format("{}: is not a weights file that is known here", name),
              "Weights are read from safetensors files, from .pth files of torch.save and from Caffe's .caffemodel.");
}

}  // namespace fcn
