#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>

namespace fcn {

/// A message of caffe.proto: CaffeType("LayerParameter"). Its descriptors live in a pool of our own, not in the one
/// that generated code shares: two copies of this library may be in one process, and so may Caffe. Thread-safe.
const google::protobuf::Descriptor& CaffeType(const std::string& name);

/// An empty message of that type.
std::unique_ptr<google::protobuf::Message> NewCaffeMessage(const google::protobuf::Descriptor& type);

}  // namespace fcn
