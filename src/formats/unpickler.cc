#include "formats/unpickler.h"

#include <fmt/format.h>

#include <bit>
#include <utility>

#include "fcn/error.h"
#include "formats/pickle_globals.h"

namespace fcn {
namespace {

using Kind = PickleValue::Kind;
using Items = std::vector<PickleValue>;

constexpr size_t kMaxMarks = 1000;
constexpr int kNewestProtocol = 5;

/// The stack machine that a pickle is a program for.
class Machine {
 public:
  Machine(std::span<const uint8_t> bytes, const std::string& file) : in_(bytes, file) {
    pickle_.containers.emplace_back();  // number 0: every empty tuple
  }

  Pickle Run() {
    for (uint8_t opcode = in_.Byte(); opcode != '.'; opcode = in_.Byte()) Step(opcode);
    pickle_.root = Pop();
    pickle_.size = in_.position();
    return std::move(pickle_);
  }

 private:
  // The stack, the marks on it and the memo.

  void Push(PickleValue value) { stack_.push_back(value); }

  PickleValue& Top() {
    if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) in_.Malformed("the stack is empty");
    return stack_.back();
  }

  PickleValue Pop() {
    const PickleValue value = Top();
    stack_.pop_back();
    return value;
  }

  PickleValue Pop(Kind kind) {
    if (!Top().Is(kind)) in_.Malformed("a value is not of the kind that it should be");
    return Pop();
  }

  Items PopToMark() {
    if (marks_.empty()) in_.Malformed("a mark is missing");
    const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
    Items items(begin, stack_.end());
    stack_.erase(begin, stack_.end());
    marks_.pop_back();
    return items;
  }

  void PushContainer(Kind kind, Items items) {
    // Every container that a pickler writes takes three bytes or more; a bound on their number is a bound on memory.
    if (pickle_.containers.size() > 1024 + in_.position() / 3)
      in_.Malformed("more containers than a pickler would write");
    Push(PickleValue::Container(kind, pickle_.containers.size()));
    pickle_.containers.push_back(std::move(items));
  }

  void PushTuple(size_t size) {
    Items items(size);
    for (size_t i = size; i-- > 0;) items[i] = Pop();
    PushContainer(Kind::kTuple, std::move(items));
  }

  void Extend(Kind kind, const Items& items) {
    if (Top().Is(Kind::kOpaque)) return;  // a list or dict of a class of its own
    // Container 0 is shared: a set made from an empty tuple may not grow.
    if (!Top().Is(kind) || Top().container == 0) in_.Malformed("items are added to something that does not take them");
    if (kind == Kind::kDict && items.size() % 2 != 0) in_.Malformed("a key without a value");
    Items& target = pickle_.containers[Top().container];
    target.insert(target.end(), items.begin(), items.end());
  }

  void Put(uint64_t index) {
    // Picklers number their values from 0 upwards, so there is never an index beyond the bytes read.
    if (index > in_.position()) in_.Malformed(fmt::format("memo index {} in a pickle of so few values", index));
    if (index >= memo_.size()) {
      memo_.resize(static_cast<size_t>(index) + 1);
      is_in_memo_.resize(memo_.size());
    }
    memo_[static_cast<size_t>(index)] = Top();
    is_in_memo_[static_cast<size_t>(index)] = true;
  }

  void Get(uint64_t index) {
    if (index >= memo_.size() || !is_in_memo_[static_cast<size_t>(index)])
      in_.Malformed(fmt::format("nothing was stored under memo index {}", index));
    Push(memo_[static_cast<size_t>(index)]);
  }

  // The opcodes that need more than a line.

  void PushLong(uint64_t width) {
    const std::string_view text = in_.Characters(width);
    if (width > 8) return Push(PickleValue::Text(Kind::kLong, text));
    uint64_t value = 0;
    for (size_t i = 0; i < width; i++) value |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * i);
    const auto unused = static_cast<unsigned>(64 - 8 * width);
    Push(PickleValue::Integer(width == 0 ? 0 : static_cast<int64_t>(value << unused) >> unused));
  }

