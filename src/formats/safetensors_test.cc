#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "formats/test_files.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Join(const std::string& header, const std::string& data) {
  return LittleEndian(header.size(), 8) + header + data;
}

SafetensorsFile Parse(const std::string& text) {
  const HeapCopy copy(text);
  return ParseSafetensors(copy.data, copy.bytes(), "x.safetensors");
}

StoredTensor Bytes(DType dtype, Shape shape, std::vector<uint8_t> bytes) {
  auto owner = std::make_shared<std::vector<uint8_t>>(std::move(bytes));
  return {.dtype = dtype, .shape = std::move(shape), .bytes = *owner, .owner = owner};
}

TEST(Safetensors, WhatIsWrittenIsRead) {
  const TemporaryFolder folder;
  NamedTensors tensors;
  tensors["b.weight"] = StoredTensor::FromFloats({2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  tensors["a.flags"] = Bytes(DType::kBool, {3}, {1, 0, 1});
  tensors["c.count"] = Bytes(DType::kInt64, {}, {7, 0, 0, 0, 0, 0, 0, 0});
  tensors["d.none"] = Bytes(DType::kFloat16, {0, 5}, {});
  const std::map<std::string, std::string> metadata = {{"fcn.format", "1"}, {"text", "\"quoted\"\n\u00e9"}};
  WriteSafetensors(folder / "a.safetensors", tensors, metadata);

  const SafetensorsFile file = ReadSafetensors(folder / "a.safetensors");
  EXPECT_EQ(file.metadata, metadata);
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    const StoredTensor& read = file.tensors.at(name);
    EXPECT_EQ(read.dtype, tensor.dtype) << name;
    EXPECT_EQ(read.shape, tensor.shape) << name;
    EXPECT_TRUE(std::ranges::equal(read.bytes, tensor.bytes)) << name;
  }
}

TEST(Safetensors, TheSameContentGivesTheSameBytes) {
  const TemporaryFolder folder;
  NamedTensors forward, backward;
  const auto tensor = [](int i) { return StoredTensor::FromFloats({1}, std::vector<float>{static_cast<float>(i)}); };
  for (int i = 0; i < 20; i++) forward[std::to_string(i)] = tensor(i);
  for (int i = 20; i-- > 0;) backward[std::to_string(i)] = tensor(i);
  WriteSafetensors(folder / "1", forward, {{"a", "b"}, {"c", "d"}});
  WriteSafetensors(folder / "2", backward, {{"c", "d"}, {"a", "b"}});
  EXPECT_EQ(FileText(folder / "1"), FileText(folder / "2"));
}

TEST(Safetensors, TensorsAreAlignedToTheirElements) {
  const TemporaryFolder folder;
  for (size_t length = 0; length < 70; length++) {  // so that the header's own length takes every remainder
    NamedTensors tensors;
    tensors[std::string(length + 1, 'a')] = Bytes(DType::kUint8, {3}, {1, 2, 3});
    tensors["b"] = StoredTensor::FromFloats({1}, std::vector<float>{1});
    tensors["c"] = Bytes(DType::kFloat64, {1}, std::vector<uint8_t>(8));
    WriteSafetensors(folder / "a", tensors);
    const std::string text = FileText(folder / "a");
    const size_t header_size = static_cast<uint8_t>(text[0]) + 256u * static_cast<uint8_t>(text[1]);
    EXPECT_EQ((8 + header_size) % 64, 0u);
    const auto header = nlohmann::json::parse(text.substr(8, header_size));
    EXPECT_EQ(header["c"]["data_offsets"], nlohmann::json::array({0, 8}));
    EXPECT_EQ(header["b"]["data_offsets"], nlohmann::json::array({8, 12}));
  }
}

TEST(Safetensors, ReadsWhatThePythonPackageWrites) {
  const SafetensorsFile file = ReadSafetensors(Fixture("tensors.safetensors"));
  EXPECT_THAT(file.metadata, UnorderedElementsAre(Pair("made by", "python")));
  EXPECT_EQ(file.tensors.size(), 18u);
  EXPECT_THAT(file.tensors.at("float").ToFloats(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(file.tensors.at("float").shape, (Shape{2, 3}));
  EXPECT_EQ(file.tensors.at("bfloat16").dtype, DType::kBFloat16);
  EXPECT_THAT(file.tensors.at("bfloat16").ToFloats(), ElementsAre(1, 2, 3));
  EXPECT_THAT(file.tensors.at("bool").ToFloats(), ElementsAre(1, 0, 1));
  EXPECT_THAT(file.tensors.at("scalar").ToFloats(), ElementsAre(42));
  EXPECT_EQ(file.tensors.at("empty").shape, (Shape{0, 3}));
}

TEST(Safetensors, EveryPrefixIsRefused) {
  ExpectEveryPrefixRefused(FileText(Fixture("tensors.safetensors")),
                           [](const HeapCopy& copy) { ParseSafetensors(copy.data, copy.bytes(), "x"); });
}

TEST(Safetensors, AnEmptyFileOfTensorsIsFine) { EXPECT_TRUE(Parse(Join("{}", "")).tensors.empty()); }

TEST(Safetensors, MalformedHeadersAreRefused) {
  const std::string good = R"({"dtype":"U8","shape":[2],"data_offsets":[0,2]})";
  ASSERT_EQ(Parse(Join(R"({"a":)" + good + "}", "xy")).tensors.size(), 1u);
  const struct {
    const char* header;
    const char* message;
  } cases[] = {
      {R"([])", "does not begin with {"},
      {R"( {})", "does not begin with {"},
      {R"({)", "not JSON"},
      {R"({} x)", "not JSON"},
      {R"({}{})", "not JSON"},
      {"{\"\xff\":1}", "not JSON"},
      {R"({"a":1})", "\"a\" has a number where none belongs"},
      {R"({"a":null})", "is null"},
      {R"({"a":true})", "is a boolean"},
      {R"({"a":"b"})", "has a string where none belongs"},
      {R"({"a":[]})", "has an array where none belongs"},
      {R"({"a":{}})", "lacks dtype, shape or data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[2]}})", "lacks dtype, shape or data_offsets"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0]}})", "not a pair"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2,2]}})", "has a number where none belongs"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[]}})", "not a pair"},
      {R"({"a":{"dtype":"U8","shape":[[2]],"data_offsets":[0,2]}})", "array where none belongs"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[-1,2]}})", "negative"},
      {R"({"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}})", "not a 64-bit integer"},
      {R"({"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,2]}})", "out of range"},
      {R"({"a":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,2]}})", "not a 64-bit integer"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[2],"data_offsets":[0,2]}})", "comes twice"},
      {R"({"a":{"dtype":"U8","shape":[2],"shape":[2],"data_offsets":[0,2]}})", "comes twice"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"data_offsets":[0,2]}})", "comes twice"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"more":{}}})", "\"more\" has an object"},
      {R"({"__metadata__":{"a":1}})", "\"a\" has a number where none belongs"},
      {R"({"__metadata__":{"a":"1","a":"1"}})", "comes twice in the metadata"},
      {R"({"__metadata__":{},"__metadata__":{}})", "comes twice"},
      {R"({"__metadata__":"a"})", "has a string where none belongs"},
      // Lengths and places in the data.
      {R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]}})", "need more than the 2 bytes"},
      {R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}})", "claims the bytes 0 to 3"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,2]}})", "need more than the 2 bytes"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,2]}})", "4294967296x4294967296"},
      {R"({"a":{"dtype":"U8","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}})", "4294967296x4294967296x0"},
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})", "claims the bytes 1 to 2"},  // a hole before
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})", "end after 1 bytes"},        // a hole after
      {R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[2,1]}})", "claims the bytes 2 to 1"},
      {R"({})", "end after 0 bytes"},
  };
  for (const auto& row : cases) ExpectError(ErrorCode::kInput, row.message, [&] { Parse(Join(row.header, "xy")); });
  ExpectError(ErrorCode::kInput, "\"a\" comes twice",
              [&] { Parse(Join(R"({"a":)" + good + R"(,"a":)" + good + "}", "xy")); });
  ExpectError(ErrorCode::kInput, "\"b\" claims the bytes 0 to 2; expected 2 bytes from 2 on",  // an overlap
              [&] { Parse(Join(R"({"a":)" + good + R"(,"b":)" + good + "}", "xy")); });
}

