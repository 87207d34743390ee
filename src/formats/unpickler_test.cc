#include "formats/unpickler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/pickle_builder.h"
#include "formats/test_files.h"

namespace fcn {
namespace {

using namespace std::string_literals;
using pickle::Call;
using pickle::Code;
using pickle::Dict;
using pickle::Global;
using pickle::Int;
using pickle::List;
using pickle::Program;
using pickle::String;
using pickle::Tuple;
using Kind = PickleValue::Kind;

const Code kOne = "K\x01", kTwo = "K\x02", kPair = kOne + kTwo;

/// A pickle together with the bytes that it points into.
struct Unpickled {
  explicit Unpickled(const std::string& program) : copy(program), pickle(Unpickle(copy.bytes(), "x.pth")) {}
  const PickleValue& root() const { return pickle.root; }
  const std::vector<PickleValue>& items() const { return pickle.items(pickle.root); }
  HeapCopy copy;
  Pickle pickle;
};

void ExpectMalformed(const Code& program, const std::string& part) {
  ExpectError(ErrorCode::kInput, part, [&] { Unpickled{program}; });
}

TEST(Unpickler, Integers) {
  const std::pair<Code, int64_t> cases[] = {
      {"K\xff"s, 255},
      {"M\x01\x02"s, 0x201},
      {"J\xff\xff\xff\xff"s, -1},
      {"\x8a\x00"s, 0},
      {"\x8a\x01\xff"s, -1},
      {"\x8a\x02\xff\x00"s, 255},
      {Int(INT64_MIN), INT64_MIN},
      {"\x8b\x01\x00\x00\x00\x7f"s, 127},
      {"I-12\n"s, -12},
      {"L123L\n"s, 123},
  };
  for (const auto& [code, value] : cases) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(Kind::kInt)) << value;
    EXPECT_EQ(unpickled.root().integer, value);
  }
  const Unpickled large(Program("\x8a\x09" + std::string(9, 'x')));
  EXPECT_TRUE(large.root().Is(Kind::kLong));
  EXPECT_EQ(large.root().text(), std::string(9, 'x'));
  EXPECT_TRUE(Unpickled(Program("L" + std::string(1000, '9') + "L\n")).root().Is(Kind::kIgnored));
}

TEST(Unpickler, OtherScalars) {
  EXPECT_TRUE(Unpickled(Program("N")).root().Is(Kind::kNone));
  for (const auto& [code, value] : {std::pair("\x88"s, true), {"\x89"s, false}, {"I01\n"s, true}, {"I00\n"s, false}}) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(Kind::kBool));
    EXPECT_EQ(unpickled.root().boolean, value);
  }
  for (const Code& code : {"G\x3f\xf8\0\0\0\0\0\0"s, "F1.5\n"s}) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(Kind::kFloat));
    EXPECT_EQ(unpickled.root().real, 1.5);
  }
}

TEST(Unpickler, TextAndBytes) {
  for (const Code& code : {String("abc"), "U\x03"s + "abc", "T\x03\0\0\0abc"s, "\x8c\x03"s + "abc",
                           "\x8d\x03\0\0\0\0\0\0\0abc"s, "Vabc\n"s, "S'abc'\n"s}) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(Kind::kString));
    EXPECT_EQ(unpickled.root().text(), "abc");
  }
  for (const Code& code :
       {"C\x03"s + "abc", "B\x03\0\0\0abc"s, "\x8e\x03\0\0\0\0\0\0\0abc"s, "\x96\x03\0\0\0\0\0\0\0abc"s}) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(Kind::kBytes));
    EXPECT_EQ(unpickled.root().text(), "abc");
  }
}

