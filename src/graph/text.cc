#include "graph/text.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "fcn/error.h"
#include "fcn/text.h"
#include "graph/attributes.h"
#include "graph/remedies.h"

namespace fcn {
namespace {

// Ten times what the largest network of the zoo has. A plan for training takes time by the square.
constexpr size_t kMostLines = 10000, kMostInputs = 20000;

std::string Print(int value) { return fmt::format("{}", value); }
std::string Print(float value) { return fmt::format("{}", value); }  // the shortest that parses back to the same
std::string Print(ElementType type) { return std::string(ElementName(type)); }
std::string Print(bool value) { return value ? "true" : "false"; }
std::string Print(Size2 size) { return fmt::format("{}x{}", size.h, size.w); }
std::string Print(const Padding& p) { return fmt::format("{},{},{},{}", p.top, p.bottom, p.left, p.right); }

std::string PrintInput(const Value& value) {
  const std::string type = value.type == ValueType() ? "" : " type=" + ToString(value.type);
  return fmt::format("input {} channels={}{}\n", value.name, value.channels, type);
}

template <typename T>
std::string PrintAttributes(T op) {
  std::vector<std::string> defaults;
  T untouched;
  VisitAttributes(untouched, [&](const char*, auto& field) { defaults.push_back(Print(field)); });
  std::string text;
  size_t i = 0;
  VisitAttributes(op, [&](const char* name, auto& field) {
    const std::string printed = Print(field);
    if (printed != defaults[i++]) text += fmt::format(" {}={}", name, printed);
  });
  return text;
}

std::string PrintNode(const Graph& graph, const Node& node) {
  std::string inputs;
  for (ValueId id : node.inputs) inputs += (inputs.empty() ? "" : ", ") + graph.value(id).name;
  return fmt::format("{} = {}({}){}\n", graph.value(node.output).name, OpName(node.op), inputs,
                     std::visit([](const auto& op) { return PrintAttributes(op); }, node.op));
}

[[noreturn]] void Fail(const std::string& message) { throw Error(ErrorCode::kInput, message, kBadGraph); }

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r'; }
bool IsSymbol(char c) { return c == '(' || c == ')' || c == ',' || c == '='; }

// Reads one line from left to right. A word is a run of anything but spaces and symbols.
class Line {
 public:
  explicit Line(std::string_view text) : rest_(text) { SkipSpaces(); }

  bool AtEnd() const { return rest_.empty(); }
  bool At(char symbol) const { return !rest_.empty() && rest_[0] == symbol; }

  std::string_view Word(const char* what) {
    const std::string_view word = TakeUntil([](char c) { return IsSpace(c) || IsSymbol(c); });
    if (word.empty()) Fail(fmt::format("{} is missing before {}", what, Quoted(rest_)));
    return word;
  }
  std::string_view UntilSpace() { return TakeUntil(IsSpace); }

  void Expect(char symbol) {
    if (!At(symbol)) Fail(fmt::format("'{}' is missing before {}", symbol, Quoted(rest_)));
    rest_.remove_prefix(1);
    SkipSpaces();
  }
  void ExpectEnd() const {
    if (!AtEnd()) Fail(fmt::format("{} does not belong here", Quoted(rest_)));
  }

 private:
  template <typename Ends>
  std::string_view TakeUntil(Ends ends) {
    size_t length = 0;
    while (length < rest_.size() && !ends(rest_[length])) length++;
    const std::string_view taken = rest_.substr(0, length);
    rest_.remove_prefix(length);
    SkipSpaces();
    return taken;
  }
  void SkipSpaces() {
    while (!rest_.empty() && IsSpace(rest_[0])) rest_.remove_prefix(1);
  }

