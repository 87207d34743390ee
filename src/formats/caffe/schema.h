#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/message.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

namespace fcn {

/// The messages of caffe.proto. Their descriptors live in a pool of our own, not in the one that generated code shares:
/// two copies of this library may be in one process, and so may Caffe. Thread-safe.
class CaffeSchema {
 public:
  /// The one of the process, never destroyed.
  static const CaffeSchema& Shared();

  /// The same with values that a text has and caffe.proto lacks, of whatever enumeration: layers of other versions of
  /// Caffe ("type: CROP"), mostly. So they do not end the parse. Null where the text has none, or they make no sense.
  static std::unique_ptr<const CaffeSchema> WithValuesOf(std::string_view text);
  /// Whether a value of an enumeration is one that WithValuesOf has added.
  static bool IsAdded(const google::protobuf::EnumValueDescriptor& value);

  /// A message of caffe.proto: "LayerParameter".
  const google::protobuf::Descriptor& Type(const std::string& name) const;
  std::unique_ptr<google::protobuf::Message> NewMessage(const std::string& type) const;

 private:
  using AddedValues = std::map<std::string, std::set<std::string>>;  ///< by the name of a field
  explicit CaffeSchema(const AddedValues& added);

  google::protobuf::DescriptorPool pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;  ///< null where what was added makes no sense
  mutable google::protobuf::DynamicMessageFactory factory_;
};

}  // namespace fcn
