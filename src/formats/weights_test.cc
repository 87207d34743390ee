#include "formats/weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/test_files.h"

namespace fcn {
namespace {

using namespace std::string_literals;
using ::testing::ElementsAre;

TEST(Weights, TheContentTellsTheFormat) {
  const TemporaryFolder folder;
  for (const char* name : {"tensors.zip.pth", "tensors.legacy.pth", "tensors.safetensors"}) {
    std::filesystem::copy_file(Fixture(name), folder / "weights", std::filesystem::copy_options::overwrite_existing);
    const NamedTensors tensors = ReadWeights(folder / "weights").tensors;
    EXPECT_EQ(tensors.size(), 18u) << name;
    EXPECT_THAT(tensors.at("transposed").ToFloats(), ElementsAre(1, 4, 2, 5, 3, 6)) << name;
  }
}

TEST(Weights, WhatIsNotReadIsNamed) {
  const std::string pad(300, '\0');
  const std::pair<std::string, const char*> cases[] = {
      {"\x89HDF\r\n\x1a\n" + pad, "HDF5"},
      {"\x1f\x8b\x08" + pad, "gzip"},
      {"BZh9" + pad, "bzip2"},
      {"\xfd\x37zXZ" + pad, "xz"},
      {"\x28\xb5\x2f\xfd" + pad, "zstd"},
      {std::string(257, 'x') + "ustar" + pad, "tar archive"},
      {"GGUF" + pad, "GGUF"},
      {"\x93NUMPY" + pad, "NumPy array"},
      {"\x1c\0\0\0TFL3"s + pad, "TensorFlow Lite"},
      {"7767517\n" + pad, "ncnn"},
      {"MATLAB 5.0 MAT-file" + pad, "MATLAB"},
      {std::string(512, ' ') + "\x89HDF\r\n\x1a\n", "HDF5"},
      {"\xf0\0\0\0ET12"s + pad, "ExecuTorch"},
      {"\x12\1\0\0\0\0\0\0"s + pad, "MXNet"},
      {"\4\0\0\0\1\0\0\0\3\0\0\0V 1"s + pad, "Torch 7"},
      {"\0\0\0\0\2\0\0\0"s + pad, "Darknet"},
      {std::string(16, '\0') + "\x06\0\0\0\x08\x05\x10\x03"s + pad, "Paddle parameters"},
      {"\x80\x02}q\x00X\x1b\0\0\0StructuredToParameterName@@"s + pad, "Paddle (.pdparams)"},
      {"\x82\xa6params\x81"s + pad, "Flax"},
      {"\xff\xd8\xff\xe0" + pad, "JPEG picture"},
      {"<?xml version=\"1.0\"?><net name=\"x\">", "OpenVINO"},
      {"<?xml version=\"1.0\"?><Error><Code>AccessDenied", "server's answer"},
      {"\n<HTML><head>", "web page"},
      {"name: \"VGG\"\nlayer {\n", "prototxt"},
      // Sizes and a shape, then elements; an iteration, then where the weights are.
      {"\x08\x01\x10\x03\x18\x01\x20\x01\x2a\x04\0\0\0\0"s, "mean image of Caffe"},
      {"\x2a\x04\0\0\0\0\x3a\x03\x0a\x01\x01"s, "mean image of Caffe"},
      {"\x08\x64\x12\x0e"
       "x_1.caffemodel\x1a\x02\x2a\x00"s,
       "state of a solver"},
      {"\x08\x01\x12\x06\x0a\x04\x12\x02\x08\x01"s, "SavedModel"},
      {"\x08\x04\x12\x06\x0a\x04\x0a\x02xy\x1a\x00"s, "Core ML"},
      {"\x0a\x0a\x0a\x01x\x12\x05"
       "Const" +
           pad,
       "graph of TensorFlow"},
      {"\x08\x07\x3a\x05\x0a\x03xyz"s, "ONNX"},
      {"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"},
      {"<!DOCTYPE html><title>Not found</title>", "web page"},
      {pad + "\x57\xfb\x80\x8b\x24\x75\x47\xdb", "TensorFlow checkpoint"},
      {"\x08\x07\x12\x07pytorch" + pad, "ONNX"},
      {"\x80\x04\x95" + pad, "plain pickle"},
      {"PK\3\4" + pad, "zip archive is damaged"},
      {"{\"a\": 1}", "JSON file"},
      {"{\"metadata\": {}, \"weight_map\": {}}", "weights in several files"},
      {"hello", "not a weights file that is known"},
      {"", "is empty"},
  };
  for (const auto& [content, part] : cases) {
    const HeapCopy copy(content);
    try {
      ParseWeights(copy.data, copy.bytes(), "some/file");
      ADD_FAILURE() << "accepted: " << part;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal);
      EXPECT_NE(error.message().find(part), std::string::npos) << error.what();
      EXPECT_EQ(error.message().find("some/file"), 0u) << error.what();
    }
  }
}

TEST(Weights, EveryPrefixIsRefused) {
  for (const char* name : {"checkpoint.zip.pth", "checkpoint.legacy.pth", "tensors.safetensors"})
    ExpectEveryPrefixRefused(FileText(Fixture(name)),
                             [](const HeapCopy& copy) { ParseWeights(copy.data, copy.bytes(), "x"); });
}

TEST(Weights, MissingFilesAndFolders) {
  ExpectError(ErrorCode::kIo, "nothing.pth", [] { ReadWeights(Fixture("nothing.pth")); });
  ExpectError(ErrorCode::kIo, "testdata", [] { ReadWeights(Fixture("")); });
}

}  // namespace
}  // namespace fcn
