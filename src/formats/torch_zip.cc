#include "formats/torch_zip.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/state_dict.h"
#include "formats/torch_tensor.h"
#include "formats/unpickler.h"
#include "formats/zip_archive.h"

namespace fcn {
namespace {

constexpr std::string_view kPickleName = "/data.pkl";
constexpr size_t kMaxByteOrder = 16;

bool Contains(const ZipArchive& archive, std::string_view beginning, std::string_view end) {
  return std::ranges::any_of(
      archive.names(), [&](const std::string& name) { return name.starts_with(beginning) && name.ends_with(end); });
}

/// The folder inside of the archive that torch.save wrote, named after the file that it was first saved as.
std::string FindFolder(const ZipArchive& archive, const std::string& file) {
  for (const std::string& name : archive.names()) {
    if (!name.ends_with(kPickleName)) continue;
    std::string folder = name.substr(0, name.size() - kPickleName.size());
    if (folder.find('/') != folder.npos) continue;
    if (Contains(archive, folder + "/constants.pkl", "") || Contains(archive, folder + "/code/", ""))
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: is a TorchScript archive, that is a program with its weights", file),
                  "Save the weights alone: torch.save(torch.jit.load(path).state_dict(), new_path).");
    return folder;
  }
  constexpr char kHint[] = "Save the weights with torch.save(model.state_dict(), path) or as safetensors.";
  if (Contains(archive, "", ".npy"))
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: is a NumPy .npz archive", file), kHint);
  if (Contains(archive, "", "archive_format") || Contains(archive, "", "serialized_exported_program.json"))
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: is a program of torch.export with its weights", file),
                "Save the weights alone: torch.save(torch.export.load(path).state_dict, new_path).");
  if (Contains(archive, "", ".mlmodel"))
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: is a package of Core ML", file), kHint);
  if (Contains(archive, "", ".weights.h5"))
    throw Error(ErrorCode::kUnsupported, fmt::format("{}: is a Keras archive", file), kHint);
  throw Error(ErrorCode::kUnsupported,
              fmt::format("{}: is a zip archive without the data.pkl of torch.save (its first entry is {})", file,
                          archive.names().empty() ? "missing" : Quoted(archive.names().front())),
              "If the weights are inside, unpack it first.");
}

}  // namespace

bool LooksLikeZip(std::span<const uint8_t> bytes) {
  constexpr uint8_t kLocalHeader[] = {'P', 'K', 3, 4}, kEmptyArchive[] = {'P', 'K', 5, 6};
  return bytes.size() >= 4 &&
         (std::ranges::equal(bytes.first(4), kLocalHeader) || std::ranges::equal(bytes.first(4), kEmptyArchive));
}

WeightsFile ParseTorchZip(std::span<const uint8_t> bytes, const std::string& name) {
  ZipArchive archive(bytes, name);
  const std::string folder = FindFolder(archive, name);
  if (const auto order = archive.Read(folder + "/byteorder", kMaxByteOrder)) {
    const std::string_view text(reinterpret_cast<const char*>(order->bytes.data()), order->bytes.size());
    if (text != "little")
      throw Error(ErrorCode::kUnsupported, fmt::format("{}: was written in the byte order {}", name, Quoted(text)),
                  "Load it in Python and save it again on an ordinary machine.");
  }
  const auto program = archive.Read(folder + std::string(kPickleName), kMaxPickle);
  if (!program)
    throw Error(ErrorCode::kInput, fmt::format("{}: data.pkl cannot be found by its name", name),
                GetAgain("file of torch.save"));
  const Pickle object = Unpickle(program->bytes, name);

  std::map<std::string, ZipArchive::Content, std::less<>> storages;
  const auto load = [&](const TorchStorage& described) -> StorageBytes {
    auto place = storages.find(described.key);
    if (place == storages.end()) {
      auto content = archive.Read(folder + "/data/" + std::string(described.key));
      if (!content)
        throw Error(ErrorCode::kInput, fmt::format("{}: storage {} is not in the archive", name, Quoted(described.key)),
                    GetAgain("file of torch.save"));
      place = storages.emplace(described.key, std::move(*content)).first;
    }
    const auto& [owner, content] = place->second;
    const size_t size = DTypeSize(described.dtype);
    if (content.size() % size != 0 || content.size() / size != static_cast<uint64_t>(described.elements))
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: storage {} should have {} elements of {} bytes and has {} bytes", name,
                              Quoted(described.key), described.elements, size, content.size()),
                  GetAgain("file of torch.save"));
    if (!described.view) return {.bytes = content, .owner = owner};
    return {.bytes = content.subspan(static_cast<size_t>(described.view->offset) * size,
                                     static_cast<size_t>(described.view->elements) * size),
            .owner = owner};
  };
  TorchTensorReader reader(object, load, bytes.size(), name);
  return ExtractStateDict(object, program->bytes, reader, name);
}

}  // namespace fcn