TEST(Unpickler, Containers) {
  const std::pair<Code, Kind> cases[] = {
      {kPair + "\x86", Kind::kTuple},
      {"(" + kPair + "t", Kind::kTuple},
      {"](" + kPair + "e", Kind::kList},
      {"]" + kOne + "a" + kTwo + "a", Kind::kList},
      {"(" + kPair + "l", Kind::kList},
      {"}" + kPair + "s", Kind::kDict},
      {"}(" + kPair + "u", Kind::kDict},
      {"(" + kPair + "d", Kind::kDict},
      {"\x8f(" + kPair + "\x90", Kind::kSet},
      {"(" + kPair + "\x91", Kind::kSet},
      {Call(Global("__builtin__", "set"), {"](" + kPair + "e"}), Kind::kSet},
      {Call(Global("builtins", "frozenset"), {"](" + kPair + "e"}), Kind::kSet},
      {Call(Global("torch", "Size"), {kPair + "\x86"}), Kind::kTuple},
      // Python 2 writes an OrderedDict as pairs.
      {Call(Global("collections", "OrderedDict"), {List({"](" + kPair + "e"})}), Kind::kDict},
  };
  for (const auto& [code, kind] : cases) {
    const Unpickled unpickled(Program(code));
    EXPECT_TRUE(unpickled.root().Is(kind)) << code;
    ASSERT_EQ(unpickled.items().size(), 2u) << code;
    EXPECT_EQ(unpickled.items()[0].integer, 1) << code;
    EXPECT_EQ(unpickled.items()[1].integer, 2) << code;
  }
  for (const Code& code : {")"s, "]"s, "}"s, "\x8f"s, Call(Global("collections", "OrderedDict"), {})})
    EXPECT_TRUE(Unpickled(Program(code)).items().empty());
}

TEST(Unpickler, TheMemoGivesTheSameContainer) {
  for (const Code& put : {"q\x07"s, "r\x07\0\0\0"s, "p7\n"s}) {
    for (const Code& get : {"h\x07"s, "j\x07\0\0\0"s, "g7\n"s}) {
      // The bytes of the string make the index 7 a plausible one.
      Code code = String("padding") + "0(]";
      code.append(put).append(get).append("K\x05").append("at");
      const Unpickled unpickled(Program(code));
      ASSERT_EQ(unpickled.items().size(), 2u);
      EXPECT_EQ(unpickled.items()[0].container, unpickled.items()[1].container);
      EXPECT_EQ(unpickled.pickle.items(unpickled.items()[0]).at(0).integer, 5);
    }
  }
  EXPECT_EQ(Unpickled("\x80\x04\x95\0\0\0\0\0\0\0\0"s + "](\x8c\x01"s + "a\x94h\x00"s + "e.").items().size(), 2u);
}

TEST(Unpickler, StackManipulation) {
  EXPECT_EQ(Unpickled(Program(kPair + "0")).root().integer, 1);
  EXPECT_EQ(Unpickled(Program(kOne + "(" + kPair + "1")).root().integer, 1);
  EXPECT_EQ(Unpickled(Program("K\x01(0")).root().integer, 1);
  EXPECT_EQ(Unpickled(Program(kOne + "2\x86")).items().size(), 2u);
}

TEST(Unpickler, ReadsOnePickleAfterAnother) {
  const std::string first = Program("K\x01"), both = first + Program("K\x02");
  EXPECT_EQ(Unpickle(BytesOf(both), "x").size, first.size());
}

TEST(Unpickler, StoragesAndTensorsAreDescribed) {
  const Unpickled unpickled(Program(pickle::Tensor(pickle::Storage("HalfStorage", "17", 6), 1, {2}, {1})));
  ASSERT_TRUE(unpickled.root().Is(Kind::kTensor));
  ASSERT_EQ(unpickled.pickle.storages.size(), 1u);
  const auto& id = unpickled.pickle.items(unpickled.items().at(0));
  EXPECT_EQ(id.at(1).storage_type, DType::kFloat16);
  EXPECT_EQ(id.at(2).text(), "17");
}

TEST(Unpickler, AttributesOfAStateDictAreIgnored) {
  EXPECT_TRUE(Unpickled(Program("}}" + String("_metadata") + "}sb")).items().empty());
}

/// The class or function that the root stands for.
std::string OpaqueRoot(const Code& code) {
  const Unpickled unpickled{Program(code)};
  if (!unpickled.root().Is(Kind::kOpaque)) return "not opaque";
  const auto& [module, name] = unpickled.pickle.globals.at(unpickled.root().global);
  return std::string(module) + "." + std::string(name);
}

