#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace google::protobuf {
class Descriptor;
}

namespace fcn {

class CaffeMessage;

/// A value of a field.
struct CaffeValue {
  int line = 0;                       ///< of a text file, from 1; 0 where the file has no lines
  double number = 0;                  ///< of numbers; of booleans 0 or 1
  std::string text;                   ///< of strings; of enumerations the name of the value ("MAX")
  std::vector<CaffeMessage> message;  ///< of messages: one
};

/// What a file says of one field: one value, or as many as it repeats.
struct CaffeField {
  std::string name;
  std::vector<CaffeValue> values;  ///< in the file's order, never empty
  int line() const { return values.front().line; }
};

/// A field that Caffe's format, as we know it, does not have: of a later Caffe, of somebody's own, or misspelt.
struct CaffeUnknownField {
  std::string name;  ///< in binary files its number
  int line = 0;
};

/// A message of Caffe's files as a tree of fields, whether the file is text or binary: "convolution_param" of a layer,
/// for example. What Caffe calls a field, which type it has, and its default are looked up in caffe.proto; a name that
/// is not there, or of another type, is an Error(kInternal).
class CaffeMessage {
 public:
  /// `type` as in caffe.proto: "ConvolutionParameter".
  explicit CaffeMessage(const char* type, int line = 0);
  CaffeMessage(const google::protobuf::Descriptor& type, int line) : type_(&type), line_(line) {}

  int line() const { return line_; }  ///< where it begins; 0 where the file has no lines
  std::string type() const;           ///< "ConvolutionParameter"

  bool Has(std::string_view name) const { return Count(name) > 0; }
  size_t Count(std::string_view name) const;
  /// The line of the field's first value, or of the message where the file does not have the field.
  int LineOf(std::string_view name) const;

  // A value, or Caffe's default where the file does not have the field. Of repeated fields the index-th, which has to
  // be there.
  double Number(std::string_view name, size_t index = 0) const;
  int64_t Integer(std::string_view name, size_t index = 0) const;
  bool Flag(std::string_view name, size_t index = 0) const;
  std::string Text(std::string_view name, size_t index = 0) const;      ///< strings and enumerations
  CaffeMessage Message(std::string_view name, size_t index = 0) const;  ///< without fields where there is none
  std::vector<double> Numbers(std::string_view name) const;             ///< all values of a repeated field
  std::vector<std::string> Texts(std::string_view name) const;          ///< all values
  std::vector<CaffeMessage> Messages(std::string_view name) const;      ///< all values

  /// What the file has; their order says nothing.
  const std::vector<CaffeField>& fields() const { return fields_; }
  const std::vector<CaffeUnknownField>& unknown() const { return unknown_; }

  /// Adds a value to a field that caffe.proto has.
  void Add(std::string_view name, CaffeValue value);
  void AddUnknown(CaffeUnknownField field) { unknown_.push_back(std::move(field)); }
  /// Takes a field out: its values, none where there is no such field.
  std::vector<CaffeValue> Take(std::string_view name);
  /// The message in a field that does not repeat; it is made where there is none.
  CaffeMessage& Open(std::string_view name, int line);

 private:
  const CaffeField* Find(std::string_view name) const;

  const google::protobuf::Descriptor* type_;
  int line_ = 0;
  std::vector<CaffeField> fields_;
  std::vector<CaffeUnknownField> unknown_;
};

}  // namespace fcn
