#include "formats/caffe/binary.h"

#include <fmt/format.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <climits>
#include <utility>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/schema.h"
#include "formats/caffe/tree.h"

namespace fcn {
namespace {

using google::protobuf::internal::WireFormatLite;
using Stream = google::protobuf::io::CodedInputStream;

constexpr size_t kMostDescription = size_t{2} << 20;

/// Messages that have weights in them, at some depth.
enum class Part { kNet, kLayer, kV1Layer, kV0Layer };

/// What a field of such a message is to its weights.
enum class Role { kOther, kLayer, kV1Layer, kV0Layer, kBlob };

Role RoleOf(Part part, int field) {
  switch (part) {
    case Part::kNet:
      return field == 100 ? Role::kLayer : field == 2 ? Role::kV1Layer : Role::kOther;
    case Part::kLayer:
      return field == 7 ? Role::kBlob : Role::kOther;
    case Part::kV1Layer:
      return field == 6 ? Role::kBlob : field == 1 ? Role::kV0Layer : Role::kOther;
    case Part::kV0Layer:
      return field == 50 ? Role::kBlob : Role::kOther;
  }
  return Role::kOther;
}

void AppendNumber(std::string& text, uint64_t number) {
  for (; number >= 0x80; number >>= 7) text += static_cast<char>(number | 0x80);
  text += static_cast<char>(number);
}

/// Copies a net without its weights, so that protobuf never holds them.
class WeightStripper {
 public:
  WeightStripper(std::span<const uint8_t> file, const std::string& name) : file_(file), name_(name) {}

  std::vector<std::span<const uint8_t>> blobs;

  std::string Copy(std::span<const uint8_t> bytes, Part part) {
    std::string copy;
    Stream stream(bytes.data(), static_cast<int>(bytes.size()));
    while (true) {
      const auto begin = static_cast<size_t>(stream.CurrentPosition());
      const uint32_t tag = stream.ReadTag();
      if (tag == 0) break;
      const Role role = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED
                            ? RoleOf(part, WireFormatLite::GetTagFieldNumber(tag))
                            : Role::kOther;
      if (role == Role::kOther) {
        if (!WireFormatLite::SkipField(&stream, tag)) Malformed(bytes, begin);
        const auto end = static_cast<size_t>(stream.CurrentPosition());
        Append(copy, {reinterpret_cast<const char*>(bytes.data()) + begin, end - begin});
        continue;
      }
      uint32_t length = 0;
      if (!stream.ReadVarint32(&length)) Malformed(bytes, begin);
      const auto at = static_cast<size_t>(stream.CurrentPosition());
      if (length > bytes.size() - at) Malformed(bytes, begin);
      const std::span<const uint8_t> inner = bytes.subspan(at, length);
      stream.Skip(static_cast<int>(length));
      std::string replacement;
      if (role == Role::kBlob) {
        replacement = "\x08";  // num
        AppendNumber(replacement, blobs.size());
        blobs.push_back(inner);
      } else {
        replacement = Copy(inner, role == Role::kLayer     ? Part::kLayer
                                  : role == Role::kV1Layer ? Part::kV1Layer
                                                           : Part::kV0Layer);
      }
      std::string header;
      AppendNumber(header, tag);
      AppendNumber(header, replacement.size());
      Append(copy, header);
      // What is inside has been counted, except for a blob's number.
      if (role == Role::kBlob)
        Append(copy, replacement);
      else
        copy += replacement;
    }
    if (!stream.ConsumedEntireMessage()) Malformed(bytes, static_cast<size_t>(stream.CurrentPosition()));
    return copy;
  }

 private:
  void Append(std::string& copy, std::string_view part) {
    description_ += part.size();
    if (description_ > kMostDescription)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: has more than {} bytes beside its weights", Shown(name_), kMostDescription),
                  "Real networks have a few hundred thousand: get the file again from where it came.");
    copy += part;
  }

  [[noreturn]] void Malformed(std::span<const uint8_t> part, size_t at) const {
    const auto offset = static_cast<size_t>(part.data() - file_.data()) + at;
    throw Error(
        ErrorCode::kInput,
        fmt::format("{}: is cut short or damaged: the field at its byte {} does not end within what it is part of",
                    Shown(name_), offset),
        GetAgain("Caffe model"));
  }

  std::span<const uint8_t> file_;
  const std::string& name_;
  size_t description_ = 0;
};

}  // namespace

CaffeBinary ParseCaffeBinary(std::span<const uint8_t> bytes, const std::string& name) {
  if (bytes.size() > INT_MAX)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: has {} bytes, and a Caffe model at most {}", Shown(name), bytes.size(), INT_MAX),
                GetAgain("Caffe model"));
  WeightStripper stripper(bytes, name);
  const std::string description = stripper.Copy(bytes, Part::kNet);
  const auto message = CaffeSchema::Shared().NewMessage("NetParameter");
  if (!message->ParsePartialFromArray(description.data(), static_cast<int>(description.size())))
    throw Error(ErrorCode::kInput, fmt::format("{}: what it says of its layers is damaged", Shown(name)),
                GetAgain("Caffe model"));
  return {.net = CaffeTreeOf(*message, nullptr, name), .blobs = std::move(stripper.blobs)};
}

}  // namespace fcn