TEST(Safetensors, AnUnknownDTypeIsNamed) {
  ExpectError(ErrorCode::kUnsupported, "tensor \"a\" has elements of type \"F8_E4M3\"",
              [] { Parse(Join(R"({"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}})", "xy")); });
}

TEST(Safetensors, HeaderLengthsAreBounded) {
  ExpectError(ErrorCode::kInput, "too few", [] { Parse(""); });
  ExpectError(ErrorCode::kInput, "header of 3 bytes in a file of 10", [] { Parse(LittleEndian(3, 8) + "{}"); });
  ExpectError(ErrorCode::kInput, "header of 18446744073709551615 bytes",
              [] { Parse(LittleEndian(UINT64_MAX, 8) + "{}"); });
  std::string huge = LittleEndian(100'000'001, 8) + "{";
  huge.resize(100'000'011, ' ');
  ExpectError(ErrorCode::kInput, "header of 100000001 bytes", [&] { ParseSafetensors({}, BytesOf(huge), "x"); });
}

TEST(Safetensors, DeepNestingIsRefusedAtOnce) {
  std::string objects;
  for (int i = 0; i < 1'000'000; i++) objects += R"({"a":)";
  ExpectError(ErrorCode::kInput, "object where none belongs", [&] { Parse(Join(objects, "")); });
  ExpectError(ErrorCode::kInput, "array where none belongs",
              [] { Parse(Join(R"({"a":)" + std::string(1'000'000, '['), "")); });
}

TEST(Safetensors, MessagesDoNotCarryControlCharacters) {
  try {
    Parse(Join("{\"\\u001b[31m" + std::string(500, 'x') + "\":1}", ""));
    FAIL() << "accepted";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(message.find('\x1b'), std::string::npos);
    EXPECT_LT(message.size(), 300u);
  }
}

TEST(Safetensors, WritingRefusesWhatCouldNotBeRead) {
  const TemporaryFolder folder;
  const StoredTensor tensor = StoredTensor::FromFloats({1}, std::vector<float>{1});
  ExpectError(ErrorCode::kInput, "__metadata__", [&] { WriteSafetensors(folder / "a", {{"__metadata__", tensor}}); });
  ExpectError(ErrorCode::kInput, "UTF-8", [&] { WriteSafetensors(folder / "a", {{"\xff", tensor}}); });
  ExpectError(ErrorCode::kInput, "UTF-8", [&] { WriteSafetensors(folder / "a", {{"a", tensor}}, {{"k", "\xff"}}); });
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
  ExpectError(ErrorCode::kIo, "missing", [&] { WriteSafetensors(folder / "missing/a", {{"a", tensor}}); });
  ExpectError(ErrorCode::kIo, "nothing", [&] { ReadSafetensors(folder / "nothing"); });
}

}  // namespace
}  // namespace fcn
