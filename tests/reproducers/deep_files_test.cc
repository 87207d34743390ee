// Files that are deep, under a stack of one megabyte, which threads and small machines have. Found by an attack: a
// configuration of 16 KB whose key has 8,000 dots crashed the program.
//
// What else of this kind was looked at: dots in headings, inline tables over many lines, behind a quoted "=", lists in
// lists, JSON in the header, the metadata and the history of model files and checkpoints, pickles of both forms (tuples
// in tuples, marks), graphs of a hundred thousand layers, and EXIF, HEIF and TIFF inside each other (tools/hostile.py,
// which runs every third file so).
#include <fmt/format.h>

#include "formats/checksum.h"
#include "formats/safetensors.h"
#include "reproducers/training_data.h"

namespace fcn {
namespace {

using test::ProgramResult;
using testing::HasSubstr;

class DeepFiles : public test::ProgramTest {
 protected:
  /// Runs fcn with a stack of 1 MB; it must end by itself, and say why.
  static void ExpectRefused(std::vector<std::string> arguments, const std::string& message) {
    const std::string verb = arguments[0];
    arguments.insert(arguments.begin(), {"/bin/sh", "-c", "ulimit -s 1024; exec \"$0\" \"$@\"", FCN_PROGRAM});
    const ProgramResult result = test::RunProgram(arguments);
    EXPECT_EQ(result.exit_code, 1) << verb << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(message)) << verb;
  }
  static std::string Repeated(const std::string& text, int times) {
    std::string all;
    for (int i = 0; i < times; i++) all += text;
    return all;
  }
  static std::string Header(const std::string& json) {
    std::string file;
    for (int i = 0; i < 8; i++) file += static_cast<char>(json.size() >> 8 * i);
    return file + json;
  }
};

TEST_F(DeepFiles, Configurations) {
  const std::string dots = Repeated(".a", 8000), some = Repeated(".a", 200);
  const std::vector<std::pair<std::string, std::string>> texts = {
      {"a" + dots + " = 1", "8000 dots"},
      {"[a" + dots + "]", "8000 dots"},
      {"[[a" + dots + "]]", "8000 dots"},
      {"x = {a" + dots + " = 1}", "8000 dots"},
      {"a.\"=\"" + dots + " = 1", "8001 dots"},
      {"x = [\"\"\"\n# \"\"\", {a" + dots + " = 1}]", "8000 dots"},  // no comment, but the end of a text
      {"a" + some + " = 1", "line 1"},
      {"x = [" + Repeated("\n{a.a.a.a.a.a.a.a.a = [", 120), "dots"},
      {"x = " + Repeated("[", 100000), "not TOML"},
      {"x = " + Repeated("{a=", 100000), "not TOML"},
      {"a" + Repeated(" \t. a", 8000) + " = 1", "8000 dots"},
  };
  for (const auto& [text, message] : texts) {
    WriteFile(Path("c.toml"), text);
    ExpectRefused({"train", "--config", Path("c.toml")}, message);
  }
}

TEST_F(DeepFiles, Json) {
  const std::string model = ModelFile();
  for (const std::string& json : {Repeated("[", 1000000), Repeated("{\"a\":", 300000),
                                  "{\"__metadata__\":{\"fcn.format\":" + Repeated("[", 500000)}) {
    WriteFile(Path("deep.safetensors"), Header(json));
    ExpectRefused({"verify", Path("deep.safetensors")}, "deep.safetensors");
    ExpectRefused({"train", "--resume", Path("deep.safetensors")}, "deep.safetensors");
  }
  for (const char* key : {"fcn.classes", "fcn.palette", "fcn.preprocessing", "fcn.golden"}) {
    SafetensorsFile file = ReadSafetensors(model);
    for (const std::string& deep : {Repeated("[", 300000) + Repeated("]", 300000), Repeated("{\"a\":", 300000)}) {
      file.metadata[key] = deep;
      file.metadata.erase(kChecksumKey);
      WriteSafetensors(Path("deep.safetensors"), file.tensors, file.metadata);
      ExpectRefused({"verify", Path("deep.safetensors")}, key);
    }
  }
}

TEST_F(DeepFiles, Pickles) {
  for (const std::string& pickle : {"\x80\x02N" + Repeated("\x85", 1000000) + ".",
                                    "\x80\x02" + Repeated("(", 1000000) + Repeated("t", 1000000) + ".",
                                    "\x80\x02" + Repeated("]", 1000000) + Repeated("a", 999999) + "."}) {
    WriteFile(Path("old.pth"),
              "\x80\x02\x8a\nl\xfc\x9c"
              "F\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q" +
                  std::string(1, '\0') + "." + pickle);
    ExpectRefused({"import", Path("old.pth"), "--model", "fcn32s-efficientnet-lite0", "-o", Path("o.safetensors")},
                  "old.pth");
  }
}

TEST_F(DeepFiles, Graphs) {
  SafetensorsFile file = ReadSafetensors(ModelFile());
  std::string graph = "input image channels=3\nv0 = Relu(image)\n";
  for (int i = 1; i <= 50000; i++) graph += fmt::format("v{} = Relu(v{})\n", i, i - 1);
  file.metadata["fcn.graph"] = graph + "output v50000\n";
  file.metadata["fcn.golden"] = "[]";
  file.metadata.erase(kChecksumKey);
  WriteSafetensors(Path("long.safetensors"), {}, file.metadata);
  for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--train", "--size", "32x32"}}) {
    std::vector<std::string> command = {"/bin/sh",   "-c",   "ulimit -s 1024; exec \"$0\" \"$@\"",
                                        FCN_PROGRAM, "info", Path("long.safetensors")};
    command.insert(command.end(), more.begin(), more.end());
    EXPECT_THAT(test::RunProgram(command).exit_code, testing::AnyOf(0, 1));
  }
}

}  // namespace
}  // namespace fcn
