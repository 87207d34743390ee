#include <algorithm>
#include <charconv>

#include "models/foreign_names.h"
#include "models/head_fit.h"
#include "models/import.h"
#include "models/name_fit.h"
#include "models/wanted.h"
#include "target.h"

namespace fcn::fuzz {
namespace {

/// Zeros for tensors of whatever shape: none of them is larger than the network's largest.
constexpr size_t kMostElements = size_t{1} << 22;
StoredTensor Zeros(Shape shape) {
  static const auto zeros = std::make_shared<const std::vector<uint8_t>>(kMostElements * sizeof(float));
  StoredTensor tensor;
  tensor.bytes = std::span<const uint8_t>(*zeros).first(static_cast<size_t>(shape.elements()) * sizeof(float));
  tensor.shape = std::move(shape);
  tensor.owner = zeros;
  return tensor;
}

const ZooEntry& Entry() { return FindModel("fcn8s-efficientnet-lite0"); }

const std::vector<WantedParameter>& Wanted() {
  static const std::vector<WantedParameter> wanted = WantedParameters(Entry());
  return wanted;
}

const std::vector<Naming>& Namings() {
  static const std::vector<Naming> namings = [] {
    std::vector<std::string> names;
    for (const WantedParameter& parameter : Wanted()) names.push_back(parameter.name);
    return NamingsOf(Entry(), names);
  }();
  return namings;
}

std::string_view Word(std::string_view& line) {
  const size_t end = line.find(' ');
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

int64_t Number(std::string_view text, int64_t least, int64_t most) {
  int64_t number = least;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::clamp(number, least, most);
}

/// A line each:
///   + PREFIX NAMING CLASSES   all of the network's parameters, behind a prefix, under the names of one of the namings
///   - PART                    whatever has this in its name goes
///   = PART OTHER              in every name, the first PART becomes OTHER
///   NAME 8x3                  a tensor of this shape
NamedTensors TensorsOf(std::string_view text) {
  NamedTensors tensors;
  while (!text.empty() && tensors.size() < 2000) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    const std::string first(Word(line));
    if (first == "+") {
      const std::string prefix(Word(line));
      const Naming& naming = Namings()[static_cast<size_t>(Number(Word(line), 0, std::ssize(Namings()) - 1))];
      const int64_t classes = Number(Word(line), 1, 64);
      for (const WantedParameter& parameter : Wanted())
        if (const auto name = naming.names.find(parameter.name); name != naming.names.end())
          tensors[prefix + name->second] = Zeros(parameter.ShapeFor(classes));
    } else if (first == "-") {
      const std::string part(Word(line));
      std::erase_if(tensors, [&](const auto& entry) { return entry.first.find(part) != std::string::npos; });
    } else if (first == "=") {
      const std::string part(Word(line)), other(Word(line));
      NamedTensors renamed;
      for (auto& [name, tensor] : tensors) {
        std::string changed = name;
        if (const size_t at = changed.find(part); at != changed.npos) changed.replace(at, part.size(), other);
        renamed[changed] = tensor;
      }
      tensors = std::move(renamed);
    } else {
      std::vector<int64_t> dims;
      int64_t elements = 1;
      for (std::string_view shape = Word(line); !shape.empty() && dims.size() < 9;) {
        const size_t x = shape.find('x');
        dims.push_back(Number(shape.substr(0, x), 0, 4096));
        elements *= std::max<int64_t>(dims.back(), 1);
        if (elements > static_cast<int64_t>(kMostElements)) dims.back() = 1, elements = 1;
        shape.remove_prefix(x == shape.npos ? shape.size() : x + 1);
      }
      if (Shape shape(dims); shape.elements() <= static_cast<int64_t>(kMostElements)) tensors[first] = Zeros(shape);
    }
  }
  return tensors;
}

}  // namespace
}  // namespace fcn::fuzz

/// Names and shapes of a state dict, made by a few lines of text, imported as a network: what fits becomes a model, and
/// of anything else there is an Error that says what does not.
FUZZ_TARGET(import_names) {
  using namespace fcn;
  if (size > 2048) return -1;
  ImportSource source{
      .file = "fuzz", .tensors = fuzz::TensorsOf(fuzz::Text(data, size)), .architecture = {}, .notes = {}};
  const std::vector<NameFit> fits = FitNames(fuzz::Wanted(), fuzz::Namings(), source.tensors);
  for (const NameFit& fit : fits) {
    fuzz::Require(fit.fitting <= fit.found && fit.found <= fuzz::Wanted().size(), "no more fit than are there");
    TensorsOf(fit, source.tensors);
  }
  // Of the ways to import one for each input: a network's weights are read whole.
  ImportOptions options;
  if (size % 3 == 0) options.new_head = ImportOptions::NewHead::kWhereNeeded;
  if (size % 3 == 1 && !fits.empty()) options.prefix = fits.back().prefix;
  fuzz::Accepts([&] {
    const Imported imported = ImportWeights(fuzz::Entry(), source, options);
    CheckWeights(*imported.model.graph, imported.model.weights, "fuzz");
  });
  return 0;
}
