#include "formats/caffe/text.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "fcn/error.h"
#include "fcn/files.h"
#include "fcn/text.h"
#include "formats/caffe/model.h"
#include "formats/caffe/schema.h"
#include "formats/caffe/tree.h"
#include "formats/foreign_files.h"

namespace fcn {
namespace {

constexpr size_t kMostText = size_t{4} << 20;
constexpr ptrdiff_t kMostMessages = 100'000;
constexpr size_t kMostUnknown = 10'000;
constexpr int kDeepest = 32;

constexpr char kCheckText[] =
    "Correct that line: a prototxt is protobuf's text form of Caffe's NetParameter or SolverParameter.";

constexpr char kGivePrototxt[] = "Give the text that describes the network (.prototxt); weights come beside it.";

/// Protobuf's words without the names of our own package.
std::string InCaffesNames(std::string text) {
  constexpr std::string_view kPackage = "fcn.caffe.";
  for (size_t at = text.find(kPackage); at != text.npos; at = text.find(kPackage, at)) text.erase(at, kPackage.size());
  return text;
}

/// Keeps the first error, and the names of fields that are not known.
class TextNotes final : public google::protobuf::io::ErrorCollector {
 public:
  explicit TextNotes(CaffePlaces& places) : places_(places) {}

  void AddError(int line, int /*column*/, const std::string& message) override {
    if (!error) error.emplace(line, InCaffesNames(message));
  }
  /// Protobuf warns of fields that it does not know, in quotes behind these words, and of extensions, in its first
  /// quotes.
  void AddWarning(int line, int column, const std::string& message) override {
    constexpr std::string_view kBefore = "has no field named \"";
    const size_t at = message.rfind(kBefore);
    const size_t begin = at != message.npos ? at + kBefore.size() : message.find('"') + 1;
    places_.unknown[{line, column}] = message.substr(begin, message.find('"', begin) - begin);
    if (places_.unknown.size() > kMostUnknown) AddError(line, column, "Too many fields that Caffe does not have.");
  }

  std::optional<std::pair<int, std::string>> error;

 private:
  CaffePlaces& places_;
};

/// Whether the first word, behind comments, is a field: it has a colon or a brace behind it. Where all is comments,
/// too.
bool BeginsWithField(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n", kLetters = "abcdefghijklmnopqrstuvwxyz_0123456789";
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    if (!text.starts_with('#')) break;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
  if (text.empty()) return true;
  const size_t letters = std::min(text.find_first_not_of(kLetters), text.size());
  if (letters == 0) return false;
  text.remove_prefix(letters);
  text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
  return text.starts_with(':') || text.starts_with('{') || text.starts_with('<');
}

std::string_view WithoutMark(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  return text;
}

}  // namespace

std::string ReadCaffeText(const std::filesystem::path& path) {
  constexpr size_t kStart = 4096;
  const auto check = [&](std::span<const uint8_t> start) {
    if (BeginsWithField(WithoutMark({reinterpret_cast<const char*>(start.data()), start.size()}))) return;
    const char* what = LooksLikeCaffeModel(start) ? "a Caffe model (.caffemodel)" : RecogniseForeignFile(start).what;
    if (what != nullptr)
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: seems to be {}, which is not a prototxt", Shown(path), what), kGivePrototxt);
  };
  const std::vector<uint8_t> bytes = ReadFile(path, kMostText, kStart, check);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

CaffeMessage ParseCaffeText(std::string_view text, const char* type, const std::string& name) {
  if (text.size() > kMostText)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: has {} bytes, a prototxt has at most {}", Shown(name), text.size(), kMostText),
                "Weights as text are not read: save them as a .caffemodel.");
  if (std::ranges::count_if(text, [](char c) { return c == '{' || c == '<'; }) > kMostMessages)
    throw Error(ErrorCode::kInput, fmt::format("{}: has more than {} messages", Shown(name), kMostMessages),
                "Real networks have a few thousand: get the file again from where it came.");
  text = WithoutMark(text);
  CaffePlaces places;
  TextNotes notes(places);
  google::protobuf::TextFormat::Parser parser;
  parser.AllowUnknownField(true);
  parser.AllowPartialMessage(true);
  parser.SetRecursionLimit(kDeepest);
  parser.RecordErrorsTo(&notes);
  parser.WriteLocationsTo(&places.fields);
  const auto widened = CaffeSchema::WithValuesOf(text);
  const auto message = (widened ? *widened : CaffeSchema::Shared()).NewMessage(type);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  const bool parsed = parser.Parse(&stream, message.get());
  if (notes.error)
    throw Error(ErrorCode::kInput,
                fmt::format("{}, line {}: {}", Shown(name), notes.error->first + 1, notes.error->second), kCheckText);
  if (!parsed) throw Error(ErrorCode::kInput, fmt::format("{}: is no prototxt", Shown(name)), kCheckText);
  return CaffeTreeOf(*message, &places, name);
}

}  // namespace fcn
