#include "formats/caffe/schema.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <cstdint>

#include "base/check.h"

namespace fcn {
namespace {

namespace pb = google::protobuf;

/// caffe.proto as protoc compiled it (a FileDescriptorSet of one file).
constexpr uint8_t kCompiledSchema[] = {
#include "caffe_schema.inc"
};

constexpr int kFirstAdded = 1 << 20;
constexpr size_t kMostAdded = 100;

pb::FileDescriptorProto CompiledSchema() {
  pb::FileDescriptorSet files;
  FCN_CHECK(files.ParseFromArray(kCompiledSchema, sizeof(kCompiledSchema)) && files.file_size() == 1);
  return files.file(0);
}

/// The enumeration of that name as a type of fields has it: ".fcn.caffe.V1LayerParameter.LayerType".
pb::EnumDescriptorProto* FindEnumeration(pb::FileDescriptorProto& file, const std::string& type) {
  const std::string package = "." + file.package() + ".";
  for (pb::EnumDescriptorProto& own : *file.mutable_enum_type())
    if (type == package + own.name()) return &own;
  for (pb::DescriptorProto& message : *file.mutable_message_type())
    for (pb::EnumDescriptorProto& inner : *message.mutable_enum_type())
      if (type == package + message.name() + "." + inner.name()) return &inner;
  return nullptr;
}

bool HasValue(const pb::EnumDescriptorProto& enumeration, const std::string& name) {
  return std::ranges::any_of(enumeration.value(), [&](const auto& value) { return value.name() == name; });
}

/// Errors of a text that is looked at only, and of a schema that is tried.
class NoErrors final : public pb::io::ErrorCollector, public pb::DescriptorPool::ErrorCollector {
 public:
  void AddError(int /*line*/, int /*column*/, const std::string& /*message*/) override {}
  void AddError(const std::string& /*file*/, const std::string& /*element*/, const pb::Message* /*descriptor*/,
                ErrorLocation /*location*/, const std::string& /*message*/) override {}
};

/// Fields of a text with words for values, as enumerations have: `field: WORD`.
std::map<std::string, std::set<std::string>> WordsOf(std::string_view text) {
  std::map<std::string, std::set<std::string>> words;
  pb::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  NoErrors errors;
  pb::io::Tokenizer tokens(&stream, &errors);
  tokens.set_comment_style(pb::io::Tokenizer::SH_COMMENT_STYLE);
  std::string field;
  bool colon = false;
  while (tokens.Next()) {
    const auto& token = tokens.current();
    if (token.type == pb::io::Tokenizer::TYPE_IDENTIFIER && colon) {
      words[field].insert(token.text);
    } else if (token.type == pb::io::Tokenizer::TYPE_IDENTIFIER) {
      field = token.text;
      continue;
    }
    colon = token.text == ":" && !field.empty();
    if (!colon) field.clear();
  }
  return words;
}

}  // namespace

CaffeSchema::CaffeSchema(const AddedValues& added) : factory_(&pool_) {
  const pb::FileDescriptorProto compiled = CompiledSchema();
  pb::FileDescriptorProto file = compiled;
  int number = kFirstAdded;
  for (const pb::DescriptorProto& message : compiled.message_type()) {
    for (const pb::FieldDescriptorProto& field : message.field()) {
      const auto values = added.find(field.name());
      pb::EnumDescriptorProto* enumeration = values == added.end() ? nullptr : FindEnumeration(file, field.type_name());
      if (enumeration == nullptr) continue;
      for (const std::string& name : values->second) {
        if (HasValue(*enumeration, name)) continue;
        pb::EnumValueDescriptorProto& value = *enumeration->add_value();
        value.set_name(name);
        value.set_number(number++);
      }
    }
  }
  NoErrors errors;
  file_ = pool_.BuildFileCollectingErrors(file, &errors);
}

const CaffeSchema& CaffeSchema::Shared() {
  static const CaffeSchema* const schema = new CaffeSchema({});
  FCN_CHECK(schema->file_ != nullptr);
  return *schema;
}

std::unique_ptr<const CaffeSchema> CaffeSchema::WithValuesOf(std::string_view text) {
  AddedValues added;
  size_t count = 0;
  for (const auto& [name, words] : WordsOf(text)) {
    if (name == "phase") continue;  // on which it depends which layers there are
    for (int i = 0; i < Shared().file_->message_type_count(); i++) {
      const pb::FieldDescriptor* field = Shared().file_->message_type(i)->FindFieldByName(name);
      if (field == nullptr || field->enum_type() == nullptr) continue;
      for (const std::string& word : words)
        if (field->enum_type()->FindValueByName(word) == nullptr && added[name].insert(word).second) count++;
    }
  }
  if (count == 0 || count > kMostAdded) return nullptr;
  std::unique_ptr<const CaffeSchema> schema(new CaffeSchema(added));
  return schema->file_ == nullptr ? nullptr : std::move(schema);
}

bool CaffeSchema::IsAdded(const pb::EnumValueDescriptor& value) { return value.number() >= kFirstAdded; }

const pb::Descriptor& CaffeSchema::Type(const std::string& name) const {
  const auto* type = file_->FindMessageTypeByName(name);
  FCN_CHECK(type != nullptr);
  return *type;
}

std::unique_ptr<pb::Message> CaffeSchema::NewMessage(const std::string& type) const {
  return std::unique_ptr<pb::Message>(factory_.GetPrototype(&Type(type))->New());
}

}  // namespace fcn
