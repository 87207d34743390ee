#include "formats/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "base/check.h"
#include "base/remedies.h"
#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "tensor/mapped_tensors.h"

namespace fcn {
namespace {

using nlohmann::json;

constexpr size_t kLengthBytes = 8;
constexpr uint64_t kMaxHeader = 100'000'000;  // the reference implementation's limit
constexpr size_t kDataAlignment = 64;
constexpr char kMetadataKey[] = "__metadata__";

struct DTypeCode {
  const char* code;
  DType dtype;
};
constexpr DTypeCode kDTypeCodes[] = {{"F64", DType::kFloat64},   {"F32", DType::kFloat32}, {"F16", DType::kFloat16},
                                     {"BF16", DType::kBFloat16}, {"I64", DType::kInt64},   {"I32", DType::kInt32},
                                     {"I16", DType::kInt16},     {"I8", DType::kInt8},     {"U8", DType::kUint8},
                                     {"BOOL", DType::kBool}};

/// What the header says of one tensor; offsets count from the first byte of data.
struct Entry {
  std::string name;
  bool has_dtype = false, has_shape = false;
  DType dtype = DType::kFloat32;
  std::vector<int64_t> shape, offsets;
};

/// Reads the header as a stream of events, so that neither nesting nor values that do not belong there cost anything:
/// whatever is out of place ends the parse at once.
class HeaderReader final : public nlohmann::json_sax<json> {
 public:
  explicit HeaderReader(const std::string& file) : file_(file) {}

  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(size_t) override {
    if (place_ == Place::kStart) return Enter(Place::kRoot);
    if (place_ != Place::kRoot) Fail("has an object where none belongs");
    if (key_ == kMetadataKey) return Enter(Place::kMetadata);
    entries.emplace_back().name = key_;
    return Enter(Place::kTensor);
  }

  bool key(std::string& key) override {
    key_ = key;
    if (place_ == Place::kRoot && !root_keys_.insert(key).second) Fail("comes twice");
    if (place_ == Place::kMetadata && metadata.contains(key)) Fail("comes twice in the metadata");
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      const Entry& entry = entries.back();
      key_ = entry.name;
      if (!entry.has_dtype || !entry.has_shape || entry.offsets.size() != 2) Fail("lacks dtype, shape or data_offsets");
    }
    return Enter(place_ == Place::kRoot ? Place::kStart : Place::kRoot);
  }

  bool start_array(size_t) override {
    if (place_ != Place::kTensor) Fail("has an array where none belongs");
    Entry& entry = entries.back();
    if (key_ == "shape" && !entry.has_shape) {
      entry.has_shape = true;
      return Enter(Place::kShape);
    }
    if (key_ != "data_offsets" || !entry.offsets.empty()) Fail("is not an array that a tensor has, or comes twice");
    return Enter(Place::kOffsets);
  }

  bool end_array() override {
    if (place_ == Place::kOffsets && entries.back().offsets.size() != 2) Fail("is not a pair of offsets");
    return Enter(Place::kTensor);
  }

  bool number_unsigned(uint64_t value) override {
    if (value > INT64_MAX) Fail("is out of range");
    if (place_ == Place::kShape) {
      entries.back().shape.push_back(static_cast<int64_t>(value));
    } else if (place_ == Place::kOffsets && entries.back().offsets.size() < 2) {
      entries.back().offsets.push_back(static_cast<int64_t>(value));
    } else {
      Fail("has a number where none belongs");
    }
    return true;
  }

  bool string(std::string& value) override {
    if (place_ == Place::kMetadata) {
      metadata.emplace(key_, value);
      return true;
    }
    if (place_ != Place::kTensor || key_ != "dtype") Fail("has a string where none belongs");
    Entry& entry = entries.back();
    if (entry.has_dtype) Fail("comes twice");
    for (const DTypeCode& row : kDTypeCodes) {
      if (value != row.code) continue;
      entry.dtype = row.dtype;
      entry.has_dtype = true;
    }
    if (!entry.has_dtype)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: tensor {} has elements of type {}", file_, Quoted(entry.name), Quoted(value)),
                  "Convert it to float32 before saving.");
    return true;
  }

