#include "formats/zip_archive.h"

#include <fmt/format.h>
#include <zip.h>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

constexpr uint64_t kMostUnpacked = 16;

struct CloseEntry {
  void operator()(zip_file_t* entry) const { zip_fclose(entry); }
};

/// libzip's words for an error, and its memory.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_{};
};

}  // namespace

void ZipArchive::Discard::operator()(zip* archive) const { zip_discard(archive); }

ZipArchive::ZipArchive(std::span<const uint8_t> bytes, const std::string& file)
    : file_(file), left_to_unpack_(kMostUnpacked * bytes.size()) {
  ZipError error;
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, error.get());
  if (source != nullptr) {
    archive_.reset(zip_open_from_source(source, ZIP_RDONLY, error.get()));
    if (archive_ == nullptr) zip_source_free(source);
  }
  if (archive_ == nullptr)
    throw Error(ErrorCode::kInput, fmt::format("{}: the zip archive is damaged: {}", file, error.text()),
                "The file may be cut short: fetch it again.");
  const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
  for (zip_int64_t i = 0; i < count; i++) {
    const char* name = zip_get_name(archive_.get(), static_cast<zip_uint64_t>(i), ZIP_FL_ENC_RAW);
    names_.emplace_back(name == nullptr ? "" : name);
  }
}

std::optional<ZipArchive::Content> ZipArchive::Read(const std::string& name, size_t limit) {
  zip_stat_t status;
  if (zip_stat(archive_.get(), name.c_str(), ZIP_FL_ENC_RAW, &status) != 0) return std::nullopt;
  if ((status.valid & ZIP_STAT_SIZE) == 0)
    throw Error(ErrorCode::kInput, fmt::format("{}: entry {} does not say its size", file_, Quoted(name)),
                GetAgain("file of torch.save"));
  if (status.size > limit || status.size > left_to_unpack_)
    throw Error(ErrorCode::kMemory,
                fmt::format("{}: entry {} unpacks to {} bytes, more than the {} allowed for this file", file_,
                            Quoted(name), status.size, std::min<uint64_t>(limit, left_to_unpack_)),
                "Save the weights alone and uncompressed: torch.save(model.state_dict(), path).");
  left_to_unpack_ -= status.size;

  const std::unique_ptr<zip_file_t, CloseEntry> entry(zip_fopen_index(archive_.get(), status.index, 0));
  if (entry == nullptr) {
    zip_error_t* error = zip_get_error(archive_.get());
    const int code = zip_error_code_zip(error);
    const bool unsupported = code == ZIP_ER_COMPNOTSUPP || code == ZIP_ER_ENCRNOTSUPP || code == ZIP_ER_NOPASSWD;
    throw Error(
        unsupported ? ErrorCode::kUnsupported : ErrorCode::kInput,
        fmt::format("{}: entry {} cannot be unpacked: {}", file_, Quoted(name), zip_error_strerror(error)),
        unsupported ? "Save the weights anew: torch.save(model.state_dict(), path)." : GetAgain("file of torch.save"));
  }
  const std::shared_ptr<uint8_t[]> buffer = AllocateAligned<uint8_t>(status.size);
  uint64_t filled = 0;
  // One read beyond the declared size makes libzip verify the checksum, and shows where there is more than was
  // declared.
  uint8_t beyond = 0;
  while (true) {
    const bool full = filled == status.size;
    const zip_int64_t got =
        full ? zip_fread(entry.get(), &beyond, 1) : zip_fread(entry.get(), buffer.get() + filled, status.size - filled);
    if (full && got == 0) break;
    if (full || got <= 0)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: entry {} is damaged near its byte {} of {}: {}", file_, Quoted(name), filled,
                              status.size, zip_file_strerror(entry.get())),
                  "The file may be cut short or corrupt: fetch it again.");
    filled += static_cast<uint64_t>(got);
  }
  return Content{.owner = buffer, .bytes = {buffer.get(), static_cast<size_t>(status.size)}};
}

}  // namespace fcn
