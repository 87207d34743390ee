#pragma once

#ifndef FCN_FUZZ_REPLAY

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "graph/attributes.h"
#include "graph/channels.h"
#include "graph/text.h"
#include "target.h"

namespace fcn::fuzz {

/// Mutations of a graph's text by lines and words: names stay names that are there, operations become others, layers
/// come and go. Mutated bytes alone would hardly ever be a graph.
class GraphMutator {
 public:
  GraphMutator(std::string_view text, unsigned seed) : random_(seed + 1) {
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      lines_.emplace_back(text.substr(at, end - at));
      at = end + 1;
    }
  }

  std::string Mutate() {
    for (size_t edits = 1 + Below(4); edits > 0; edits--) Edit();
    std::string text;
    for (const std::string& line : lines_) text += line + "\n";
    return Below(8) == 0 ? text : Repaired(text);
  }

 private:
  size_t Below(size_t count) { return random_() % count; }
  template <typename List>
  const auto& Any(const List& list) {
    return *(std::begin(list) + static_cast<std::ptrdiff_t>(Below(std::size(list))));
  }

  static std::string NameOf(const std::string& line) {
    if (line.starts_with("input ")) return line.substr(6, line.find(' ', 6) - 6);
    const size_t equals = line.find(" = ");
    return line.starts_with("parameter ") || equals == line.npos ? "" : line.substr(0, equals);
  }
  /// Of values that are no parameters, defined before this line.
  std::vector<std::string> NamesBefore(size_t line) const {
    std::vector<std::string> names;
    for (size_t i = 0; i < std::min(line, lines_.size()); i++)
      if (std::string name = NameOf(lines_[i]); !name.empty()) names.push_back(std::move(name));
    return names;
  }
  std::string Number() {
    constexpr const char* kNumbers[] = {"0",  "1",  "2",  "3",  "4",   "5",    "7",  "8",       "9",          "16",
                                        "17", "24", "31", "32", "100", "1000", "-1", "1048576", "2147483647", "0.5"};
    return Any(kNumbers);
  }
  std::string Attribute() {
    constexpr const char* kTwo[] = {"1x1", "2x2", "3x3", "3x1", "5x5", "7x7", "1x2", "4x4", "16x16"};
    constexpr const char* kFour[] = {"0,0,0,0", "1,1,1,1", "0,1,0,1",    "100,100,100,100",
                                     "3,3,3,3", "1,0,2,7", "33,34,35,36"};
    switch (Below(14)) {
      case 0:
        return std::string(" kernel=") + Any(kTwo);
      case 1:
        return std::string(" stride=") + Any(kTwo);
      case 2:
        return std::string(" dilation=") + Any(kTwo);
      case 3:
        return std::string(" padding=") + Any(kFour);
      case 4:
        return " groups=" + Number();
      case 5:
        return " ceil=true";
      case 6:
        return " count_padding=false";
      case 7:
        return " factor=" + Number();
      case 8:
        return " rate=0.5";
      case 12:
        return " size=3 alpha=" + Number() + " k=2";
      case 11:
        return " slope=" + Number();
      case 9:
        return " first=" + Number() + " count=" + Number();
      case 10:
        return std::string(" at=") + Any(kFour) + " more=" + Any(kFour);
      default:
        return " epsilon=0.001";
    }
  }
  template <size_t I = 0>
  static Op OpAt(size_t index) {
    if constexpr (I + 1 < std::variant_size_v<Op>)
      return I == index ? Op{std::in_place_index<I>} : OpAt<I + 1>(index);
    else
      return Op{std::in_place_index<I>};
  }
  /// The operations of networks more often than those that training adds.
  Op AnyOp() { return OpAt(Below(Below(3) == 0 ? std::variant_size_v<Op> : Op(RandomDropout{}).index())); }

  /// A new operation on values that are there, with parameters of its own; then something reads it.
  void InsertNode() {
    const size_t at = Below(lines_.size() + 1);
    const std::vector<std::string> names = NamesBefore(at);
    if (names.empty()) return;
    const Op op = AnyOp();
    const OpInputs inputs = InputsOf(op);
    const std::string name = "n" + std::to_string(Below(1000));
    std::string list, parameters;
    const int most = std::min(inputs.max_activations, inputs.min_activations + 2);
    const auto add = [&](const std::string& input) { list += (list.empty() ? "" : ", ") + input; };
    const std::string& first = Any(names);
    add(first);
    for (int i = 1, n = inputs.min_activations +
                        static_cast<int>(Below(static_cast<size_t>(most - inputs.min_activations + 1)));
         i < n; i++)
      add(Any(names));
    std::vector<std::string> made;
    const int count = inputs.min_parameters +
                      static_cast<int>(Below(static_cast<size_t>(inputs.max_parameters - inputs.min_parameters + 1)));
    for (int i = 0; i < count; i++) {
      made.push_back("parameter " + name + "." + std::to_string(i) + (i == 0 ? " 8x3x1x1" : " 8"));
      add(name + "." + std::to_string(i));
    }
    std::string line = name + " = " + std::string(OpName(op)) + "(" + list + ")";
    for (size_t i = Below(3); i > 0; i--) line += Attribute();
    made.push_back(line);
    lines_.insert(lines_.begin() + static_cast<std::ptrdiff_t>(at), made.begin(), made.end());
    for (size_t i = at + made.size(); i < lines_.size(); i++)
      if (Below(2) == 0 && ReplaceWord(lines_[i], first, name)) break;
    if (Below(8) == 0) lines_.push_back("output " + name);
  }

