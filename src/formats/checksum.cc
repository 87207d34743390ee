#include "formats/checksum.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string_view>

#include "base/whole_file.h"
#include "fcn/error.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

constexpr std::string_view kAlgorithm = "xxh3-128:";

class Hash {
 public:
  Hash() : state_(XXH3_createState(), XXH3_freeState) {
    if (!state_) throw std::bad_alloc();
    XXH3_128bits_reset(state_.get());
  }

  void Add(std::span<const uint8_t> bytes) { XXH3_128bits_update(state_.get(), bytes.data(), bytes.size()); }

  void Add(uint64_t number) {
    uint8_t bytes[sizeof number];
    for (size_t i = 0; i < sizeof number; i++) bytes[i] = static_cast<uint8_t>(number >> (8 * i));
    Add(std::span<const uint8_t>(bytes));
  }

  /// With its length before it, so that no two lists of texts are alike.
  void Add(std::string_view text) {
    Add(uint64_t{text.size()});
    Add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }

  std::string Digits() const {
    const XXH128_hash_t value = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", value.high64, value.low64);
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

/// The elements; of a mapped file never more than a piece is in memory.
void AddElements(const StoredTensor& tensor, Hash& hash) {
  constexpr size_t kPiece = size_t{16} << 20;
  for (size_t at = 0; at < tensor.bytes.size(); at += kPiece) {
    const auto piece = tensor.bytes.subspan(at, std::min(kPiece, tensor.bytes.size() - at));
    hash.Add(piece);
    if (tensor.mapped) ReleasePages(piece);
  }
}

/// Whether it is "WORD:DIGITS", as a checksum of any kind is.
bool IsAnyChecksum(std::string_view text) {
  const size_t colon = text.find(':');
  return colon != 0 && colon < text.size() - 1 &&
         text.find_first_not_of("0123456789abcdef", colon + 1) == std::string_view::npos;
}

}  // namespace

std::string ChecksumOf(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata) {
  Hash hash;
  hash.Add(uint64_t{tensors.size()});
  for (const auto& [name, tensor] : tensors) {
    hash.Add(name);
    hash.Add(SafetensorsType(tensor.dtype));
    hash.Add(static_cast<uint64_t>(tensor.shape.dims().size()));
    for (const int64_t dim : tensor.shape.dims()) hash.Add(static_cast<uint64_t>(dim));
    AddElements(tensor, hash);
  }
  for (const auto& [key, value] : metadata) {
    if (key == kChecksumKey) continue;
    hash.Add(key);
    hash.Add(value);
  }
  CheckUnchanged(tensors);
  return std::string(kAlgorithm) + hash.Digits();
}

ChecksumResult CompareChecksum(const SafetensorsFile& file) {
  const auto found = file.metadata.find(kChecksumKey);
  if (found == file.metadata.end()) return ChecksumResult::kNone;
  if (!found->second.starts_with(kAlgorithm))
    return IsAnyChecksum(found->second) ? ChecksumResult::kUnknown : ChecksumResult::kDiffers;
  return found->second == ChecksumOf(file.tensors, file.metadata) ? ChecksumResult::kMatches : ChecksumResult::kDiffers;
}

void CheckChecksum(const SafetensorsFile& file, const std::string& where) {
  if (CompareChecksum(file) != ChecksumResult::kDiffers) return;
  throw Error(ErrorCode::kInput, fmt::format("{} is damaged: its content does not match its checksum", where),
              "Copy or make it again. Who changes such a file on purpose removes \"fcn.checksum\" from its metadata.");
}

}  // namespace fcn
