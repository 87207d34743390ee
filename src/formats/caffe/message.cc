#include "formats/caffe/message.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "formats/caffe/schema.h"

namespace fcn {
namespace {

using google::protobuf::FieldDescriptor;

/// The field of that name; the values that are asked for have to be of its type.
const FieldDescriptor& SchemaField(const google::protobuf::Descriptor& type, std::string_view name) {
  const FieldDescriptor* field = type.FindFieldByName(std::string(name));
  FCN_CHECK(field != nullptr);
  return *field;
}

bool IsText(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING || field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
}

bool IsMessage(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE; }

double DefaultNumber(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return field.default_value_int32();
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return field.default_value_uint32();
    case FieldDescriptor::CPPTYPE_FLOAT:
      return field.default_value_float();
    case FieldDescriptor::CPPTYPE_BOOL:
      return field.default_value_bool() ? 1 : 0;
    default:
      FCN_CHECK(false && "a number");
  }
  return 0;
}

}  // namespace

CaffeMessage::CaffeMessage(const char* type, int line) : CaffeMessage(CaffeSchema::Shared().Type(type), line) {}

std::string CaffeMessage::type() const { return type_->name(); }

const CaffeField* CaffeMessage::Find(std::string_view name) const {
  const auto found = std::ranges::find(fields_, name, &CaffeField::name);
  if (found != fields_.end()) return &*found;
  SchemaField(*type_, name);
  return nullptr;
}

size_t CaffeMessage::Count(std::string_view name) const {
  const CaffeField* field = Find(name);
  return field == nullptr ? 0 : field->values.size();
}

int CaffeMessage::LineOf(std::string_view name) const {
  const CaffeField* field = Find(name);
  return field == nullptr ? line_ : field->line();
}

double CaffeMessage::Number(std::string_view name, size_t index) const {
  const FieldDescriptor& schema = SchemaField(*type_, name);
  FCN_CHECK(!IsText(schema) && !IsMessage(schema));
  const CaffeField* field = Find(name);
  FCN_CHECK(field != nullptr ? index < field->values.size() : !schema.is_repeated());
  return field != nullptr ? field->values[index].number : DefaultNumber(schema);
}

int64_t CaffeMessage::Integer(std::string_view name, size_t index) const {
  FCN_CHECK(SchemaField(*type_, name).cpp_type() != FieldDescriptor::CPPTYPE_FLOAT);
  return static_cast<int64_t>(Number(name, index));
}

bool CaffeMessage::Flag(std::string_view name, size_t index) const {
  FCN_CHECK(SchemaField(*type_, name).cpp_type() == FieldDescriptor::CPPTYPE_BOOL);
  return Number(name, index) != 0;
}

std::string CaffeMessage::Text(std::string_view name, size_t index) const {
  const FieldDescriptor& schema = SchemaField(*type_, name);
  FCN_CHECK(IsText(schema));
  const CaffeField* field = Find(name);
  FCN_CHECK(field != nullptr ? index < field->values.size() : !schema.is_repeated());
  if (field != nullptr) return field->values[index].text;
  return schema.cpp_type() == FieldDescriptor::CPPTYPE_ENUM ? schema.default_value_enum()->name()
                                                            : schema.default_value_string();
}

CaffeMessage CaffeMessage::Message(std::string_view name, size_t index) const {
  const FieldDescriptor& schema = SchemaField(*type_, name);
  FCN_CHECK(IsMessage(schema));
  const CaffeField* field = Find(name);
  FCN_CHECK(field != nullptr ? index < field->values.size() : !schema.is_repeated());
  return field != nullptr ? field->values[index].message.front() : CaffeMessage(*schema.message_type(), line_);
}

std::vector<double> CaffeMessage::Numbers(std::string_view name) const {
  std::vector<double> numbers(Count(name));
  for (size_t i = 0; i < numbers.size(); i++) numbers[i] = Number(name, i);
  return numbers;
}

std::vector<std::string> CaffeMessage::Texts(std::string_view name) const {
  std::vector<std::string> texts(Count(name));
  for (size_t i = 0; i < texts.size(); i++) texts[i] = Text(name, i);
  return texts;
}

std::vector<CaffeMessage> CaffeMessage::Messages(std::string_view name) const {
  std::vector<CaffeMessage> messages;
  for (size_t i = 0; i < Count(name); i++) messages.push_back(Message(name, i));
  return messages;
}

void CaffeMessage::Add(std::string_view name, CaffeValue value) {
  FCN_CHECK(SchemaField(*type_, name).is_repeated() || !Has(name));
  const auto found = std::ranges::find(fields_, name, &CaffeField::name);
  CaffeField& field = found != fields_.end() ? *found : fields_.emplace_back(CaffeField{std::string(name), {}});
  field.values.push_back(std::move(value));
}

std::vector<CaffeValue> CaffeMessage::Take(std::string_view name) {
  SchemaField(*type_, name);
  const auto found = std::ranges::find(fields_, name, &CaffeField::name);
  if (found == fields_.end()) return {};
  std::vector<CaffeValue> values = std::move(found->values);
  fields_.erase(found);
  return values;
}

CaffeMessage& CaffeMessage::Open(std::string_view name, int line) {
  const FieldDescriptor& schema = SchemaField(*type_, name);
  FCN_CHECK(IsMessage(schema) && !schema.is_repeated());
  if (!Has(name)) {
    CaffeValue value;
    value.line = line;
    value.message.emplace_back(*schema.message_type(), line);
    Add(name, std::move(value));
  }
  return std::ranges::find(fields_, name, &CaffeField::name)->values.front().message.front();
}

}  // namespace fcn
