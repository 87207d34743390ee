#include "formats/caffe/schema.h"

#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <cstdint>

#include "base/check.h"

namespace fcn {
namespace {

/// caffe.proto as protoc compiled it (a FileDescriptorSet of one file).
constexpr uint8_t kCompiledSchema[] = {
#include "caffe_schema.inc"
};

struct CaffeSchema {
  google::protobuf::DescriptorPool pool;
  google::protobuf::DynamicMessageFactory factory{&pool};

  CaffeSchema() {
    google::protobuf::FileDescriptorSet files;
    FCN_CHECK(files.ParseFromArray(kCompiledSchema, sizeof(kCompiledSchema)) && files.file_size() == 1);
    FCN_CHECK(pool.BuildFile(files.file(0)) != nullptr);
  }
};

/// Never destroyed: messages may be used until the process ends.
CaffeSchema& TheCaffeSchema() {
  static CaffeSchema* const schema = new CaffeSchema;
  return *schema;
}

}  // namespace

const google::protobuf::Descriptor& CaffeType(const std::string& name) {
  const auto* type = TheCaffeSchema().pool.FindMessageTypeByName("fcn.caffe." + name);
  FCN_CHECK(type != nullptr);
  return *type;
}

std::unique_ptr<google::protobuf::Message> NewCaffeMessage(const google::protobuf::Descriptor& type) {
  return std::unique_ptr<google::protobuf::Message>(TheCaffeSchema().factory.GetPrototype(&type)->New());
}

}  // namespace fcn
