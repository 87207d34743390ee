#include "formats/torch_legacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/state_dict.h"
#include "formats/torch_tensor.h"
#include "formats/unpickler.h"

namespace fcn {
namespace {

using Kind = PickleValue::Kind;

// The bytes of 0x1950a86a20f9469cfc6c, as a pickle's LONG1 holds them.
constexpr uint8_t kMagic[] = {0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
constexpr int64_t kProtocolVersion = 1001;
constexpr size_t kCountBytes = 8;

struct Storage {
  DType dtype = DType::kFloat32;
  std::span<const uint8_t> bytes;
};
using Storages = std::map<std::string_view, Storage>;

/// Walks through the file, pickle by pickle, then storage by storage.
class LegacyFile {
 public:
  LegacyFile(std::span<const uint8_t> bytes, const std::string& name) : rest_(bytes), name_(name) {}

  std::span<const uint8_t> rest() const { return rest_; }

  Pickle NextPickle() {
    Pickle pickle = Unpickle(rest_, name_);
    rest_ = rest_.subspan(pickle.size);
    return pickle;
  }

  void ReadMagic() {
    const Pickle magic = NextPickle(), version = NextPickle();
    const auto is_magic = [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); };
    if (!magic.root.Is(Kind::kLong) || !std::ranges::equal(kMagic, magic.root.text(), is_magic))
      throw Error(ErrorCode::kInput, fmt::format("{}: the magic number of torch.save is missing", name_),
                  GetAgain("file of torch.save"));
    if (!version.root.Is(Kind::kInt) || version.root.integer != kProtocolVersion)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: not version {} of torch.save's old form", name_, kProtocolVersion),
                  "Save it again with a torch of version 1.6 or newer.");
  }

  void ReadSystem() {
    const Pickle system = NextPickle();
    if (!system.root.Is(Kind::kDict))
      throw Error(ErrorCode::kInput, fmt::format("{}: the description of the writing system is missing", name_),
                  GetAgain("file of torch.save"));
    const auto& items = system.items(system.root);
    for (size_t i = 0; i + 1 < items.size(); i += 2)
      if (items[i].Is(Kind::kString) && items[i].text() == "little_endian" && items[i + 1].Is(Kind::kBool) &&
          !items[i + 1].boolean)
        throw Error(ErrorCode::kUnsupported, fmt::format("{}: was written on a big-endian machine", name_),
                    "Load it in Python and save it again on an ordinary machine.");
  }

  Storages ReadStorages(const Pickle& object) {
    Storages storages;
    for (const PickleValue& value : object.storages) {
      if (const auto other = UnknownStorageType(object, value))
        throw Error(ErrorCode::kUnsupported,
                    fmt::format("{}: has a storage of type {}, whose size is not known", name_,
                                Quoted(object.globals.at(other->global).name)),
                    "Save plain float tensors alone: torch.save(model.state_dict(), path).");
      const TorchStorage described = ReadTorchStorage(object, value, name_);
      const auto [place, is_new] = storages.try_emplace(described.key, Storage{.dtype = described.dtype, .bytes = {}});
      if (!is_new && place->second.dtype != described.dtype)
        throw Error(ErrorCode::kInput, fmt::format("{}: storage {} has two types", name_, Quoted(described.key)),
                    GetAgain("file of torch.save"));
    }
    const Pickle keys = NextPickle();
    if (!keys.root.Is(Kind::kList))
      throw Error(ErrorCode::kInput, fmt::format("{}: the list of storages is missing", name_),
                  GetAgain("file of torch.save"));
    for (const PickleValue& key : keys.items(keys.root)) {
      const auto place = key.Is(Kind::kString) ? storages.find(key.text()) : storages.end();
      if (place == storages.end() || place->second.bytes.data() != nullptr)
        throw Error(ErrorCode::kInput,
                    fmt::format("{}: the list of storages has one that no tensor uses, or one twice", name_),
                    GetAgain("file of torch.save"));
      place->second.bytes = NextStorage(place->second.dtype, place->first);
    }
    return storages;
  }

 private:
  std::span<const uint8_t> NextStorage(DType dtype, std::string_view key) {
    const size_t size = DTypeSize(dtype);
    uint64_t count = 0;
    for (size_t i = 0; i < kCountBytes && rest_.size() >= kCountBytes; i++) count |= uint64_t{rest_[i]} << (8 * i);
    if (rest_.size() < kCountBytes || count > (rest_.size() - kCountBytes) / size)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: storage {} of {} elements of {} bytes, but only {} bytes are left", name_,
                              Quoted(key), count, size, rest_.size()),
                  "The file is cut short: fetch it again.");
    const auto bytes = rest_.subspan(kCountBytes, static_cast<size_t>(count) * size);
    rest_ = rest_.subspan(kCountBytes + bytes.size());
    return bytes;
  }

  std::span<const uint8_t> rest_;
  const std::string& name_;
};

}  // namespace

bool LooksLikeTorchLegacy(std::span<const uint8_t> bytes) {
  // PROTO n, in newer protocols FRAME and its length, then LONG1 10 and the number.
  constexpr uint8_t kProto = 0x80;
  constexpr size_t kBeginning = 32;
  const auto beginning = bytes.first(std::min(bytes.size(), kBeginning));
  return !bytes.empty() && bytes[0] == kProto && !std::ranges::search(beginning, kMagic).empty();
}

WeightsFile ParseTorchLegacy(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                             const std::string& name) {
  LegacyFile file(bytes, name);
  file.ReadMagic();
  file.ReadSystem();
  const std::span<const uint8_t> pickle = file.rest();
  const Pickle object = file.NextPickle();
  const Storages storages = file.ReadStorages(object);

  const auto load = [&](const TorchStorage& described) -> StorageBytes {
    const Storage& storage = storages.at(described.key);
    const size_t size = DTypeSize(storage.dtype);
    if (storage.bytes.size() / size != static_cast<uint64_t>(described.elements))
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: storage {} should have {} elements and has {}", name, Quoted(described.key),
                              described.elements, storage.bytes.size() / size),
                  GetAgain("file of torch.save"));
    if (!described.view) return {.bytes = storage.bytes, .owner = owner};
    return {.bytes = storage.bytes.subspan(static_cast<size_t>(described.view->offset) * size,
                                           static_cast<size_t>(described.view->elements) * size),
            .owner = owner};
  };
  TorchTensorReader reader(object, load, bytes.size(), name);
  return ExtractStateDict(object, pickle.first(object.size), reader, name);
}

}  // namespace fcn
