#include "formats/caffe/tree.h"

#include <fmt/format.h>
#include <google/protobuf/unknown_field_set.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "formats/caffe/schema.h"

namespace fcn {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using InfoTree = google::protobuf::TextFormat::ParseInfoTree;
using Range = google::protobuf::TextFormat::ParseLocationRange;

constexpr size_t kMostValues = 300'000;

/// Makes one tree, and counts what it has.
class TreeBuilder {
 public:
  TreeBuilder(CaffePlaces* places, const std::string& file) : places_(places), file_(file) {}

  CaffeMessage Convert(const Message& message, const InfoTree* info, int line) {
    const Reflection& reflection = *message.GetReflection();
    CaffeMessage tree(message.GetDescriptor()->name().c_str(), line);
    std::vector<const FieldDescriptor*> fields;
    reflection.ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->name() == "blobs" && places_ != nullptr) continue;
      const int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
      for (int i = 0; i < count; i++) {
        CaffeValue value = Value(message, *field, i, info, line);
        if (IsUnknownValue(message, *field, i)) {
          if (field->name() != "engine") tree.AddUnknown({field->name() + ": " + value.text, value.line});
        } else {
          tree.Add(field->name(), std::move(value));
        }
      }
    }
    const auto& unknown = reflection.GetUnknownFields(message);
    for (int i = 0; i < unknown.field_count(); i++) {
      Count();
      tree.AddUnknown({fmt::format("{}", unknown.field(i).number()), 0});
    }
    return tree;
  }

  /// Moves the unknown fields of a part of a text file into the message that it is. Those of messages inside of it have
  /// been moved already.
  void Adopt(CaffeMessage& tree, CaffePosition from, CaffePosition to) {
    auto& unknown = places_->unknown;
    for (auto it = unknown.lower_bound(from); it != unknown.end() && it->first <= to; it = unknown.erase(it)) {
      Count();
      tree.AddUnknown({it->second, it->first.first + 1});
    }
  }

 private:
  /// Whether a value is of an enumeration that Caffe does not have. Types of layers are kept, for messages to name.
  static bool IsUnknownValue(const Message& message, const FieldDescriptor& field, int index) {
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_ENUM || field.name() == "type") return false;
    const Reflection& reflection = *message.GetReflection();
    return CaffeSchema::IsAdded(field.is_repeated() ? *reflection.GetRepeatedEnum(message, &field, index)
                                                    : *reflection.GetEnum(message, &field));
  }

  CaffeValue Value(const Message& message, const FieldDescriptor& field, int index, const InfoTree* info, int line) {
    Count();
    const Reflection& reflection = *message.GetReflection();
    const bool repeated = field.is_repeated();
    CaffeValue value;
    Range range;
    if (info != nullptr) range = info->GetLocationRange(&field, repeated ? index : -1);
    value.line = range.start.line >= 0 ? range.start.line + 1 : line;
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        value.number =
            repeated ? reflection.GetRepeatedInt32(message, &field, index) : reflection.GetInt32(message, &field);
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        value.number = static_cast<double>(repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                                    : reflection.GetInt64(message, &field));
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        value.number =
            repeated ? reflection.GetRepeatedUInt32(message, &field, index) : reflection.GetUInt32(message, &field);
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        value.number =
            repeated ? reflection.GetRepeatedFloat(message, &field, index) : reflection.GetFloat(message, &field);
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        value.number =
            repeated ? reflection.GetRepeatedBool(message, &field, index) : reflection.GetBool(message, &field);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        value.text =
            repeated ? reflection.GetRepeatedString(message, &field, index) : reflection.GetString(message, &field);
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        value.text =
            (repeated ? reflection.GetRepeatedEnum(message, &field, index) : reflection.GetEnum(message, &field))
                ->name();
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE: {
        const Message& inner =
            repeated ? reflection.GetRepeatedMessage(message, &field, index) : reflection.GetMessage(message, &field);
        const InfoTree* inner_info = info == nullptr ? nullptr : info->GetTreeForNested(&field, repeated ? index : -1);
        value.message.push_back(Convert(inner, inner_info, value.line));
        if (inner_info != nullptr)
          Adopt(value.message.front(), {range.start.line, range.start.column}, {range.end.line, range.end.column});
        break;
      }
      default:
        FCN_CHECK(false && "a type of caffe.proto");
    }
    return value;
  }

  void Count() {
    if (++count_ > kMostValues)
      throw Error(ErrorCode::kInput, fmt::format("{}: has more than {} values", Shown(file_), kMostValues),
                  "Real networks have a few ten thousand: get the file again from where it came.");
  }

  CaffePlaces* places_;
  const std::string& file_;
  size_t count_ = 0;
};

}  // namespace

CaffeMessage CaffeTreeOf(const Message& message, CaffePlaces* places, const std::string& file) {
  TreeBuilder builder(places, file);
  CaffeMessage tree =
      builder.Convert(message, places == nullptr ? nullptr : &places->fields, places == nullptr ? 0 : 1);
  if (places != nullptr) builder.Adopt(tree, {0, 0}, {INT32_MAX, INT32_MAX});
  return tree;
}

}  // namespace fcn