TEST(Unpickler, NothingElseIsCalled) {
  const std::pair<Code, const char*> cases[] = {
      {Call(Global("os", "system"), {String("touch /tmp/pwned")}), "os.system"},
      {Call(Global("builtins", "eval"), {String("1")}), "builtins.eval"},
      {"\x8c\x05posix\x8c\x06system\x93" + Tuple({String("id")}) + "R", "posix.system"},
      {"(S'id'\nios\nsystem\n", "os.system"},
      {"(" + Global("os", "system") + "S'id'\no", "os.system"},
      {Global("torch", "load"), "torch.load"},
      {Global("torch", "QInt8Storage"), "torch.QInt8Storage"},
      {Global("collections", "OrderedDict.fromkeys"), "collections.OrderedDict.fromkeys"},
      // Functions of the list reached by another name are not those of the list.
      {Call(Global("builtins", "getattr"), {Global("collections", "OrderedDict"), String("fromkeys")}),
       "builtins.getattr"},
      // Instances, with attributes and members.
      {Global("argparse", "Namespace") + ")\x81}b", "argparse.Namespace"},
      {Global("m", "C") + ")}\x92", "m.C"},
      {Global("m", "Attributes") + ")R" + "(" + String("lr") + kOne + "u", "m.Attributes"},
      {Global("m", "List") + ")R(" + kPair + "e" + kOne + "a", "m.List"},
      {Global("m", "Set") + ")R(" + kPair + "\x90", "m.Set"},
      {Global("m", "f") + ")R)R" + kOne + kTwo + "s", "m.f"},
      // NumPy's scalars.
      {Call(Global("numpy.core.multiarray", "scalar"),
            {Call(Global("numpy", "dtype"), {String("f8"), "\x89", "\x88"}), "C\x08" + std::string(8, 'x')}),
       "numpy.core.multiarray.scalar"},
  };
  for (const auto& [code, name] : cases) EXPECT_EQ(OpaqueRoot(code), name);
  // Old whole modules name their class so.
  EXPECT_EQ(
      OpaqueRoot(Tuple({String("module"), Global("m", "Net"), String("net.py"), String("class Net: pass")}) + "Q"),
      "m.Net");
}

TEST(Unpickler, ContainersOfTheCollections) {
  const Code defaults = Call(Global("collections", "defaultdict"), {Global("builtins", "list")});
  EXPECT_EQ(Unpickled(Program(defaults + "(" + kPair + "u")).items().size(), 2u);
  EXPECT_EQ(Unpickled(Program(Call(Global("collections", "Counter"), {"}(" + kPair + "u"}))).items().size(), 2u);
}

TEST(Unpickler, TensorsOfClassesOfTheirOwn) {
  const Code arguments =
      Tuple({pickle::Storage("FloatStorage", "0", 6), Int(0), pickle::Integers({2}), pickle::Integers({1})});
  const Code rebuild = Global("torch._utils", "_rebuild_tensor_v2");
  const auto from_type = [&](const Code& function, const Code& of) {
    return Call(Global("torch._tensor", "_rebuild_from_type_v2"), {function, Global("m", "MyTensor"), of, "}"});
  };
  EXPECT_TRUE(Unpickled(Program(from_type(rebuild, arguments))).root().Is(Kind::kTensor));
  EXPECT_EQ(OpaqueRoot(from_type(Global("m", "f"), arguments)), "m.f");
  const Code parameter =
      Call(Global("torch._utils", "_rebuild_parameter_with_state"), {from_type(rebuild, arguments), "\x88", "}", "}"});
  EXPECT_TRUE(Unpickled(Program(parameter + "}b")).root().Is(Kind::kTensor));
  ExpectMalformed(Program(from_type(Global("torch._tensor", "_rebuild_from_type_v2"), arguments)), "class of a class");
  ExpectMalformed(Program(from_type(rebuild, "N")), "without its arguments");
}

