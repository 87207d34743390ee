#include "formats/caffe/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/whole_file.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/binary.h"
#include "formats/caffe/blob.h"
#include "formats/caffe/layers.h"
#include "formats/foreign_files.h"
#include "formats/protobuf_fields.h"

namespace fcn {
namespace {

std::vector<ProtobufField> FieldsIn(const ProtobufField& field) {
  return ReadProtobufFields({reinterpret_cast<const uint8_t*>(field.text.data()), field.text.size()});
}

/// A layer of the second generation, or of the first inside of it: a type is a number (5), and a message where other
/// formats have a text (1).
bool LooksLikeV1Layer(const std::vector<ProtobufField>& fields) {
  return !fields.empty() && std::ranges::all_of(fields, [](const ProtobufField& field) {
    if (field.number == 5) return !field.is_bytes;
    return field.number != 1 || (field.is_bytes && !IsPrintable(field.text));
  });
}

/// One of today: its name (1) and type (2) are texts.
bool LooksLikeLayer(const std::vector<ProtobufField>& fields) {
  return !fields.empty() && std::ranges::all_of(fields, [](const ProtobufField& field) {
    return field.number > 2 || (field.is_bytes && (field.text.empty() || IsPrintable(field.text)));
  });
}

}  // namespace

bool LooksLikeCaffeModel(std::span<const uint8_t> bytes) {
  constexpr uint32_t kName = 1, kOldLayer = 2, kLayer = 100;
  bool has_layers = false;
  size_t names = 0;
  for (const ProtobufField& field : ReadProtobufFields(bytes)) {
    if (field.number == kName && (!field.is_bytes || ++names > 1)) return false;
    if (field.number == kOldLayer && !(field.is_bytes && LooksLikeV1Layer(FieldsIn(field)))) return false;
    if (field.number == kLayer && !(field.is_bytes && LooksLikeLayer(FieldsIn(field)))) return false;
    has_layers = has_layers || field.number == kOldLayer || field.number == kLayer;
  }
  return has_layers;
}

CaffeNet ParseCaffeModel(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                         const std::string& name) {
  if (!LooksLikeCaffeModel(bytes)) {
    const ForeignFile foreign = RecogniseForeignFile(bytes);
    throw Error(ErrorCode::kInput,
                foreign.what == nullptr
                    ? fmt::format("{}: is not a Caffe model", Shown(name))
                    : fmt::format("{}: seems to be {}, which is not a Caffe model", Shown(name), foreign.what),
                foreign.hint == nullptr ? "Give the network's trained weights (.caffemodel)." : foreign.hint);
  }
  CaffeBinary binary = ParseCaffeBinary(bytes, name);
  CaffeNet net = CaffeNetOf(std::move(binary.net), name);
  for (CaffeLayer& layer : net.layers) {
    for (const CaffeValue& handle : layer.settings.Take("blobs")) {
      const auto index = static_cast<size_t>(handle.message.front().Integer("num"));
      layer.blobs.push_back(
          ParseCaffeBlob(owner, binary.blobs.at(index),
                         fmt::format("{}: blob {} of {}", Shown(name), layer.blobs.size(), layer.Described())));
    }
  }
  return net;
}

CaffeNet ReadCaffeModel(const std::filesystem::path& path) {
  const auto file = std::make_shared<const WholeFile>(path);
  CaffeNet net = ParseCaffeModel(file, file->bytes(), path.string());
  for (CaffeLayer& layer : net.layers)
    for (StoredTensor& blob : layer.blobs) blob.mapped = file->is_mapped() && blob.owner == file;
  file->CheckUnchanged();
  return net;
}

}  // namespace fcn