  bool null() override { return Fail("is null"); }
  bool boolean(bool) override { return Fail("is a boolean"); }
  bool number_integer(int64_t) override { return Fail("has a negative number"); }
  bool number_float(double, const std::string&) override { return Fail("has a number that is not a 64-bit integer"); }
  bool binary(json::binary_t&) override { return Fail("is binary"); }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the safetensors header is not JSON at its byte {}", file_, position),
                GetAgain("safetensors file"));
  }

 private:
  enum class Place { kStart, kRoot, kMetadata, kTensor, kShape, kOffsets };

  bool Enter(Place place) {
    place_ = place;
    return true;
  }

  [[noreturn]] bool Fail(const char* what) const {
    throw Error(ErrorCode::kInput, fmt::format("{}: in the safetensors header, {} {}", file_, Quoted(key_), what),
                GetAgain("safetensors file"));
  }

  const std::string& file_;
  Place place_ = Place::kStart;
  std::string key_;
  std::set<std::string> root_keys_;
};

/// The bytes that shape and dtype make. Throws Error(kInput) where they exceed `limit`.
int64_t BytesOf(const Entry& entry, int64_t limit, const std::string& file) {
  const auto& shape = entry.shape;
  const bool empty = std::ranges::find(shape, 0) != shape.end();
  auto bytes = static_cast<int64_t>(DTypeSize(entry.dtype));
  for (int64_t dim : shape)
    if (__builtin_mul_overflow(bytes, std::max<int64_t>(dim, 1), &bytes) || (bytes > limit && !empty))
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: tensor {} of shape {} would need more than the {} bytes of data that the file has",
                              file, Quoted(entry.name), fmt::join(shape, "x"), limit),
                  GetAgain("safetensors file"));
  return empty ? 0 : bytes;
}

/// Widest elements first, then by name.
std::vector<const NamedTensors::value_type*> FileOrder(const NamedTensors& tensors) {
  std::vector<const NamedTensors::value_type*> order;
  for (const auto& tensor : tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, std::greater<>(), [](const auto* tensor) { return DTypeSize(tensor->second.dtype); });
  return order;
}

/// All that comes before the data: the header's length, and the header.
std::string FileStart(std::span<const NamedTensors::value_type* const> order,
                      const std::map<std::string, std::string>& metadata, const std::string& file) {
  json header = json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  size_t offset = 0;
  for (const auto* tensor : order) {
    const auto& [name, stored] = *tensor;
    if (name == kMetadataKey)
      throw Error(ErrorCode::kInput, fmt::format("{}: no tensor may be named {}", file, name),
                  "Give the tensor another name.");
    FCN_CHECK(stored.bytes.size() == static_cast<size_t>(stored.shape.elements()) * DTypeSize(stored.dtype));
    header[name] = {{"dtype", SafetensorsType(stored.dtype)},
                    {"shape", stored.shape.dims()},
                    {"data_offsets", json::array({offset, offset + stored.bytes.size()})}};
    offset += stored.bytes.size();
  }

  std::string text;
  try {
    text = header.dump();
  } catch (const json::exception&) {
    throw Error(ErrorCode::kInput, fmt::format("{}: a tensor's name or the metadata are not UTF-8", file),
                "Names and texts are UTF-8: write them so.");
  }
  text.append((kDataAlignment - (kLengthBytes + text.size()) % kDataAlignment) % kDataAlignment, ' ');
  std::string length;
  for (size_t i = 0; i < kLengthBytes; i++) length += static_cast<char>(uint64_t{text.size()} >> (8 * i) & 0xff);
  return length + text;
}

}  // namespace

const char* SafetensorsType(DType dtype) {
  for (const DTypeCode& row : kDTypeCodes)
    if (row.dtype == dtype) return row.code;
  FCN_CHECK(!"every dtype has a code");
  return "";
}