  void PushDecimal(std::string_view line) {
    if (line.ends_with('L')) line.remove_suffix(1);
    bool out_of_range = false;
    const auto number = in_.Decimal<int64_t>(line, &out_of_range);
    Push(out_of_range ? PickleValue::Ignored() : PickleValue::Integer(number));
  }

  void PushEscapedText(std::string_view line) {
    if (line.find('\\') != line.npos) in_.Malformed("text with escapes (protocol 0) is not read");
    Push(PickleValue::Text(Kind::kString, line));
  }

  void PushOpaque(std::string_view module, std::string_view name) {
    Push(PickleValue::Opaque(pickle_.globals.size()));
    pickle_.globals.push_back({module, name});
  }

  void PushGlobal(std::string_view module, std::string_view name) {
    if (const auto known = ResolvePickleGlobal(module, name)) return Push(*known);
    PushOpaque(module, name);
  }

  void PushStackGlobal() {
    const PickleValue name = Pop(Kind::kString), module = Pop(Kind::kString);
    PushGlobal(module.text(), name.text());
  }

  void PushStorage() {
    const PickleValue id = Pop(Kind::kTuple);
    const Items& items = pickle_.items(id);
    // The old form names a module's class and its source so.
    if (items.size() >= 2 && items[0].Is(Kind::kString) && items[0].text() == "module" && items[1].Is(Kind::kOpaque))
      return Push(items[1]);
    if (items.empty() || !items[0].Is(Kind::kString) || items[0].text() != "storage")
      in_.Malformed("a persistent id that is not a storage's");
    Push(PickleValue::Container(Kind::kStorage, id.container));
    pickle_.storages.push_back(Top());
  }

  void Reduce() {
    const PickleValue arguments = Pop(Kind::kTuple);
    if (Top().Is(Kind::kOpaque)) return;  // stands for what it would give
    const PickleValue callable = Pop(Kind::kCallable);
    const Items& items = pickle_.items(arguments);
    const PickleValue first = items.empty() ? PickleValue() : items[0];
    switch (static_cast<PickleFunction>(callable.integer)) {
      case PickleFunction::kDict:
        if (first.Is(Kind::kDict)) return Push(first);
        return PushContainer(Kind::kDict, items.empty() ? Items() : FlattenPairs(first));
      case PickleFunction::kDefaultDict:
        return PushContainer(Kind::kDict, {});
      case PickleFunction::kSet:
        return Push(PickleValue::Container(Kind::kSet, ContainerOf(items.empty() ? arguments : first)));
      case PickleFunction::kSize:
        return Push(PickleValue::Container(Kind::kTuple, ContainerOf(first)));
      case PickleFunction::kTensor:
        return Push(PickleValue::Container(Kind::kTensor, arguments.container));
      case PickleFunction::kParameter:
        if (!first.Is(Kind::kTensor)) in_.Malformed("a parameter that is not a tensor");
        return Push(first);
      case PickleFunction::kFromType:
        if (items.size() < 3 || !items[2].Is(Kind::kTuple)) in_.Malformed("a tensor of a class without its arguments");
        Push(first), Push(items[2]);
        if (first.Is(Kind::kCallable) && first.integer == static_cast<int64_t>(PickleFunction::kFromType))
          in_.Malformed("a tensor of a class of a class");
        return Reduce();
      case PickleFunction::kIgnored:
        return Push(PickleValue::Ignored());
    }
  }

  size_t ContainerOf(const PickleValue& sequence) {
    if (!sequence.IsSequence()) in_.Malformed("an argument that is not a sequence");
    return sequence.container;
  }

  /// Python 2 writes an OrderedDict as a list of [key, value]. This is the one place that copies what is already there,
  /// which a hostile file could ask for again and again.
  Items FlattenPairs(const PickleValue& pairs) {
    const Items& list = pickle_.containers[ContainerOf(pairs)];
    copied_ += list.size();
    if (copied_ > 1024 + in_.position()) in_.Malformed("a list of pairs is used too often");
    Items flat;
    flat.reserve(2 * list.size());
    for (const PickleValue& pair : list) {
      const Items& key_and_value = pickle_.containers[ContainerOf(pair)];
      if (key_and_value.size() != 2) in_.Malformed("a pair that does not have two values");
      flat.insert(flat.end(), key_and_value.begin(), key_and_value.end());
    }
    return flat;
  }

