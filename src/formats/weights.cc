#include "formats/weights.h"

#include <fmt/format.h>

#include <string_view>

#include "base/file.h"
#include "fcn/error.h"
#include "formats/safetensors.h"
#include "formats/torch.h"
#include "formats/torch_legacy.h"
#include "formats/torch_zip.h"

namespace fcn {
namespace {

using namespace std::string_view_literals;

constexpr char kSaveTorch[] =
    "Load it with the program that wrote it and save the weights with torch.save(model.state_dict(), path) or as "
    "safetensors.";
constexpr char kUnpack[] = "Unpack it first.";
constexpr char kFetchAgain[] =
    "This is not the file itself: fetch it again, and look at what the server or git-lfs says.";

/// What people hand over in place of weights, by the bytes at an offset.
struct Foreign {
  size_t offset;
  std::string_view magic;
  const char* what;
  const char* hint;
};
constexpr Foreign kForeign[] = {
    {0, "\x89HDF\r\n\x1a\n"sv, "an HDF5 file, as Keras writes it", kSaveTorch},
    {0, "\x1f\x8b"sv, "compressed by gzip", kUnpack},
    {0, "BZh"sv, "compressed by bzip2", kUnpack},
    {0,
     "\xfd"
     "7zXZ"sv,
     "compressed by xz", kUnpack},
    {0, "\x28\xb5\x2f\xfd"sv, "compressed by zstd", kUnpack},
    {0, "7z\xbc\xaf"sv, "a 7z archive", kUnpack},
    {257, "ustar"sv, "a tar archive", kUnpack},
    {0, "GGUF"sv, "a GGUF file", kSaveTorch},
    {0, "\x93NUMPY"sv, "a NumPy array", kSaveTorch},
    {4, "TFL3"sv, "a TensorFlow Lite model", kSaveTorch},
    {0, "7767517\n"sv, "an ncnn model", kSaveTorch},
    {0, "<?xml"sv, "an XML file, as OpenVINO writes it", kSaveTorch},
    {0, "version https://git-lfs"sv, "a Git LFS pointer", kFetchAgain},
    {0, "<!DOCTYPE"sv, "a web page", kFetchAgain},
    {0, "<!doctype"sv, "a web page", kFetchAgain},
    {0, "<html"sv, "a web page", kFetchAgain},
};

bool HasAt(std::span<const uint8_t> bytes, size_t offset, std::string_view magic) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.size() >= offset && text.substr(offset).starts_with(magic);
}

/// The last eight bytes of LevelDB's tables, which the .index of a TensorFlow checkpoint is.
bool LooksLikeTensorFlow(std::span<const uint8_t> bytes) {
  constexpr std::string_view kMagic = "\x57\xfb\x80\x8b\x24\x75\x47\xdb"sv;
  return bytes.size() >= kMagic.size() && HasAt(bytes, bytes.size() - kMagic.size(), kMagic);
}

/// A protobuf that begins with a small ir_version, then the producer's name, or the graph, or the operator sets.
bool LooksLikeOnnx(std::span<const uint8_t> bytes) {
  constexpr uint8_t kIrVersion = 0x08, kNewestIrVersion = 32, kProducerName = 0x12, kGraph = 0x3a, kOperatorSets = 0x42;
  return bytes.size() > 3 && bytes[0] == kIrVersion && bytes[1] >= 1 && bytes[1] <= kNewestIrVersion &&
         (bytes[2] == kProducerName || bytes[2] == kGraph || bytes[2] == kOperatorSets);
}

/// A length that fits into the file, and a brace where the header begins.
bool LooksLikeSafetensors(std::span<const uint8_t> bytes) {
  return bytes.size() > 8 && bytes[8] == '{' && bytes[5] == 0 && bytes[6] == 0 && bytes[7] == 0;
}

[[noreturn]] void Refuse(const std::string& name, const char* what, const char* hint) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: seems to be {}, which is not a weights file that is read here", name, what), hint);
}

}  // namespace

NamedTensors ReadWeights(const std::filesystem::path& path) {
  auto file = std::make_shared<MappedFile>(path);
  return ParseWeights(file, file->bytes(), path.string());
}

NamedTensors ParseWeights(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                          const std::string& name) {
  if (bytes.empty()) throw Error(ErrorCode::kInput, fmt::format("{}: is empty", name));
  if (LooksLikeZip(bytes) || LooksLikeTorchLegacy(bytes)) return ParseTorch(owner, bytes, name);
  if (LooksLikeSafetensors(bytes)) return ParseSafetensors(owner, bytes, name).tensors;
  for (const Foreign& row : kForeign)
    if (HasAt(bytes, row.offset, row.magic)) Refuse(name, row.what, row.hint);
  if (LooksLikeTensorFlow(bytes)) Refuse(name, "the index of a TensorFlow checkpoint", kSaveTorch);
  if (LooksLikeOnnx(bytes)) Refuse(name, "an ONNX model", kSaveTorch);
  if (bytes[0] == 0x80 && bytes.size() > 1 && bytes[1] <= 5)
    Refuse(name, "a plain pickle, not one of torch.save", "Save the weights with torch.save(state_dict, path).");
  throw Error(ErrorCode::kInput, fmt::format("{}: is not a weights file that is known here", name),
              "Weights are read from safetensors files and from .pth files of torch.save.");
}

}  // namespace fcn