  std::string_view rest_;
};

template <typename Number>
bool ParseNumber(std::string_view text, Number& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// As many numbers as `values` points to, with a separator between.
template <typename Number>
bool ParseNumbers(std::string_view text, char separator, std::initializer_list<Number*> values) {
  size_t left = values.size();
  for (Number* value : values) {
    const size_t end = --left == 0 ? text.size() : text.find(separator);
    if (end == std::string_view::npos || !ParseNumber(text.substr(0, end), *value)) return false;
    text.remove_prefix(left == 0 ? end : end + 1);
  }
  return true;
}

bool Parse(std::string_view text, int& value) { return ParseNumber(text, value); }
bool Parse(std::string_view text, float& value) { return ParseNumber(text, value); }
bool Parse(std::string_view text, bool& value) {
  value = text == "true";
  return value || text == "false";
}
bool Parse(std::string_view text, ElementType& type) {
  const std::optional<ElementType> named = ElementTypeNamed(text);
  type = named.value_or(type);
  return named.has_value();
}
bool Parse(std::string_view text, Size2& size) { return ParseNumbers(text, 'x', {&size.h, &size.w}); }
bool Parse(std::string_view text, Padding& p) {
  return ParseNumbers(text, ',', {&p.top, &p.bottom, &p.left, &p.right});
}

using Attributes = std::map<std::string_view, std::string_view>;

Attributes ReadAttributes(Line& line) {
  Attributes attributes;
  while (!line.AtEnd()) {
    const std::string_view name = line.Word("an attribute's name");
    line.Expect('=');
    if (!attributes.emplace(name, line.UntilSpace()).second) Fail(fmt::format("{} is given twice", Quoted(name)));
  }
  return attributes;
}

/// Takes an attribute out of those that were read; a field keeps its value where there is none.
template <typename Field>
void TakeAttribute(Attributes& attributes, const char* name, Field& field) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return;
  if (!Parse(found->second, field)) Fail(fmt::format("{} cannot be {}", name, Quoted(found->second)));
  attributes.erase(found);
}

template <typename T>
void SetAttributes(T& op, Attributes attributes) {
  VisitAttributes(op, [&](const char* name, auto& field) { TakeAttribute(attributes, name, field); });
  if (!attributes.empty()) Fail(fmt::format("there is no attribute {} here", Quoted(attributes.begin()->first)));
}

// An operation of that name with its defaults, from the list of those that Op can hold.
template <size_t I = 0>
Op MakeOp(std::string_view name) {
  if constexpr (I == std::variant_size_v<Op>) {
    Fail(fmt::format("there is no operation {}", Quoted(name)));
  } else {
    Op op{std::in_place_index<I>};
    return OpName(op) == name ? op : MakeOp<I + 1>(name);
  }
}

Shape ParseShape(std::string_view text) {
  if (text == "scalar") return {};
  std::vector<int64_t> dims;
  for (std::string_view rest = text;;) {
    const size_t end = rest.find('x');
    if (!ParseNumber(rest.substr(0, end), dims.emplace_back())) Fail(fmt::format("{} is no shape", Quoted(text)));
    if (end == std::string_view::npos) return Shape(std::move(dims));
    rest.remove_prefix(end + 1);
  }
}

ValueId FindValue(const Graph& graph, std::string_view name) {
  const ValueId id = graph.Find(std::string(name));
  if (id == kNoValue) Fail(fmt::format("there is no value {} before this line", Quoted(name)));
  return id;
}

void ParseNode(Graph& graph, std::string_view name, Line& line, size_t& inputs_left) {
  line.Expect('=');
  Op op = MakeOp(line.Word("an operation"));
  std::vector<ValueId> inputs;
  line.Expect('(');
  while (!line.At(')')) {
    if (!inputs.empty()) line.Expect(',');
    if (inputs_left-- == 0) Fail(fmt::format("the operations of a graph have at most {} inputs in all", kMostInputs));
    inputs.push_back(FindValue(graph, line.Word("an input")));
  }
  line.Expect(')');
  const Attributes attributes = ReadAttributes(line);
  std::visit([&](auto& alternative) { SetAttributes(alternative, attributes); }, op);
  graph.AddNode(std::string(name), op, std::move(inputs));
}

void ParseLine(Graph& graph, std::string_view text, size_t& inputs_left) {
  Line line(text);
  if (line.AtEnd()) return;
  const std::string_view first = line.Word("a word");
  if (line.At('=')) return ParseNode(graph, first, line, inputs_left);
  const std::string name(line.Word("a name"));
  if (first == "input") {
    Attributes attributes = ReadAttributes(line);
    int channels = 0;
    ValueType type;
    if (!attributes.contains("channels")) Fail("an input needs channels=NUMBER");
    TakeAttribute(attributes, "channels", channels);
    TakeAttribute(attributes, "type", type.element);
    TakeAttribute(attributes, "scale", type.scale);
    TakeAttribute(attributes, "zero_point", type.zero_point);
    if (!attributes.empty()) Fail(fmt::format("an input has no attribute {}", Quoted(attributes.begin()->first)));
    graph.AddInput(name, channels, type);
  } else if (first == "parameter") {
    const Shape shape = ParseShape(line.UntilSpace());
    line.ExpectEnd();
    graph.AddParameter(name, shape);
  } else if (first == "output") {
    line.ExpectEnd();
    graph.AddOutput(FindValue(graph, name));
  } else {
    Fail(fmt::format("a line cannot begin with {}", Quoted(first)));
  }
}

}  // namespace

std::string PrintGraph(const Graph& graph) {
  std::string text;
  auto node = graph.nodes().begin();
  for (const Value& value : graph.values()) {
    switch (value.kind) {
      case ValueKind::kInput:
        text += PrintInput(value);
        break;
      case ValueKind::kParameter:
        text += fmt::format("parameter {} {}\n", value.name, value.parameter_shape.ToString());
        break;
      case ValueKind::kActivation:
        text += PrintNode(graph, *node++);
        break;
    }
  }
  for (ValueId id : graph.outputs()) text += fmt::format("output {}\n", graph.value(id).name);
  return text;
}

Graph ParseGraph(const std::string& text) {
  Graph graph;
  size_t number = 0, inputs_left = kMostInputs;
  for (std::string_view rest = text; !rest.empty();) {
    const size_t end = rest.find('\n');
    number++;
    try {
      if (number > kMostLines) Fail(fmt::format("a graph has at most {} lines", kMostLines));
      ParseLine(graph, rest.substr(0, end), inputs_left);
    } catch (const Error& error) {
      throw Error(error.code(), fmt::format("line {} of the graph: {}", number, error.message()), error.hint());
    }
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return graph;
}

}  // namespace fcn
