#include "train/checkpoint.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "graph/ops.h"
#include "models/initialise.h"
#include "models/zoo.h"
#include "support/expect_error.h"
#include "train/test_files.h"

namespace fcn {
namespace {

using test::ExpectError;

/// Floats with every kind of bits: NaNs with payloads, infinities, denormals, -0.
StoredTensor OddFloats(const Shape& shape, uint32_t first) {
  constexpr uint32_t kBits[] = {0x7fc00001, 0xffc12345, 0x7f800001, 0x7f800000, 0xff800000,
                                0x00000001, 0x80000000, 0x3eaaaaab, 0x7f7fffff};
  std::vector<float> values(static_cast<size_t>(shape.elements()));
  for (size_t i = 0; i < values.size(); i++) values[i] = std::bit_cast<float>(kBits[(i + first) % std::size(kBits)]);
  return StoredTensor::FromFloats(shape, values);
}

Checkpoint Example() {
  Checkpoint checkpoint;
  checkpoint.network = "fcn8s-vgg16";
  checkpoint.config = "# \"text\"\nseed = 3\n";
  checkpoint.iteration = 1234567890123;
  checkpoint.weights = {{"a.weight", OddFloats({4, 3, 1, 1}, 0)},
                        {"a.bias", OddFloats({4}, 1)},
                        {"bn.running_mean", OddFloats({4}, 2)},
                        {"odd/name", OddFloats({1}, 3)}};
  checkpoint.states = {{"moment1", {{"a.weight", OddFloats({4, 3, 1, 1}, 4)}, {"odd/name", OddFloats({1}, 5)}}},
                       {"moment2", {{"a.weight", OddFloats({4, 3, 1, 1}, 6)}}}};
  checkpoint.history = {TrainingEntry{.iteration = 10, .epoch = 0.1, .loss = 1.0 / 3, .rate = 1e-3},
                        ValidationEntry{.iteration = 10, .heads = {{.mean_iu = 0.1, .class_iu = {0.5, std::nan("")}}}}};
  checkpoint.best_score = 0.1 + 0.2;
  checkpoint.best_iteration = 10;
  checkpoint.metadata = {{"dataset", "367 images"}};
  return checkpoint;
}

void ExpectSame(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    const StoredTensor& other = b.at(name);
    EXPECT_EQ(tensor.shape, other.shape) << name;
    EXPECT_TRUE(std::ranges::equal(tensor.bytes, other.bytes)) << name;
  }
}

TEST(Checkpoint, ComesBackBitForBit) {
  const TemporaryFolder folder;
  const Checkpoint saved = Example();
  SaveCheckpoint(folder / "a", saved);
  const Checkpoint loaded = LoadCheckpoint(folder / "a");
  EXPECT_EQ(loaded.network, saved.network);
  EXPECT_EQ(loaded.config, saved.config);
  EXPECT_EQ(loaded.iteration, saved.iteration);
  EXPECT_EQ(loaded.best_score, saved.best_score);
  EXPECT_EQ(loaded.best_iteration, saved.best_iteration);
  EXPECT_EQ(loaded.metadata, saved.metadata);
  EXPECT_EQ(PrintHistory(loaded.history), PrintHistory(saved.history));
  ExpectSame(saved.weights, loaded.weights);
  ASSERT_EQ(loaded.states.size(), 2u);
  for (const auto& [kind, group] : saved.states) ExpectSame(group, loaded.states.at(kind));

  // The same again, to the byte; also over itself, while the tensors point into the old file.
  SaveCheckpoint(folder / "b", loaded);
  EXPECT_EQ(FileText(folder / "b"), FileText(folder / "a"));
  SaveCheckpoint(folder / "a", loaded);
  EXPECT_EQ(FileText(folder / "b"), FileText(folder / "a"));
  ExpectSame(saved.weights, loaded.weights);
}

TEST(Checkpoint, WithoutScoreStateOrHistory) {
  const TemporaryFolder folder;
  SaveCheckpoint(folder / "a", {});
  const Checkpoint loaded = LoadCheckpoint(folder / "a");
  EXPECT_TRUE(std::isnan(loaded.best_score));
  EXPECT_TRUE(loaded.weights.empty() && loaded.states.empty() && loaded.history.empty());
  EXPECT_EQ(loaded.iteration, 0);
}

TEST(Checkpoint, ViewsOfMemoryInUseAreWritten) {
  const TemporaryFolder folder;
  const std::vector<float> live = {1, 2, 3};
  Checkpoint checkpoint;
  checkpoint.weights["w"] = {.dtype = DType::kFloat32,
                             .shape = {3},
                             .bytes = {reinterpret_cast<const uint8_t*>(live.data()), live.size() * sizeof(float)},
                             .owner = nullptr};
  SaveCheckpoint(folder / "a", checkpoint);
  EXPECT_EQ(LoadCheckpoint(folder / "a").weights.at("w").ToFloats(), live);
}

TEST(Checkpoint, AFullDiskLeavesTheOldOne) {
  const TemporaryFolder folder;
  SaveCheckpoint(folder / "a", Example());
  const std::string before = FileText(folder / "a");
  Checkpoint next = Example();
  next.weights["large"] = OddFloats({100'000}, 0);
  for (const rlim_t bytes : {rlim_t{0}, rlim_t{8}, rlim_t{1000}, rlim_t{200'000}}) {
    const FileSizeLimit limit(bytes);
    ExpectError(ErrorCode::kIo, (folder / "a").string(), [&] { SaveCheckpoint(folder / "a", next); });
  }
  EXPECT_EQ(FileText(folder / "a"), before);
  EXPECT_EQ(folder.files(), 1u);
  EXPECT_EQ(LoadCheckpoint(folder / "a").iteration, Example().iteration);
}

TEST(Checkpoint, EveryPrefixIsRefused) {
  const TemporaryFolder folder;
  SaveCheckpoint(folder / "a", Example());
  for (uintmax_t size = std::filesystem::file_size(folder / "a"); size-- > 0;) {
    std::filesystem::resize_file(folder / "a", size);
    ExpectError(ErrorCode::kInput, (folder / "a").string(), [&] { LoadCheckpoint(folder / "a"); });
  }
}

TEST(Checkpoint, OtherFilesAreToldApart) {
  const TemporaryFolder folder;
  const auto refused = [&](ErrorCode code, const std::string& message) {
    ExpectError(code, message, [&] { LoadCheckpoint(folder / "a"); });
  };
  const auto is_checkpoint = [&] { return IsCheckpoint(ReadSafetensors(folder / "a").metadata); };
  ExpectError(ErrorCode::kIo, "Check the path", [&] { LoadCheckpoint(folder / "a"); });

  const ZooEntry& entry = FindModel("efficientnet-lite0");
  SaveModel(folder / "a", MakeModel(entry, RandomWeights(entry.build(10), 1), std::vector<std::string>(10, "c")));
  refused(ErrorCode::kInput, "is a model file, not a checkpoint");
  refused(ErrorCode::kInput, "--weights begins anew");
  EXPECT_FALSE(is_checkpoint());

  WriteSafetensors(folder / "a", {{"w", OddFloats({1}, 0)}});
  refused(ErrorCode::kInput, "is a file of weights, not a checkpoint");
  EXPECT_FALSE(is_checkpoint());

  std::ofstream(folder / "a") << "PK\3\4 a zip archive of torch";
  refused(ErrorCode::kInput, "is not a checkpoint");

  WriteSafetensors(folder / "a", {}, {{"fcn.checkpoint", "2"}});
  refused(ErrorCode::kUnsupported, "checkpoint format \"2\"; this fcn reads format 1");
  EXPECT_TRUE(is_checkpoint());
  SaveCheckpoint(folder / "a", Example());
  EXPECT_TRUE(is_checkpoint());
}

/// Saves the example with something changed in the file.
template <typename Change>
void ExpectRefused(const std::string& message, Change change) {
  const TemporaryFolder folder;
  SaveCheckpoint(folder / "a", Example());
  SafetensorsFile file = ReadSafetensors(folder / "a");
  change(file);
  file.metadata.erase(kChecksumKey);
  WriteSafetensors(folder / "b", file.tensors, file.metadata);
  ExpectError(ErrorCode::kInput, message, [&] { LoadCheckpoint(folder / "b"); });
  ExpectError(ErrorCode::kInput, (folder / "b").string(), [&] { LoadCheckpoint(folder / "b"); });
}

TEST(Checkpoint, MustMatchItsChecksum) {
  const TemporaryFolder folder;
  SaveCheckpoint(folder / "a", Example());
  SafetensorsFile file = ReadSafetensors(folder / "a");
  file.metadata["fcn.network"] = "fcn8s-vgg17";
  WriteSafetensors(folder / "a", file.tensors, file.metadata);
  ExpectError(ErrorCode::kInput, "does not match its checksum", [&] { LoadCheckpoint(folder / "a"); });
}

TEST(Checkpoint, ContradictionsAreNamed) {
  for (const char* key : {"fcn.network", "fcn.config", "fcn.history", "fcn.progress"})
    ExpectRefused(std::string("the metadata lack \"") + key, [&](SafetensorsFile& f) { f.metadata.erase(key); });
  for (const char* progress :
       {"", "{", "[]", "{}", R"({"iteration":-1,"best_score":null,"best_iteration":0})",
        R"({"iteration":"1","best_score":null,"best_iteration":0})", R"({"iteration":1,"best_score":null})",
        R"({"iteration":1,"best_score":"good","best_iteration":0})", R"({"iteration":1.5,"best_score":1})"})
    ExpectRefused("\"fcn.progress\" is malformed", [&](SafetensorsFile& f) { f.metadata["fcn.progress"] = progress; });
  std::string many = "{";  // keys, which must not be compared with each other
  for (int i = 0; i < 400'000; i++) many += fmt::format("\"{}\":0,", i);
  many += "\"iteration\":1}";
  ExpectRefused("\"fcn.progress\" is malformed", [&](SafetensorsFile& f) { f.metadata["fcn.progress"] = many; });
  ExpectRefused("line 1 of the history", [&](SafetensorsFile& f) { f.metadata["fcn.history"] = many + "\n"; });
  ExpectRefused("the best iteration is 10, and the checkpoint is of iteration 3", [](SafetensorsFile& f) {
    f.metadata["fcn.history"] = "";
    f.metadata["fcn.progress"] = R"({"iteration":3,"best_score":null,"best_iteration":10})";
  });
  ExpectRefused("the history has iteration 10 after 0, and the checkpoint is of iteration 3", [](SafetensorsFile& f) {
    f.metadata["fcn.progress"] = R"({"iteration":3,"best_score":null,"best_iteration":0})";
  });
  ExpectRefused("the history has iteration 4 after 9", [](SafetensorsFile& f) {
    f.metadata["fcn.history"] = PrintHistory({TrainingEntry{.iteration = 9}, TrainingEntry{.iteration = 4}});
  });
  ExpectRefused("line 1 of the history", [](SafetensorsFile& f) { f.metadata["fcn.history"] = "{}\n"; });
  ExpectRefused("tensor \"plain\" belongs to nothing",
                [](SafetensorsFile& f) { f.tensors["plain"] = OddFloats({1}, 0); });
  ExpectRefused("tensor \"/a\" belongs to nothing", [](SafetensorsFile& f) { f.tensors["/a"] = OddFloats({1}, 0); });
  ExpectRefused("\"moment1\" of \"b\", but no such weight",
                [](SafetensorsFile& f) { f.tensors["moment1/b"] = OddFloats({1}, 0); });
  ExpectRefused("\"moment1\" of \"a.weight\" has the shape 12, and the weight 4x3x1x1",
                [](SafetensorsFile& f) { f.tensors["moment1/a.weight"] = OddFloats({12}, 0); });
  ExpectRefused("tensor \"weights/a.bias\" is float16, not float32", [](SafetensorsFile& f) {
    auto half = std::make_shared<std::vector<uint8_t>>(8);
    f.tensors["weights/a.bias"] = {.dtype = DType::kFloat16, .shape = {4}, .bytes = *half, .owner = half};
  });
}

/// One convolution with the weights of Example().
Graph ConvGraph(int outputs) {
  Graph graph;
  const ValueId x = graph.AddInput("x", 3);
  const ValueId weight = graph.AddParameter("a.weight", {outputs, 3, 1, 1});
  const ValueId bias = graph.AddParameter("a.bias", {outputs});
  graph.AddOutput(graph.AddNode("conv", Conv2d{}, std::vector<ValueId>{x, weight, bias}));
  return graph;
}

TEST(Checkpoint, FitsItsNetworkAndOptimiser) {
  Checkpoint checkpoint = Example();
  checkpoint.weights.erase("bn.running_mean");
  checkpoint.weights.erase("odd/name");
  checkpoint.states["moment1"].erase("odd/name");
  const std::set<std::string> trained = {"a.weight"};
  CheckResumes(checkpoint, ConvGraph(4), {{"moment1", trained}, {"moment2", trained}}, "x");
  CheckResumes(checkpoint, ConvGraph(4), {{"moment1", trained}, {"moment2", trained}, {"momentum", {}}}, "x");
  const auto refused = [&](const std::string& message, int outputs,
                           const std::map<std::string, std::set<std::string>>& states) {
    ExpectError(ErrorCode::kInput, message, [&] { CheckResumes(checkpoint, ConvGraph(outputs), states, "x"); });
  };
  refused("\"a.weight\" is 4x3x1x1, not 5x3x1x1", 5, {{"moment1", trained}, {"moment2", trained}});
  refused("--weights begins anew", 5, {{"moment1", trained}, {"moment2", trained}});
  refused("an unexpected \"moment2\" of \"a.weight\"", 4, {{"moment1", trained}});
  refused("no momentum of \"a.weight\"", 4, {{"moment1", trained}, {"moment2", trained}, {"momentum", trained}});
  refused("no moment1 of \"a.bias\"", 4, {{"moment1", {"a.weight", "a.bias"}}, {"moment2", trained}});
  refused("and 3 more", 4, {{"ema", {"1", "2", "3", "4", "5"}}});
  checkpoint.weights.erase("a.bias");
  refused("1 missing (\"a.bias\")", 4, {{"moment1", trained}, {"moment2", trained}});
}

TEST(Checkpoint, OurOwnMistakesAreNotWritten) {
  const TemporaryFolder folder;
  const auto refused = [&](auto change) {
    Checkpoint checkpoint = Example();
    change(checkpoint);
    ExpectError(ErrorCode::kInternal, "checkpoint.cc", [&] { SaveCheckpoint(folder / "a", checkpoint); });
  };
  refused([](Checkpoint& c) { c.states["weights"]["a.bias"] = OddFloats({4}, 0); });
  refused([](Checkpoint& c) { c.states["a/b"]["a.bias"] = OddFloats({4}, 0); });
  refused([](Checkpoint& c) { c.states[""]["a.bias"] = OddFloats({4}, 0); });
  refused([](Checkpoint& c) { c.states["ema"]["none"] = OddFloats({4}, 0); });
  refused([](Checkpoint& c) { c.states["ema"]["a.bias"] = OddFloats({5}, 0); });
  refused([](Checkpoint& c) { c.metadata["fcn.x"] = ""; });
  EXPECT_EQ(folder.files(), 0u);
}

}  // namespace
}  // namespace fcn
