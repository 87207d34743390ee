#include "formats/caffe/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "fcn/files.h"
#include "formats/caffe/mean.h"
#include "formats/caffe/test_messages.h"
#include "formats/test_files.h"
#include "formats/weights.h"

namespace fcn {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Key;

CaffeNet Model(const std::string& bytes) {
  const HeapCopy copy(bytes);
  return ParseCaffeModel(copy.data, copy.bytes(), "x.caffemodel");
}

NamedTensors Tensors(const std::string& bytes) {
  std::vector<std::string> notes;
  NamedTensors tensors = CaffeTensors(Model(bytes), notes);
  EXPECT_THAT(notes, IsEmpty());
  return tensors;
}

/// The one blob of a model that has it alone, as its layer's.
StoredTensor Blob(const std::string& blob) {
  return Model(CaffeBinaryLayer("a", "Power", {blob})).layers[0].blobs.at(0);
}

TEST(CaffeModel, WeightsHaveTorchsNamesAndStayWhereTheyLie) {
  const std::string bytes =
      CaffeBytes(1, "net") +
      CaffeBinaryLayer("conv1", "Convolution", {CaffeBlob({1, 1, 1, 2}, {3, 4}), CaffeBlob({1}, {5})}) +
      CaffeBinaryLayer("relu", "ReLU", {}) +
      CaffeBinaryLayer("fc", "InnerProduct", {CaffeBlob({2, 2}, {1, 2, 3, 4}), CaffeBlob({2}, {0, 1})}) +
      CaffeBinaryLayer("p", "PReLU", {CaffeBlob({2}, {0.5, 1})}) +
      CaffeBinaryLayer("odd", "Mine", {CaffeBlob({}, {1}), CaffeBlob({1}, {2}), CaffeBlob({1}, {3})});
  const HeapCopy copy(bytes);
  const WeightsFile file = ParseWeights(copy.data, copy.bytes(), "x.caffemodel");
  EXPECT_THAT(file.tensors, ElementsAre(Key("conv1.bias"), Key("conv1.weight"), Key("fc.bias"), Key("fc.weight"),
                                        Key("odd.2"), Key("odd.bias"), Key("odd.weight"), Key("p.weight")));
  const StoredTensor& weight = file.tensors.at("conv1.weight");
  EXPECT_EQ(weight.shape, (Shape{1, 1, 1, 2}));
  EXPECT_EQ(weight.dtype, DType::kFloat32);
  EXPECT_THAT(weight.ToFloats(), ElementsAre(3, 4));
  EXPECT_GE(weight.bytes.data(), copy.data.get());
  EXPECT_LT(weight.bytes.data(), copy.data.get() + copy.size);
  EXPECT_EQ(file.tensors.at("odd.weight").shape, Shape{});
  EXPECT_EQ(Model(bytes).layers.at(2).type, "InnerProduct");
  EXPECT_EQ(Model(bytes).name, "net");

  const TemporaryFolder folder;
  WriteFile(folder / "x.caffemodel", bytes);
  EXPECT_EQ(ReadWeights(folder / "x.caffemodel").tensors.size(), 8u);
  EXPECT_EQ(ReadCaffeModel(folder / "x.caffemodel").layers.size(), 5u);
}

TEST(CaffeModel, OlderGenerationsGiveTheSame) {
  const std::vector<float> weight = {1, 2, 3, 4, 5, 6}, bias = {7, 8};
  const auto expect = [&](const std::string& bytes) {
    const NamedTensors tensors = Tensors(bytes);
    ASSERT_THAT(tensors, ElementsAre(Key("conv.weight"), Key("fc.bias"), Key("fc.weight")));
    EXPECT_EQ(tensors.at("conv.weight").shape, (Shape{1, 1, 2, 3}));
    EXPECT_EQ(tensors.at("fc.weight").shape, (Shape{2, 3}));
    EXPECT_EQ(tensors.at("fc.bias").shape, Shape{2});
    EXPECT_THAT(tensors.at("fc.weight").ToFloats(), ElementsAreArray(weight));
    EXPECT_THAT(tensors.at("fc.bias").ToFloats(), ElementsAreArray(bias));
  };
  const std::string of_conv = CaffeOlderBlob({1, 1, 2, 3}, weight), of_fc = CaffeOlderBlob({1, 1, 2, 3}, weight),
                    of_bias = CaffeOlderBlob({1, 1, 1, 2}, bias);
  expect(CaffeBinaryLayer("conv", "Convolution", {of_conv}) + CaffeBinaryLayer("fc", "InnerProduct", {of_fc, of_bias}));
  // layers: bottom 2, top 3, name 4, type 5 (4 is a convolution, 14 an inner product), blobs 6.
  const auto v1 = [](const char* name, int type, const std::string& blobs) {
    return CaffeBytes(
        2, CaffeBytes(2, "data") + CaffeBytes(3, "top") + CaffeBytes(4, name) + CaffeNumber(5, type) + blobs);
  };
  expect(CaffeBytes(1, "old") + v1("conv", 4, CaffeBytes(6, of_conv)) +
         v1("fc", 14, CaffeBytes(6, of_fc) + CaffeBytes(6, of_bias)));
  // layers: layer 1, of which name 1, type 2, blobs 50. The padding layer goes, and takes no weights with it.
  const auto v0 = [](const char* name, const char* type, const char* bottom, const char* top,
                     const std::string& blobs) {
    return CaffeBytes(2, CaffeBytes(1, CaffeBytes(1, name) + CaffeBytes(2, type) + blobs) + CaffeBytes(2, bottom) +
                             CaffeBytes(3, top));
  };
  expect(v0("pad", "padding", "data", "padded", "") + v0("conv", "conv", "padded", "conv", CaffeBytes(50, of_conv)) +
         v0("fc", "innerproduct", "conv", "fc", CaffeBytes(50, of_fc) + CaffeBytes(50, of_bias)) +
         CaffeBytes(3, "data"));
}

TEST(CaffeModel, ElementsComeInEveryFormOfProtobuf) {
  const std::string one = CaffeReals<float>({1}), two_three = CaffeReals<float>({2, 3});
  const std::string shape = CaffeBytes(7, CaffeNumber(1, 3));  // of a dimension that is not packed
  const std::string alone = CaffeVarint(5 << 3 | 5);           // a float by itself
  EXPECT_THAT(Blob(shape + CaffeBytes(5, one) + CaffeBytes(5, two_three)).ToFloats(), ElementsAre(1, 2, 3));
  EXPECT_THAT(Blob(alone + one + CaffeBytes(5, two_three) + shape).ToFloats(), ElementsAre(1, 2, 3));
  EXPECT_THAT(Blob(shape + alone + one + alone + one + alone + one).ToFloats(), ElementsAre(1, 1, 1));
  // Double precision counts where both are there; gradients (6, 9) and what a later Caffe may add (12) do not.
  const StoredTensor both = Blob(shape + CaffeBytes(5, one) + CaffeBytes(8, CaffeReals<double>({0.1, 2, 3})) +
                                 CaffeBytes(6, two_three) + CaffeBytes(9, "gradient") + CaffeNumber(12, 5));
  EXPECT_EQ(both.dtype, DType::kFloat64);
  EXPECT_THAT(both.ToFloats(), ElementsAre(0.1f, 2, 3));
  // Four numbers count where both forms of a shape are there, and those that are missing are 0.
  EXPECT_EQ(Blob(CaffeBlob({2}, {1, 2}) + CaffeNumber(1, 1) + CaffeNumber(2, 2) + CaffeNumber(3, 1) + CaffeNumber(4, 1))
                .shape,
            (Shape{1, 2, 1, 1}));
  ExpectError(ErrorCode::kInput, "has the shape 2x0x0x0, but 2 elements", [] {
    Blob(CaffeBlob({2}, {1, 2}) + CaffeNumber(1, 2));
  });
  EXPECT_EQ(Blob(CaffeBlob({0, 5}, {})).shape, (Shape{0, 5}));
}

TEST(CaffeModel, BatchNormsAndTransposedProductsAreWhatTheyStandFor) {
  const NamedTensors tensors = Tensors(
      CaffeBinaryLayer("bn", "BatchNorm", {CaffeBlob({2}, {2, 4}), CaffeBlob({2}, {1, 3}), CaffeBlob({1}, {4})}) +
      CaffeBinaryLayer("new", "BatchNorm", {CaffeBlob({1}, {2}), CaffeBlob({1}, {1}), CaffeBlob({1}, {0})}) +
      CaffeBinaryLayer("scale", "Scale", {CaffeBlob({2}, {1, 2}), CaffeBlob({2}, {3, 4})}) +
      CaffeBinaryLayer("bias", "Bias", {CaffeBlob({1}, {9})}) +
      // inner_product_param (117) with transpose (6)
      CaffeBytes(100, CaffeBytes(1, "fc") + CaffeBytes(2, "InnerProduct") + CaffeBytes(117, CaffeNumber(6, 1)) +
                          CaffeBytes(7, CaffeBlob({3, 2}, {1, 4, 2, 5, 3, 6}))));
  EXPECT_THAT(tensors.at("bn.running_mean").ToFloats(), ElementsAre(0.5, 1));
  EXPECT_THAT(tensors.at("bn.running_var").ToFloats(), ElementsAre(0.25, 0.75));
  EXPECT_THAT(tensors.at("new.running_mean").ToFloats(), ElementsAre(0));
  EXPECT_THAT(tensors.at("scale.bias").ToFloats(), ElementsAre(3, 4));
  EXPECT_THAT(tensors.at("bias.bias").ToFloats(), ElementsAre(9));
  EXPECT_EQ(tensors.at("fc.weight").shape, (Shape{2, 3}));
  EXPECT_THAT(tensors.at("fc.weight").ToFloats(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(tensors.size(), 8u);
}

TEST(CaffeModel, TheLastLayerOfANameCounts) {
  std::vector<std::string> notes;
  const NamedTensors tensors = CaffeTensors(Model(CaffeBinaryLayer("a", "Bias", {CaffeBlob({1}, {1})}) +
                                                  CaffeBinaryLayer("a", "Bias", {CaffeBlob({1}, {2})})),
                                            notes);
  EXPECT_THAT(tensors.at("a.bias").ToFloats(), ElementsAre(2));
  ASSERT_EQ(notes.size(), 1u);
}

TEST(CaffeModel, WhatDoesNotFitIsRefused) {
  const auto refused = [](const std::string& blob, const char* part) {
    ExpectError(ErrorCode::kInput, part, [&] { Blob(blob); });
  };
  refused(CaffeBlob({3}, {1, 2}), "x.caffemodel: blob 0 of layer \"a\" (Power) has the shape 3, but 2 elements");
  refused(CaffeBlob({-1}, {}), "has a dimension of -1");
  refused(CaffeBlob({int64_t{1} << 62, 4}, {1}), "but 1 elements");
  refused(CaffeBlob({int64_t{1} << 32, int64_t{1} << 32}, {}), "but 0 elements");
  refused(CaffeOlderBlob({1, -3, 1, 1}, {1}), "has a dimension of -3");
  refused(CaffeBlob(std::vector<int64_t>(33, 1), {1}), "more than 32 dimensions");
  refused(CaffeBytes(5, "123"), "is cut short or damaged");
  refused(CaffeVarint(5 << 3 | 2) + CaffeVarint(1'000'000'000) + "1234", "is cut short or damaged");
  refused(CaffeVarint(7 << 3 | 3), "is cut short or damaged");  // a group that does not end
  refused("", "has the shape scalar, but 0 elements");

  const std::string good = CaffeBytes(1, "net") + CaffeBinaryLayer("a", "Power", {CaffeBlob({2}, {1, 2})});
  ExpectError(ErrorCode::kInput, "is cut short or damaged: the field at its byte",
              [&] { Model(good.substr(0, good.size() - 1)); });
  for (size_t size = 0; size < good.size(); size++) {
    try {
      EXPECT_THAT(Model(good.substr(0, size)).layers, IsEmpty()) << size;
    } catch (const Error& error) {
      EXPECT_NE(error.code(), ErrorCode::kInternal) << error.what();
    }
  }
  // Many small messages cost more memory than the file has; weights do not.
  std::string layers;
  for (int i = 0; i < 200'000; i++) layers += CaffeBinaryLayer("a", "Power", {});
  ExpectError(ErrorCode::kInput, "more than 2097152 bytes beside its weights", [&] { Model(layers); });
  EXPECT_EQ(Blob(CaffeBlob({1'000'000}, std::vector<float>(1'000'000, 1))).shape, Shape{1'000'000});
  std::string deep = "x";
  for (int i = 0; i < 200; i++) deep = CaffeBytes(i % 2 == 0 ? 25 : 1, deep);  // no field that a net has
  EXPECT_EQ(Model(CaffeBinaryLayer("a", "Power", {}) + deep).layers.size(), 1u);
  std::string groups = CaffeBinaryLayer("a", "Power", {});
  for (int i = 0; i < 100'000; i++) groups += CaffeVarint(200 << 3 | 3);
  ExpectError(ErrorCode::kInput, "is cut short or damaged", [&] { Model(groups); });
}

TEST(CaffeModel, OtherFilesAreNotTakenForOne) {
  const auto looks = [](const std::string& bytes) { return LooksLikeCaffeModel(BytesOf(bytes)); };
  const std::string blob = CaffeBlob({1}, {1});
  EXPECT_TRUE(looks(CaffeBinaryLayer("a", "Power", {blob})));
  EXPECT_TRUE(
      looks(CaffeBytes(1, "net") + CaffeBytes(3, "data") + CaffeNumber(4, 1) + CaffeBinaryLayer("a", "ReLU", {})));
  EXPECT_TRUE(looks(CaffeBytes(2, CaffeBytes(4, "a") + CaffeNumber(5, 4))));
  EXPECT_TRUE(looks(CaffeBytes(2, CaffeBytes(1, CaffeBytes(1, "a")))));
  // What other versions of Caffe say of the whole net.
  EXPECT_TRUE(looks(CaffeBytes(9, "MKLDNN") + CaffeNumber(13, 1) + CaffeBinaryLayer("a", "ReLU", {})));
  EXPECT_FALSE(looks(CaffeBytes(100, CaffeNumber(1, 5))));
  EXPECT_FALSE(looks(blob));
  EXPECT_FALSE(looks(""));
  EXPECT_FALSE(looks(CaffeBytes(1, "net")));
  // Caffe2's: operators with inputs (1), outputs (2), a type that is a text (4) and arguments (5).
  EXPECT_FALSE(
      looks(CaffeBytes(1, "net") + CaffeBytes(2, CaffeBytes(1, "data") + CaffeBytes(2, "x") + CaffeBytes(4, "Conv"))));
  EXPECT_FALSE(
      looks(CaffeBytes(1, "net") + CaffeBytes(2, CaffeBytes(2, "w") + CaffeBytes(4, "Fill") + CaffeBytes(5, "x"))));
  ExpectError(ErrorCode::kInput, "is not a Caffe model", [] { Model("hello"); });
  ExpectError(ErrorCode::kInput, "seems to be a JPEG picture", [] { Model("\xff\xd8\xff\xe0"); });
}

TEST(CaffeMean, ChannelsAreRead) {
  const auto parse = [](const std::string& bytes) { return ParseCaffeMean(BytesOf(bytes), "mean.binaryproto"); };
  const std::vector<float> values = {1, 2, 3, 4, 10, 20, 30, 40};
  for (const std::string& bytes :
       {CaffeOlderBlob({1, 2, 1, 4}, values), CaffeBlob({1, 2, 1, 4}, values), CaffeBlob({2, 1, 4}, values)}) {
    const CaffeMean mean = parse(bytes);
    EXPECT_EQ(mean.channels, 2);
    EXPECT_EQ(mean.height, 1);
    EXPECT_EQ(mean.width, 4);
    EXPECT_THAT(mean.ChannelMeans(), ElementsAre(2.5, 25));
    EXPECT_THAT(mean.values, ElementsAreArray(values));
  }
  EXPECT_THAT(parse(CaffeBlob({3}, {104, 117, 123})).ChannelMeans(), ElementsAre(104, 117, 123));
  const auto refused = [&](const std::string& bytes, const char* part) {
    ExpectError(ErrorCode::kInput, part, [&] { parse(bytes); });
  };
  refused(CaffeBlob({2, 2, 1, 1}, {1, 2, 3, 4}), "mean.binaryproto: a mean image of 2x2x1x1");
  refused(CaffeBlob({65, 1, 1}, std::vector<float>(65, 1)), "a mean image of 65x1x1");
  refused(CaffeBlob({0, 1, 1}, {}), "a mean image of 0x1x1");
  refused(CaffeBlob({1, 1, 1}, {std::numeric_limits<float>::infinity()}), "infinite or no number");
  refused(CaffeBlob({3, 1, 1}, {1, 2}), "the mean image has the shape 3x1x1, but 2 elements");
  refused("hello", "is cut short or damaged");

  const TemporaryFolder folder;
  WriteFile(folder / "mean.binaryproto", CaffeOlderBlob({1, 2, 1, 4}, values));
  EXPECT_EQ(ReadCaffeMean(folder / "mean.binaryproto").channels, 2);
  WriteFile(folder / "mean.binaryproto", std::string("\x93NUMPY\x01\x00", 8));
  ExpectError(ErrorCode::kInput, "seems to be a NumPy array", [&] { ReadCaffeMean(folder / "mean.binaryproto"); });
  WriteFile(folder / "mean.binaryproto", CaffeBinaryLayer("a", "ReLU", {}));
  ExpectError(ErrorCode::kInput, "seems to be a Caffe model", [&] { ReadCaffeMean(folder / "mean.binaryproto"); });
}

}  // namespace
}  // namespace fcn
