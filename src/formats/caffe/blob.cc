#include "formats/caffe/blob.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

using google::protobuf::internal::WireFormatLite;
using Stream = google::protobuf::io::CodedInputStream;

constexpr size_t kMostDimensions = 32;  // Caffe's own limit

/// The elements of one field, which may come in one piece (packed), in several, or one by one.
class BlobElements {
 public:
  explicit BlobElements(size_t size) : size_(size) {}

  /// Whether the piece is of whole elements.
  bool Append(std::span<const uint8_t> piece) {
    if (piece.size() % size_ != 0) return false;
    if (piece.empty()) return true;
    if (first_.empty()) {
      first_ = piece;
      return true;
    }
    if (joined_ == nullptr) joined_ = std::make_shared<std::vector<uint8_t>>(first_.begin(), first_.end());
    joined_->insert(joined_->end(), piece.begin(), piece.end());
    return true;
  }

  uint64_t count() const { return (joined_ ? joined_->size() : first_.size()) / size_; }

  /// Gives the tensor its bytes.
  void MoveInto(StoredTensor& tensor, const std::shared_ptr<const void>& owner) {
    tensor.bytes = joined_ ? std::span<const uint8_t>(*joined_) : first_;
    if (joined_)
      tensor.owner = std::move(joined_);
    else
      tensor.owner = owner;
  }

 private:
  size_t size_;
  std::span<const uint8_t> first_;
  std::shared_ptr<std::vector<uint8_t>> joined_;
};

class BlobReader {
 public:
  BlobReader(std::span<const uint8_t> bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  StoredTensor Read(const std::shared_ptr<const void>& owner) {
    Stream stream(bytes_.data(), static_cast<int>(bytes_.size()));
    while (const uint32_t tag = stream.ReadTag()) ReadField(stream, tag);
    if (stream.CurrentPosition() != static_cast<int>(bytes_.size()) || !stream.ConsumedEntireMessage()) Malformed();
    const bool is_double = doubles_.count() > 0;
    BlobElements& elements = is_double ? doubles_ : floats_;
    StoredTensor tensor{.dtype = is_double ? DType::kFloat64 : DType::kFloat32,
                        .shape = CheckedShape(elements.count()),
                        .bytes = {},
                        .owner = {}};
    elements.MoveInto(tensor, owner);
    return tensor;
  }

 private:
  void ReadField(Stream& stream, uint32_t tag) {
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    const auto type = WireFormatLite::GetTagWireType(tag);
    const bool packed = type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    constexpr int kFloats = 5, kShape = 7, kDoubles = 8, kLegacyDimensions = 4;
    if (field >= 1 && field <= kLegacyDimensions && type == WireFormatLite::WIRETYPE_VARINT) {
      uint64_t value = 0;
      if (!stream.ReadVarint64(&value)) Malformed();
      legacy_shape_ = true;
      legacy_dims_[static_cast<size_t>(field - 1)] = static_cast<int32_t>(value);
    } else if (field == kFloats && (packed || type == WireFormatLite::WIRETYPE_FIXED32)) {
      if (!floats_.Append(Take(stream, packed ? Length(stream) : 4))) Malformed();
    } else if (field == kDoubles && (packed || type == WireFormatLite::WIRETYPE_FIXED64)) {
      if (!doubles_.Append(Take(stream, packed ? Length(stream) : 8))) Malformed();
    } else if (field == kShape && packed) {
      ReadShape(Take(stream, Length(stream)));
    } else if (!WireFormatLite::SkipField(&stream, tag)) {
      Malformed();
    }
  }

  void ReadShape(std::span<const uint8_t> bytes) {
    Stream stream(bytes.data(), static_cast<int>(bytes.size()));
    while (const uint32_t tag = stream.ReadTag()) {
      const auto type = WireFormatLite::GetTagWireType(tag);
      constexpr int kDim = 1;
      if (WireFormatLite::GetTagFieldNumber(tag) == kDim && type == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
        const std::span<const uint8_t> packed = Take(stream, Length(stream));
        Stream dims(packed.data(), static_cast<int>(packed.size()));
        while (dims.CurrentPosition() < static_cast<int>(packed.size())) ReadDimension(dims);
      } else if (WireFormatLite::GetTagFieldNumber(tag) == kDim && type == WireFormatLite::WIRETYPE_VARINT) {
        ReadDimension(stream);
      } else if (!WireFormatLite::SkipField(&stream, tag)) {
        Malformed();
      }
    }
    if (!stream.ConsumedEntireMessage()) Malformed();
  }

  void ReadDimension(Stream& stream) {
    uint64_t value = 0;
    if (!stream.ReadVarint64(&value)) Malformed();
    dims_.push_back(static_cast<int64_t>(value));
    if (dims_.size() > kMostDimensions) Refuse(fmt::format("has more than {} dimensions", kMostDimensions));
  }

  uint32_t Length(Stream& stream) {
    uint32_t length = 0;
    if (!stream.ReadVarint32(&length)) Malformed();
    return length;
  }

  /// The next bytes, of which there have to be as many.
  std::span<const uint8_t> Take(Stream& stream, uint32_t length) {
    const void* data = nullptr;
    int available = 0;
    if (length == 0) return {};
    if (!stream.GetDirectBufferPointer(&data, &available) || length > static_cast<uint32_t>(available)) Malformed();
    stream.Skip(static_cast<int>(length));
    return {static_cast<const uint8_t*>(data), length};
  }

  Shape CheckedShape(uint64_t count) const {
    Shape shape(legacy_shape_ ? std::vector<int64_t>(legacy_dims_.begin(), legacy_dims_.end()) : dims_);
    uint64_t product = 1;
    for (const int64_t dim : shape.dims()) {
      if (dim < 0) Refuse(fmt::format("has a dimension of {}", dim));
      const auto factor = static_cast<uint64_t>(dim);
      // More than the file can have is as wrong as any other product, and never multiplied further.
      product = factor != 0 && product > (uint64_t{1} << 40) / factor ? uint64_t{1} << 41 : product * factor;
      if (product == 0) break;
    }
    if (product != count) Refuse(fmt::format("has the shape {}, but {} elements", shape.ToString(), count));
    return shape;
  }

  [[noreturn]] void Malformed() const { Refuse("is cut short or damaged"); }
  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(ErrorCode::kInput, fmt::format("{} {}", name_, what), GetAgain("file of Caffe's weights"));
  }

  std::span<const uint8_t> bytes_;
  const std::string& name_;
  bool legacy_shape_ = false;
  std::array<int64_t, 4> legacy_dims_{};
  std::vector<int64_t> dims_;
  BlobElements floats_{4}, doubles_{8};
};

}  // namespace

StoredTensor ParseCaffeBlob(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                            const std::string& name) {
  return BlobReader(bytes, name).Read(owner);
}

}  // namespace fcn
