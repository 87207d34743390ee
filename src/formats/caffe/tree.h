#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/text_format.h>

#include <map>
#include <string>
#include <utility>

#include "formats/caffe/message.h"

namespace fcn {

/// Where a text parser stood: line and column, from 0.
using CaffePosition = std::pair<int, int>;

/// What a text parser knew of the places of what it read.
struct CaffePlaces {
  google::protobuf::TextFormat::ParseInfoTree fields;
  std::map<CaffePosition, std::string> unknown;  ///< fields that are not in caffe.proto
};

/// A message of protobuf's as a tree. `places` of a text file (its unknown fields are moved into the tree), or null of
/// a binary one. Weights that are text ("blobs") are left out. Throws Error(kInput) that names the file where there are
/// too many values.
CaffeMessage CaffeTreeOf(const google::protobuf::Message& message, CaffePlaces* places, const std::string& file);

}  // namespace fcn