TEST(Unpickler, MalformedProgramsAreRefused) {
  const std::pair<Code, const char*> cases[] = {
      {"", "1 bytes are wanted and 0 are left"},
      {".", "stack is empty"},
      {"0.", "stack is empty"},
      {"2.", "stack is empty"},
      {"q\0."s, "stack is empty"},
      {"a.", "stack is empty"},
      {"K\x01(\x85.", "stack is empty"},  // a tuple may not reach below a mark
      {"K\x01(.", "stack is empty"},
      {"t.", "mark is missing"},
      {"e.", "mark is missing"},
      {"1.", "mark is missing"},
      {kPair + "a.", "does not take them"},
      {"](K\x01u.", "not take them"},
      {"}(K\x01u.", "key without a value"},
      {"(" + kOne + "d.", "key without a value"},
      {")\x8f(K\x01\x90\x86.", nullptr},
      {"K\x01)R.", "not of the kind"},
      {Global("collections", "OrderedDict") + "K\x01R.", "not of the kind"},
      {Global("torch", "FloatStorage") + ")R.", "not of the kind"},
      {Call(Global("torch", "Size"), {"K\x01"}) + ".", "not a sequence"},
      {Call(Global("torch._utils", "_rebuild_parameter"), {"K\x01"}) + ".", "not a tensor"},
      {Call(Global("collections", "OrderedDict"), {List({Tuple({"N"})})}) + ".", "does not have two values"},
      {kOne + "Nb.", "attributes of something that has none"},
      {")Q.", "not a storage's"},
      {Tuple({String("module"), "N"}) + "Q.", "not a storage's"},
      {"P17\n.", "opcode 0x50"},
      {")\x81.", "stack is empty"},
      {Global("collections", "OrderedDict") + ")\x81.", "an instance of something that has none"},
      {"(o.", "an instance of something that has none"},
      {Global("m", "C") + "N\x81.", "not of the kind"},
      {Global("m", "C") + "NR.", "not of the kind"},
      {"\x82\x01.", "opcode 0x82"},
      {"\x97.", "opcode 0x97"},
      {"\xff.", "opcode 0xff"},
      {"\x80\x06N.", "protocol 6"},
      {"h\x05.", "memo index 5"},
      {"g-1\n.", "not the number"},
      {"I1x\n.", "not the number"},
      {"I\n.", "not the number"},
      {"I12", "bytes are wanted"},
      {"S'\n.", "without quotes"},
      {"V\\u0041\n.", "escapes"},
      // Lengths and indices beyond anything.
      {"\x8a\xff"s + "abc.", "255 bytes are wanted"},
      {"\x8b\xff\xff\xff\x7f.", "2147483647 bytes are wanted"},
      {"\x8b\xff\xff\xff\xff.", "4294967295 bytes are wanted"},
      {"X\xff\xff\xff\xff.", "4294967295 bytes are wanted"},
      {"\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", "18446744073709551615 bytes are wanted"},
      {"\x8e\0\0\0\0\0\0\0\x80."s, "9223372036854775808 bytes are wanted"},
      {"Nr\0\0\0\x80."s, "memo index 2147483648"},
      {"Np18446744073709551615\n.", "memo index 18446744073709551615"},
      {"Np18446744073709551616\n.", "not the number"},
  };
  for (const auto& [program, message] : cases) {
    if (message == nullptr) {
      EXPECT_NO_THROW(Unpickled{program});
    } else {
      ExpectMalformed(program, message);
    }
  }
}

TEST(Unpickler, DeepNestingCostsNothing) {
  constexpr int kDepth = 1'000'000;
  // A million marks are more than any pickler writes.
  ExpectMalformed(std::string(kDepth, '('), "nested deeper than 1000 levels");
  // Lists in lists: neither building nor destroying them recurses. The numbers pad each list to what a pickler would
  // write.
  Code lists;
  for (int i = 0; i < kDepth; i++) lists += "N0]";
  const Unpickled unpickled(Program(lists + std::string(kDepth - 1, 'a')));
  EXPECT_EQ(unpickled.items().size(), 1u);
  // And a list that holds itself.
  EXPECT_EQ(Unpickled(Program("]q\x01h\x01"s + "a")).items().size(), 1u);
}

TEST(Unpickler, MemoryIsBoundedByTheBytes) {
  ExpectMalformed(std::string(1'000'000, ']'), "more containers than a pickler would write");
  ExpectMalformed("N" + std::string(1'000'000, '\x85'), "more containers than a pickler would write");
  // The same long list of pairs, made a dict a thousand times over.
  Code pairs = Global("collections", "OrderedDict") + "q\x01" + "0](";
  for (int i = 0; i < 1000; i++) pairs += Tuple({Int(i), Int(i)});
  pairs += "e\x85q\x02";
  Code calls;
  for (int i = 0; i < 1000; i++) calls += "h\x01h\x02R0";
  ExpectMalformed(Program(pairs + calls), "used too often");
  std::string huge(kMaxPickle + 1, 'N');
  ExpectError(ErrorCode::kInput, "more than 33554432 bytes", [&] { Unpickle(BytesOf(huge), "x"); });
}

TEST(Unpickler, EveryPrefixIsRefused) {
  const Code program =
      Program(Dict({{String("a"), pickle::Tensor(pickle::Storage("FloatStorage", "0", 6), 0, {2}, {1})},
                    {String("b"), List({Int(1), "G\x3f\xf8\0\0\0\0\0\0"s, "\x88", "I12\n"})}}));
  ExpectEveryPrefixRefused(program, [](const HeapCopy& copy) { Unpickle(copy.bytes(), "x"); });
}

}  // namespace
}  // namespace fcn
