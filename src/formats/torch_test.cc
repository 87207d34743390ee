#include "formats/torch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/pickle_builder.h"
#include "formats/test_files.h"
#include "formats/zip_builder.h"

namespace fcn {
namespace {

using namespace std::string_literals;
using pickle::Code;
using pickle::Dict;
using pickle::Int;
using pickle::LegacyFile;
using pickle::RawStorage;
using pickle::String;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

NamedTensors Parse(const std::string& text) {
  const HeapCopy copy(text);
  return ParseTorch(copy.data, copy.bytes(), "x.pth").tensors;
}

std::string Floats(const std::vector<float>& floats) {
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

Code OneTensor(const Code& tensor) { return Dict({{String("a"), tensor}}); }

std::string Repeat(size_t count, char character) {
  std::string text;
  text.resize(count, character);
  return text;
}

/// A file of either form: an object, and the one float storage "0" that it refers to, or none.
std::string WithStorage(bool zip, const Code& object, const std::string& data) {
  if (zip) return MakeZip({{"archive/data.pkl", pickle::Program(object)}, {"archive/data/0", data}});
  std::vector<RawStorage> storages;
  if (!data.empty()) storages.push_back({"0", data.size() / sizeof(float), data});
  return LegacyFile(object, storages);
}

/// A file with one tensor "a" over one storage of `floats`, in either form.
std::string WithTensor(bool zip, const std::vector<float>& floats, int64_t offset, const std::vector<int64_t>& sizes,
                       const std::vector<int64_t>& strides) {
  const auto count = static_cast<int64_t>(floats.size());
  const Code storage = pickle::Storage("FloatStorage", "0", count, zip ? "" : "N");
  const Code object = OneTensor(pickle::Tensor(storage, offset, sizes, strides));
  return WithStorage(zip, object, Floats(floats));
}

class Torch : public ::testing::TestWithParam<const char*> {
 protected:
  bool zip() const { return GetParam() == "zip"s; }
  std::filesystem::path File(const std::string& name) const { return Fixture(name + "." + GetParam() + ".pth"); }
};
INSTANTIATE_TEST_SUITE_P(Forms, Torch, ::testing::Values("zip", "legacy"), [](const auto& form) { return form.param; });

TEST_P(Torch, EveryKindOfTensor) {
  const NamedTensors tensors = ReadTorch(File("tensors")).tensors;
  const struct {
    const char* name;
    DType dtype;
    Shape shape;
    std::vector<float> values;
  } expected[] = {
      {"float", DType::kFloat32, {2, 3}, {1, 2, 3, 4, 5, 6}},
      {"double", DType::kFloat64, {2}, {1, 2}},
      {"half", DType::kFloat16, {3}, {1, 2, 3}},
      {"bfloat16", DType::kBFloat16, {3}, {1, 2, 3}},
      {"int64", DType::kInt64, {2}, {1, 2}},
      {"int32", DType::kInt32, {2}, {1, 2}},
      {"int16", DType::kInt16, {2}, {1, 2}},
      {"int8", DType::kInt8, {2}, {1, 2}},
      {"uint8", DType::kUint8, {2}, {1, 2}},
      {"bool", DType::kBool, {3}, {1, 0, 1}},
      {"scalar", DType::kInt64, {}, {42}},
      {"empty", DType::kFloat32, {0, 3}, {}},
      {"transposed", DType::kFloat32, {3, 2}, {1, 4, 2, 5, 3, 6}},
      {"channels_last", DType::kFloat32, {1, 2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8}},
      {"shared_front", DType::kFloat32, {3}, {1, 2, 3}},
      {"shared_back", DType::kFloat32, {4}, {5, 6, 7, 8}},
      {"every_other", DType::kFloat32, {4}, {1, 3, 5, 7}},
      {"parameter", DType::kFloat32, {2}, {1, 2}},
  };
  EXPECT_EQ(tensors.size(), std::size(expected));
  for (const auto& row : expected) {
    ASSERT_TRUE(tensors.contains(row.name)) << row.name;
    const StoredTensor& tensor = tensors.at(row.name);
    EXPECT_EQ(tensor.dtype, row.dtype) << row.name;
    EXPECT_EQ(tensor.shape, row.shape) << row.name;
    EXPECT_EQ(tensor.ToFloats(), row.values) << row.name;
  }
  // The two views share the bytes of one storage.
  EXPECT_EQ(tensors.at("shared_front").bytes.data() + 4 * sizeof(float), tensors.at("shared_back").bytes.data());
}

TEST_P(Torch, TheStateDictOfACheckpoint) {
  for (const char* name : {"checkpoint", "protocol4"}) {
    const WeightsFile file = ReadTorch(File(name));
    ASSERT_EQ(file.tensors.size(), 3u) << name;
    EXPECT_THAT(file.tensors.at("state_dict.module.weight").ToFloats(), ElementsAre(1, 2));
    EXPECT_THAT(file.tensors.at("state_dict.module.bias").ToFloats(), ElementsAre(1));
    EXPECT_THAT(file.tensors.at("best_score").ToFloats(), ElementsAre(0.75));
    EXPECT_THAT(file.notes, IsEmpty());
  }
}

TEST_P(Torch, WhatATrainingScriptSaves) {
  const WeightsFile file = ReadTorch(File("training"));
  std::vector<std::string> names;
  for (const auto& [name, tensor] : file.tensors) names.push_back(name);
  EXPECT_THAT(names, ElementsAre("model.bias", "model.weight", "model_ema.module.bias", "model_ema.module.weight",
                                 "model_ema.n_averaged"));
  EXPECT_EQ(file.architecture, "Tiny");
  ASSERT_EQ(file.notes.size(), 1u);
  for (const char* name : {"argparse.Namespace", "numpy.core.multiarray.scalar", "datetime.datetime", "AttributeDict"})
    EXPECT_THAT(file.notes[0], HasSubstr(name));
}

TEST_P(Torch, AWholeModuleIsRefusedWithTheRemedy) {
  ExpectError(ErrorCode::kUnsupported, "whole module (\"__main__.Tiny\")", [&] { ReadTorch(File("module")); });
  ExpectError(ErrorCode::kUnsupported, "torch.save(model.state_dict(), path)", [&] { ReadTorch(File("module")); });
}

TEST_P(Torch, EveryPrefixIsRefused) {
  for (const char* name : {"tensors", "checkpoint", "protocol4", "training"})
    ExpectEveryPrefixRefused(FileText(File(name)),
                             [](const HeapCopy& copy) { ParseTorch(copy.data, copy.bytes(), "x"); });
}

TEST_P(Torch, Layouts) {
  const std::vector<float> floats = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  const auto read = [&](int64_t offset, const std::vector<int64_t>& sizes, const std::vector<int64_t>& strides) {
    return Parse(WithTensor(zip(), floats, offset, sizes, strides)).at("a").ToFloats();
  };
  EXPECT_THAT(read(0, {2, 2, 3}, {6, 3, 1}), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
  EXPECT_THAT(read(0, {3, 2, 2}, {1, 6, 3}), ElementsAre(0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11));
  EXPECT_THAT(read(1, {2, 2}, {6, 2}), ElementsAre(1, 3, 7, 9));
  EXPECT_THAT(read(11, {}, {}), ElementsAre(11));
  EXPECT_THAT(read(11, {1, 1}, {INT64_MAX, 5}), ElementsAre(11));  // the stride of a single element says nothing
  EXPECT_THAT(read(0, {1, 2, 1, 3}, {INT64_MAX, 6, INT64_MAX, 2}), ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_THAT(read(12, {0, 5}, {5, 1}), ElementsAre());
}

TEST_P(Torch, ImpossibleLayoutsAreRefused) {
  const std::vector<float> floats = {0, 1, 2, 3, 4, 5};
  const auto refuse = [&](const char* part, int64_t offset, const std::vector<int64_t>& sizes,
                          const std::vector<int64_t>& strides) {
    ExpectError(ErrorCode::kInput, part, [&] { Parse(WithTensor(zip(), floats, offset, sizes, strides)); });
  };
  constexpr int64_t kHuge = int64_t{1} << 62;
  refuse("reaches beyond its storage of 6 elements", 0, {7}, {1});
  refuse("reaches beyond", 1, {6}, {1});
  refuse("reaches beyond", 6, {}, {});
  refuse("reaches beyond", 7, {0}, {1});
  refuse("reaches beyond", 0, {2, 2}, {5, 1});
  refuse("reaches beyond", INT64_MAX, {2}, {1});
  refuse("reaches beyond", INT64_MAX, {}, {});
  refuse("reaches beyond", 0, {2}, {INT64_MAX});
  refuse("reaches beyond", 1, {2, 2}, {INT64_MAX, INT64_MAX});
  refuse("reaches beyond", 0, {kHuge, kHuge}, {0, 0});
  refuse("reaches beyond", 0, {kHuge, kHuge, 0}, {0, 0, 0});
  refuse("none of them negative", -1, {2}, {1});
  refuse("none of them negative", 0, {-2}, {1});
  refuse("none of them negative", 5, {2}, {-1});
  refuse("none of them negative", 0, {2, 2}, {1});
  refuse("at most 64 dimensions", 0, std::vector<int64_t>(65, 1), std::vector<int64_t>(65, 1));
  ExpectError(ErrorCode::kUnsupported, "tensor \"a\" repeats the 6 elements of its storage to 1000000", [&] {
    Parse(WithTensor(zip(), floats, 0, {1000, 1000}, {0, 0}));
  });
}

TEST_P(Torch, CopiesAreBounded) {
  // Each of a thousand names is the transpose of the same 100×100 storage: 40 MB out of less than 200 kB.
  const Code storage = pickle::Storage("FloatStorage", "0", 10000, zip() ? "" : "N");
  std::vector<std::pair<Code, Code>> entries = {
      {String("a"), pickle::Tensor(storage, 0, {100, 100}, {1, 100}) + "q\x01"}};
  for (int i = 0; i < 1000; i++) entries.emplace_back(String(std::to_string(i)), "h\x01");
  const std::string data = Floats(std::vector<float>(10000));
  const std::string file = WithStorage(zip(), Dict(entries), data);
  ExpectError(ErrorCode::kMemory, "more than four times the file's size", [&] { Parse(file); });
}

TEST_P(Torch, WhatIsNoStateDict) {
  const auto refuse = [&](const char* part, const Code& object) {
    const std::string file = WithStorage(zip(), object, "");
    ExpectError(ErrorCode::kInput, part, [&] { Parse(file); });
  };
  refuse("something else than a dict", Int(3));
  refuse("something else than a dict", "]");
  refuse("no tensors; its keys are no names", "}");
  refuse("its keys are \"encoder\", \"decoder\"", Dict({{String("encoder"), "}"}, {String("decoder"), "}"}}));
  refuse("no tensors", "}q\x01" + String("model") + "h\x01s");  // a dict that holds itself
  refuse("something else than it should",
         OneTensor(pickle::Tensor(pickle::Storage("FloatStorage", "0", -1), 0, {1}, {1})));
}

TEST(TorchFiles, StateDictsInsideOfDicts) {
  const auto read = [](const Code& object) {
    std::vector<std::string> names;
    for (const auto& [name, tensor] : Parse(LegacyFile(object, {RawStorage{"0", 1, Floats({5})}})))
      names.push_back(name);
    return names;
  };
  const Code tensor = pickle::Tensor(pickle::Storage("FloatStorage", "0", 1), 0, {1}, {1});
  const auto dict = [&](const char* name) { return Dict({{String(name), tensor}}); };
  EXPECT_THAT(read(Dict({{String("any"), dict("a")}, {String("best"), tensor}})), ElementsAre("any.a", "best"));
  EXPECT_THAT(read(Dict({{String("a"), Dict({{String("b"), dict("c")}})}})), ElementsAre("a.b.c"));
  EXPECT_THAT(read(Dict({{String("model"), tensor}, {Int(7), tensor}, {String("b"), "N"}})), ElementsAre("model"));
  EXPECT_THAT(read(pickle::Tuple({dict("a"), Int(3), dict("b")})), ElementsAre("0.a", "2.b"));
  // An optimiser's states have numbers for keys.
  EXPECT_THAT(read(Dict({{String("o"), Dict({{Int(0), dict("exp_avg")}})}, {String("m"), dict("a")}})),
              ElementsAre("m.a"));
  // A dict that holds itself, and what is reached in two ways.
  EXPECT_THAT(read(dict("a") + "q\x01" + String("model") + "h\x01s"), ElementsAre("a"));
  EXPECT_THAT(read(Dict({{String("model"), dict("a") + "q\x01"}, {String("ema"), "h\x01"}})), ElementsAre("model.a"));
}

/// A file of the old form with one tensor "a" and, beside it, other values.
WeightsFile WithExtras(const std::vector<std::pair<Code, Code>>& extras) {
  const Code tensor = pickle::Tensor(pickle::Storage("FloatStorage", "0", 1), 0, {1}, {1});
  std::vector<std::pair<Code, Code>> entries = {{String("a"), tensor}};
  entries.insert(entries.end(), extras.begin(), extras.end());
  const HeapCopy copy(LegacyFile(Dict(entries), {RawStorage{"0", 1, Floats({5})}}));
  return ParseTorch(copy.data, copy.bytes(), "x.pth");
}

TEST(TorchFiles, WhatIsNoTensorIsPassedOverAndNamed) {
  const Code arguments = pickle::Global("argparse", "Namespace") + ")\x81" + Dict({{String("lr"), Int(3)}}) + "b";
  const WeightsFile file = WithExtras({{String("args"), arguments}, {String("arch"), String("FCN8s")}});
  EXPECT_THAT(file.tensors.at("a").ToFloats(), ElementsAre(5));
  EXPECT_EQ(file.architecture, "FCN8s");
  EXPECT_THAT(file.notes, ElementsAre("x.pth: passed over, and none of it run: \"args\" "
                                      "(\"argparse.Namespace\")"));
  // A tensor inside of an object is not looked for.
  const Code tensor = pickle::Tensor(pickle::Storage("FloatStorage", "0", 1), 0, {1}, {1});
  const Code object = pickle::Global("m", "Net") + ")\x81" + Dict({{String("b"), tensor}}) + "b";
  EXPECT_EQ(WithExtras({{String("net"), object}}).tensors.size(), 1u);
  // Nor are tensors of kinds that are not known a reason to refuse the others.
  const Code quantised = pickle::Call(pickle::Global("torch._utils", "_rebuild_qtensor"), {tensor, Int(0)});
  const Code expanded = pickle::Tensor(pickle::Storage("FloatStorage", "0", 1), 0, {8}, {0});
  const WeightsFile other = WithExtras({{String("q"), quantised}, {String("e"), expanded}});
  EXPECT_EQ(other.tensors.size(), 1u);
  EXPECT_THAT(other.notes, ElementsAre(HasSubstr("_rebuild_qtensor"), HasSubstr("repeats the 1 elements")));
}

TEST(TorchFiles, StoragesOfUnknownTypes) {
  const Code object =
      Dict({{String("a"), pickle::Tensor(pickle::Storage("ComplexFloatStorage", "1", 1, ""), 0, {1}, {1})},
            {String("b"), pickle::Tensor(pickle::Storage("FloatStorage", "0", 1, ""), 0, {1}, {1})}});
  const HeapCopy zip(MakeZip({{"x/data.pkl", pickle::Program(object)}, {"x/data/0", Floats({5})}}));
  const WeightsFile file = ParseTorch(zip.data, zip.bytes(), "x.pth");
  EXPECT_EQ(file.tensors.size(), 1u);
  EXPECT_THAT(file.notes, ElementsAre(HasSubstr("\"a\" (\"torch.ComplexFloatStorage\")")));
  // In the old form the storages follow each other, so the size of each must be known.
  const Code old = OneTensor(pickle::Tensor(pickle::Storage("ComplexFloatStorage", "0", 1), 0, {1}, {1}));
  ExpectError(ErrorCode::kUnsupported, "type \"ComplexFloatStorage\", whose size is not known", [&] {
    Parse(LegacyFile(old, {RawStorage{"0", 1, Floats({5, 5})}}));
  });
}

TEST(TorchFiles, NamesAreNoLongerThanThePickle) {
  // A dict is reached by a long key and holds many tensors with short ones.
  const Code tensor = pickle::Tensor(pickle::Storage("FloatStorage", "0", 1), 0, {1}, {1}) + "q\x01";
  std::vector<std::pair<Code, Code>> inner = {{String("a"), tensor}};
  for (int i = 0; i < 2000; i++) inner.emplace_back(String(std::to_string(i)), "h\x01");
  const Code object = Dict({{String(Repeat(10'000, 'x')), Dict(inner)}});
  ExpectError(ErrorCode::kInput, "longer than the pickle", [&] {
    Parse(LegacyFile(object, {RawStorage{"0", 1, Floats({5})}}));
  });
}

TEST(TorchLegacy, AStorageThatIsAViewOfAnother) {
  const Code view = pickle::Storage("FloatStorage", "9", 6, pickle::Tuple({String("10"), Int(2), Int(3)}));
  const Code whole = pickle::Storage("FloatStorage", "9", 6);
  const std::string file = LegacyFile(
      Dict({{String("a"), pickle::Tensor(view, 1, {2}, {1})}, {String("b"), pickle::Tensor(whole, 0, {6}, {1})}}),
      {RawStorage{"9", 6, Floats({0, 1, 2, 3, 4, 5})}});
  const NamedTensors tensors = Parse(file);
  EXPECT_THAT(tensors.at("a").ToFloats(), ElementsAre(3, 4));
  EXPECT_THAT(tensors.at("b").ToFloats(), ElementsAre(0, 1, 2, 3, 4, 5));

  const Code beyond = pickle::Storage("FloatStorage", "9", 6, pickle::Tuple({String("10"), Int(4), Int(3)}));
  ExpectError(ErrorCode::kInput, "view that does not lie within its 6 elements", [&] {
    Parse(LegacyFile(OneTensor(pickle::Tensor(beyond, 0, {1}, {1})), {RawStorage{"9", 6, Floats({0, 1, 2, 3, 4, 5})}}));
  });
}

TEST(TorchLegacy, StorageListsThatDoNotFit) {
  const Code object = OneTensor(pickle::Tensor(pickle::Storage("FloatStorage", "0", 2), 0, {2}, {1}));
  const std::string data = Floats({1, 2});
  ASSERT_THAT(Parse(LegacyFile(object, {RawStorage{"0", 2, data}})).at("a").ToFloats(), ElementsAre(1, 2));
  const auto refuse = [&](const char* part, const std::vector<RawStorage>& storages) {
    ExpectError(ErrorCode::kInput, part, [&] { Parse(LegacyFile(object, storages)); });
  };
  refuse("storage \"0\" should have 2 elements and has 0", {});
  refuse("should have 2 elements and has 1", {{"0", 1, data}});
  refuse("3 elements of 4 bytes, but only", {{"0", 3, data}});
  refuse("1152921504606846976 elements", {{"0", uint64_t{1} << 60, data}});
  refuse("18446744073709551615 elements", {{"0", UINT64_MAX, data}});
  refuse("one that no tensor uses, or one twice", {{"0", 2, data}, {"0", 2, data}});
  refuse("one that no tensor uses, or one twice", {{"1", 2, data}});
  ExpectError(ErrorCode::kInput, "has two types", [&] {
    const Code other = pickle::Tensor(pickle::Storage("IntStorage", "0", 2), 0, {2}, {1});
    Parse(LegacyFile(pickle::List({object, other}), {RawStorage{"0", 2, data}}));
  });
}

TEST(TorchLegacy, OtherWritersAreRefused) {
  ExpectError(ErrorCode::kUnsupported, "big-endian", [] { Parse(LegacyFile("}", {}, false)); });
  std::string version = LegacyFile("}", {});
  version[version.find("\xe9\x03")] = 1;
  ExpectError(ErrorCode::kUnsupported, "not version 1001", [&] { Parse(version); });
  ExpectError(ErrorCode::kInput, "not a file that torch.save wrote", [] { Parse("hello, hello, hello"); });
  ExpectError(ErrorCode::kIo, "nothing", [] { ReadTorch(Fixture("nothing.pth")); });
}

// The zip form.

const Code kZipObject = OneTensor(pickle::Tensor(pickle::Storage("FloatStorage", "0", 4, ""), 0, {4}, {1}));

TEST(TorchZip, DeflatedEntriesAreRead) {
  const std::string file =
      MakeZip({{"x/data.pkl", pickle::Program(kZipObject), true}, {"x/data/0", Floats({1, 1, 1, 1}), true}});
  ASSERT_THAT(Parse(file).at("a").ToFloats(), ElementsAre(1, 1, 1, 1));
}

TEST(TorchZip, BombsAreRefusedBeforeTheyUnpack) {
  const Code object =
      OneTensor(pickle::Tensor(pickle::Storage("FloatStorage", "0", 25'000'000, ""), 0, {25'000'000}, {1}));
  const std::string file =
      MakeZip({{"x/data.pkl", pickle::Program(object)}, {"x/data/0", Repeat(100'000'000, '\0'), true}});
  ASSERT_LT(file.size(), 200'000u);
  ExpectError(ErrorCode::kMemory, "entry \"x/data/0\" unpacks to 100000000 bytes, more than the", [&] { Parse(file); });
  const std::string program = MakeZip({{"x/data.pkl", Repeat(40'000'000, 'N'), true}, {"pad", Repeat(3'000'000, 'x')}});
  ExpectError(ErrorCode::kMemory, "entry \"x/data.pkl\" unpacks to 40000000 bytes, more than the 33554432",
              [&] { Parse(program); });
}

TEST(TorchZip, DamageIsNoticed) {
  const std::string good = MakeZip({{"x/data.pkl", pickle::Program(kZipObject)}, {"x/data/0", Floats({1, 2, 3, 4})}});
  ASSERT_THAT(Parse(good).at("a").ToFloats(), ElementsAre(1, 2, 3, 4));
  std::string flipped = good;
  flipped[flipped.find(Floats({3, 4}))] ^= 1;
  ExpectError(ErrorCode::kInput, "entry \"x/data/0\" is damaged", [&] { Parse(flipped); });
  ExpectError(ErrorCode::kInput, "the zip archive is damaged", [&] { Parse(good.substr(0, good.size() - 1)); });
  ExpectError(ErrorCode::kInput, "storage \"0\" is not in the archive", [] {
    Parse(MakeZip({{"x/data.pkl", pickle::Program(kZipObject)}}));
  });
  ExpectError(ErrorCode::kInput, "should have 4 elements of 4 bytes and has 12 bytes", [] {
    Parse(MakeZip({{"x/data.pkl", pickle::Program(kZipObject)}, {"x/data/0", Floats({1, 2, 3})}}));
  });
}

TEST(TorchZip, OtherZipsAreNamed) {
  const auto refuse = [](const char* part, const std::vector<ZipEntry>& entries) {
    ExpectError(ErrorCode::kUnsupported, part, [&] { Parse(MakeZip(entries)); });
  };
  refuse("TorchScript archive", {{"x/data.pkl", "N."}, {"x/constants.pkl", "N."}});
  refuse("torch.jit.load(path).state_dict()", {{"x/data.pkl", "N."}, {"x/code/__torch__.py", ""}});
  refuse("NumPy .npz", {{"a.npy", ""}});
  refuse("Keras archive", {{"config.json", "{}"}, {"model.weights.h5", ""}});
  refuse("without the data.pkl of torch.save (its first entry is \"readme\")", {{"readme", ""}});
  refuse("byte order \"big\"", {{"x/data.pkl", "N."}, {"x/byteorder", "big"}});
  ExpectError(ErrorCode::kUnsupported, "without the data.pkl", [] { Parse("PK\5\6"s + std::string(18, '\0')); });
}

}  // namespace
}  // namespace fcn