  /// Sets attributes. A state dict has some (_metadata), and a parameter may; nothing here needs them.
  void Build() {
    Pop();
    if (!Top().Is(Kind::kDict) && !Top().Is(Kind::kTensor) && !Top().Is(Kind::kOpaque))
      in_.Malformed("attributes of something that has none");
  }

  /// An instance of a class on the stack: none that is known has any.
  void NewObject() {
    if (!Top().Is(Kind::kOpaque)) in_.Malformed("an instance of something that has none");
  }

  void Step(uint8_t opcode) {
    switch (opcode) {
      case 0x80:  // PROTO
        if (const int protocol = in_.Byte(); protocol > kNewestProtocol)
          in_.Malformed(fmt::format("protocol {} is newer than the newest known, {}", protocol, kNewestProtocol));
        return;
      case 0x95:  // FRAME
        return static_cast<void>(in_.Unsigned(8));

      case 'N':
        return Push(PickleValue());
      case 0x88:  // NEWTRUE
        return Push(PickleValue::Boolean(true));
      case 0x89:  // NEWFALSE
        return Push(PickleValue::Boolean(false));
      case 'K':  // BININT1
        return Push(PickleValue::Integer(in_.Byte()));
      case 'M':  // BININT2
        return Push(PickleValue::Integer(static_cast<int64_t>(in_.Unsigned(2))));
      case 'J':  // BININT
        return Push(PickleValue::Integer(static_cast<int32_t>(in_.Unsigned(4))));
      case 0x8a:  // LONG1
        return PushLong(in_.Byte());
      case 0x8b:  // LONG4, whose length is signed: a negative one is beyond the end of any pickle
        return PushLong(in_.Unsigned(4));
      case 'I':  // INT
        if (const std::string_view line = in_.Line(); line == "00" || line == "01") {
          Push(PickleValue::Boolean(line == "01"));
        } else {
          PushDecimal(line);
        }
        return;
      case 'L':  // LONG
        return PushDecimal(in_.Line());
      case 'F':  // FLOAT
        return Push(PickleValue::Real(in_.Decimal<double>(in_.Line())));
      case 'G':  // BINFLOAT, the one number that is big-endian
        return Push(PickleValue::Real(std::bit_cast<double>(__builtin_bswap64(in_.Unsigned(8)))));

      case 'S':  // STRING, in quotes
        if (const std::string_view line = in_.Line(); line.size() >= 2) {
          PushEscapedText(line.substr(1, line.size() - 2));
        } else {
          in_.Malformed("a string without quotes");
        }
        return;
      case 'V':  // UNICODE
        return PushEscapedText(in_.Line());
      case 'T':  // BINSTRING
      case 'X':  // BINUNICODE
        return Push(PickleValue::Text(Kind::kString, in_.Characters(in_.Unsigned(4))));
      case 'U':   // SHORT_BINSTRING
      case 0x8c:  // SHORT_BINUNICODE
        return Push(PickleValue::Text(Kind::kString, in_.Characters(in_.Byte())));
      case 0x8d:  // BINUNICODE8
        return Push(PickleValue::Text(Kind::kString, in_.Characters(in_.Unsigned(8))));
      case 'C':  // SHORT_BINBYTES
        return Push(PickleValue::Text(Kind::kBytes, in_.Characters(in_.Byte())));
      case 'B':  // BINBYTES
        return Push(PickleValue::Text(Kind::kBytes, in_.Characters(in_.Unsigned(4))));
      case 0x8e:  // BINBYTES8
      case 0x96:  // BYTEARRAY8
        return Push(PickleValue::Text(Kind::kBytes, in_.Characters(in_.Unsigned(8))));

      case '(':  // MARK
        if (marks_.size() >= kMaxMarks) in_.Malformed(fmt::format("nested deeper than {} levels", kMaxMarks));
        return marks_.push_back(stack_.size());
      case '0':  // POP, of a value or of a mark
        if (!marks_.empty() && marks_.back() == stack_.size()) return marks_.pop_back();
        return static_cast<void>(Pop());
      case '1':  // POP_MARK
        return static_cast<void>(PopToMark());
      case '2':  // DUP
        return Push(Top());

      case ')':  // EMPTY_TUPLE
        return Push(PickleValue::Container(Kind::kTuple, 0));
      case 0x85:  // TUPLE1, TUPLE2, TUPLE3
      case 0x86:
      case 0x87:
        return PushTuple(opcode - 0x84u);
      case 't':  // TUPLE
        return PushContainer(Kind::kTuple, PopToMark());
      case ']':  // EMPTY_LIST
        return PushContainer(Kind::kList, {});
      case 'l':  // LIST
        return PushContainer(Kind::kList, PopToMark());
      case 'a':  // APPEND
        return Extend(Kind::kList, {Pop()});
      case 'e':  // APPENDS
        return Extend(Kind::kList, PopToMark());
      case 0x8f:  // EMPTY_SET
        return PushContainer(Kind::kSet, {});
      case 0x90:  // ADDITEMS
        return Extend(Kind::kSet, PopToMark());
      case 0x91:  // FROZENSET
        return PushContainer(Kind::kSet, PopToMark());
      case '}':  // EMPTY_DICT
        return PushContainer(Kind::kDict, {});
      case 'd':  // DICT
        return PushDict(PopToMark());
      case 's':  // SETITEM
        if (const PickleValue value = Pop(), key = Pop(); true) Extend(Kind::kDict, {key, value});
        return;
      case 'u':  // SETITEMS
        return Extend(Kind::kDict, PopToMark());

      case 'p':  // PUT
        return Put(in_.Decimal<uint64_t>(in_.Line()));
      case 'q':  // BINPUT
        return Put(in_.Byte());
      case 'r':  // LONG_BINPUT
        return Put(in_.Unsigned(4));
      case 0x94:  // MEMOIZE
        return Put(memo_.size());
      case 'g':  // GET
        return Get(in_.Decimal<uint64_t>(in_.Line()));
      case 'h':  // BINGET
        return Get(in_.Byte());
      case 'j':  // LONG_BINGET
        return Get(in_.Unsigned(4));

      case 'c':  // GLOBAL
        if (const std::string_view module = in_.Line(); true) PushGlobal(module, in_.Line());
        return;
      case 'i': {  // INST: an instance of a class of Python 2
        const std::string_view module = in_.Line(), name = in_.Line();
        PopToMark();
        return PushOpaque(module, name);
      }
      case 'o': {  // OBJ: the same, of a class above the mark
        const Items items = PopToMark();
        Push(items.empty() ? PickleValue() : items[0]);
        return NewObject();
      }
      case 0x81:  // NEWOBJ
        Pop(Kind::kTuple);
        return NewObject();
      case 0x92:  // NEWOBJ_EX
        Pop(Kind::kDict), Pop(Kind::kTuple);
        return NewObject();
      case 0x93:  // STACK_GLOBAL
        return PushStackGlobal();
      case 'Q':  // BINPERSID
        return PushStorage();
      case 'R':
        return Reduce();
      case 'b':
        return Build();
      default:
        in_.Malformed(fmt::format("opcode {:#04x} is not one that a state dict needs", opcode));
    }
  }

  void PushDict(Items items) {
    if (items.size() % 2 != 0) in_.Malformed("a key without a value");
    PushContainer(Kind::kDict, std::move(items));
  }

  PickleReader in_;
  Pickle pickle_;
  Items stack_, memo_;
  std::vector<bool> is_in_memo_;
  std::vector<size_t> marks_;
  size_t copied_ = 0;
};

}  // namespace

Pickle Unpickle(std::span<const uint8_t> bytes, const std::string& name) { return Machine(bytes, name).Run(); }

}  // namespace fcn