SafetensorsFile ParseSafetensors(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                                 const std::string& name) {
  if (bytes.size() < kLengthBytes + 2)
    throw Error(ErrorCode::kInput, fmt::format("{}: {} bytes are too few for a safetensors file", name, bytes.size()),
                GetAgain("safetensors file"));
  uint64_t header_size = 0;
  for (size_t i = 0; i < kLengthBytes; i++) header_size |= uint64_t{bytes[i]} << (8 * i);
  if (header_size > std::min<uint64_t>(kMaxHeader, bytes.size() - kLengthBytes))
    throw Error(
        ErrorCode::kInput,
        fmt::format("{}: a safetensors header of {} bytes in a file of {} bytes", name, header_size, bytes.size()),
        GetAgain("safetensors file"));
  const auto header = bytes.subspan(kLengthBytes, header_size);
  if (header.empty() || header[0] != '{')
    throw Error(ErrorCode::kInput, fmt::format("{}: the safetensors header does not begin with {{", name),
                GetAgain("safetensors file"));
  const auto data = bytes.subspan(kLengthBytes + header_size);

  HeaderReader reader(name);
  json::sax_parse(header.begin(), header.end(), &reader);

  // The format allows neither holes nor overlaps: in the order of offsets, each tensor begins where the last one ended.
  std::ranges::sort(reader.entries, {}, &Entry::offsets);
  const auto data_size = static_cast<int64_t>(data.size());
  int64_t end = 0;
  SafetensorsFile file{.tensors = {}, .metadata = std::move(reader.metadata)};
  for (Entry& entry : reader.entries) {
    const int64_t first = entry.offsets[0], last = entry.offsets[1];
    const int64_t length = BytesOf(entry, data_size, name);
    if (first != end || last < first || last > data_size || last - first != length)
      throw Error(
          ErrorCode::kInput,
          fmt::format("{}: tensor {} claims the bytes {} to {}; expected {} bytes from {} on, within {} bytes of data",
                      name, Quoted(entry.name), first, last, length, end, data_size),
          GetAgain("safetensors file"));
    end = last;
    file.tensors.emplace(std::move(entry.name),
                         StoredTensor{.dtype = entry.dtype,
                                      .shape = Shape(std::move(entry.shape)),
                                      .bytes = data.subspan(static_cast<size_t>(first), static_cast<size_t>(length)),
                                      .owner = owner});
  }
  if (end != data_size)
    throw Error(
        ErrorCode::kInput,
        fmt::format("{}: the tensors end after {} bytes, but the file has {} bytes of data", name, end, data_size),
        GetAgain("safetensors file"));
  return file;
}

SafetensorsFile ReadSafetensors(const std::filesystem::path& path) {
  const auto whole = std::make_shared<const WholeFile>(path);
  SafetensorsFile file = ParseSafetensors(whole, whole->bytes(), path.string());
  for (auto& [name, tensor] : file.tensors) tensor.mapped = whole->is_mapped();
  whole->CheckUnchanged();
  return file;
}

void WriteSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata, IfExists if_exists) {
  const std::vector<const NamedTensors::value_type*> order = FileOrder(tensors);
  const std::string start = FileStart(order, metadata, path.string());
  AtomicFile out(path, if_exists);
  out.Write(start);
  for (const auto* tensor : order) out.Write(tensor->second.bytes);
  CheckUnchanged(tensors);
  out.Commit();
}

std::vector<uint8_t> SafetensorsBytes(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
                                      const std::string& name) {
  const std::vector<const NamedTensors::value_type*> order = FileOrder(tensors);
  const std::string start = FileStart(order, metadata, name);
  std::vector<uint8_t> bytes(start.begin(), start.end());
  for (const auto* tensor : order) bytes.insert(bytes.end(), tensor->second.bytes.begin(), tensor->second.bytes.end());
  CheckUnchanged(tensors);
  return bytes;
}

}  // namespace fcn