  static bool ReplaceWord(std::string& line, const std::string& from, const std::string& to) {
    const size_t open = line.find_first_of("( ");
    if (open == line.npos) return false;
    for (size_t at = line.find(from, open); at != line.npos; at = line.find(from, at + 1)) {
      const size_t end = at + from.size();
      const auto ends = [&](char c) { return c == ' ' || c == '(' || c == ')' || c == ','; };
      if (!ends(line[at - 1]) || (end < line.size() && !ends(line[end]))) continue;
      line.replace(at, from.size(), to);
      return true;
    }
    return false;
  }

  void Edit() {
    if (lines_.empty()) lines_ = {"input x channels=3", "output x"};
    const size_t at = Below(lines_.size());
    std::string& line = lines_[at];
    switch (Below(10)) {
      case 0: {  // a line less: its readers read what it read
        const std::string name = NameOf(line);
        const size_t open = line.find('(');
        if (!name.empty() && open != line.npos) {
          const std::string input = line.substr(open + 1, line.find_first_of(",)", open) - open - 1);
          for (size_t i = at + 1; i < lines_.size(); i++)
            for (int readers = 0; readers < 4; readers++) ReplaceWord(lines_[i], name, input);
        }
        lines_.erase(lines_.begin() + static_cast<std::ptrdiff_t>(at));
        return;
      }
      case 1:
      case 2:
        return InsertNode();
      case 3:
      case 4: {  // another number
        const size_t digit = line.find_first_of("0123456789", line.find_first_of("=( ") + Below(line.size() + 1));
        if (digit == line.npos) return;
        const size_t end = std::min(line.find_first_not_of("0123456789", digit), line.size());
        line.replace(digit, end - digit, Number());
        return;
      }
      case 5: {  // another input
        const std::vector<std::string> names = NamesBefore(at);
        if (!names.empty()) ReplaceWord(line, Any(names), Any(names));
        return;
      }
      case 6: {  // another operation
        const size_t equals = line.find(" = "), open = line.find('(');
        if (equals != line.npos && open != line.npos && open > equals)
          line.replace(equals + 3, open - equals - 3, OpName(AnyOp()));
        return;
      }
      case 7:
        if (line.find('(') != line.npos) line += Attribute();
        return;
      case 8: {  // an output more
        const std::vector<std::string> names = NamesBefore(lines_.size());
        if (!names.empty()) lines_.push_back("output " + Any(names));
        return;
      }
      default: {  // an input more in the list
        const std::vector<std::string> names = NamesBefore(at);
        const size_t close = line.find(')');
        if (!names.empty() && close != line.npos) line.insert(line.find('(') + 1, Any(names) + ", ");
      }
    }
  }

  /// Parameters get the shapes that their layers need, where that is known; else nearly all mutations would stop there.
  static std::string Repaired(const std::string& text) try {
    const Graph graph = ParseGraph(text);
    const std::vector<int64_t> channels = InferChannels(graph);
    std::vector<Shape> shapes;
    for (const Value& value : graph.values()) shapes.push_back(value.parameter_shape);
    for (const Node& node : graph.nodes()) {
      const int64_t from = channels[static_cast<size_t>(node.inputs[0])];
      const auto shape = [&](size_t i) -> Shape& { return shapes[static_cast<size_t>(node.inputs[i])]; };
      const auto set = [&](size_t i, Shape wanted) {
        if (i < node.inputs.size()) shape(i) = std::move(wanted);
      };
      if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
        const int64_t out = shape(1)[0];
        set(1, {out, std::max<int64_t>(1, from / conv->groups), conv->kernel.h, conv->kernel.w});
        set(2, {out});
      } else if (const auto* deconv = std::get_if<Deconv2d>(&node.op)) {
        const int64_t out = shape(1).rank() > 1 ? shape(1)[1] : 1;
        set(1, {from, out, deconv->kernel.h, deconv->kernel.w});
        set(2, {out * deconv->groups});
      } else if (std::holds_alternative<BatchNorm>(node.op)) {
        for (size_t i = 1; i < 5; i++) set(i, {from});
      } else if (std::holds_alternative<PRelu>(node.op)) {
        set(1, {from});
      } else if (std::holds_alternative<Linear>(node.op)) {
        set(2, {shape(1)[0]});
        set(1, {shape(1)[0], from});
      }
    }
    Graph repaired;
    auto node = graph.nodes().begin();
    for (size_t id = 0; id < shapes.size(); id++) {
      const Value& value = graph.values()[id];
      if (value.kind == ValueKind::kInput) repaired.AddInput(value.name, value.channels, value.type);
      if (value.kind == ValueKind::kParameter) repaired.AddParameter(value.name, shapes[id]);
      if (value.kind == ValueKind::kActivation) repaired.AddNode(value.name, node->op, node->inputs), node++;
    }
    for (const ValueId output : graph.outputs()) repaired.AddOutput(output);
    return PrintGraph(repaired);
  } catch (const Error&) {
    return text;
  }

  std::minstd_rand random_;
  std::vector<std::string> lines_;
};

}  // namespace fcn::fuzz

#ifndef FCN_FUZZ_OWN_MUTATOR
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned seed) {
  if (seed % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string text = fcn::fuzz::GraphMutator(fcn::fuzz::Text(data, size), seed).Mutate();
  if (text.empty() || text.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, text.data(), text.size());
  return text.size();
}
#endif

#endif  // FCN_FUZZ_REPLAY
