#pragma once

// Writes pickles by hand, for tests: each function returns the opcodes that leave one value on the stack.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "formats/test_files.h"

namespace fcn::pickle {

using Code = std::string;

inline Code Program(const Code& value) { return "\x80\x02" + value + "."; }
inline Code Int(int64_t integer) { return "\x8a\x08" + LittleEndian(static_cast<uint64_t>(integer), 8); }
inline Code String(const std::string& text) {
  Code code = "X";
  return code.append(LittleEndian(text.size(), 4)).append(text);
}
inline Code Global(const std::string& module, const std::string& name) { return "c" + module + "\n" + name + "\n"; }

inline Code Tuple(const std::vector<Code>& items) {
  Code code = "(";
  for (const Code& item : items) code += item;
  return code + "t";
}
inline Code Integers(const std::vector<int64_t>& integers) {
  Code code = "(";
  for (int64_t integer : integers) code += Int(integer);
  return code + "t";
}
inline Code List(const std::vector<Code>& items) {
  Code code = "](";
  for (const Code& item : items) code += item;
  return code + "e";
}
inline Code Dict(const std::vector<std::pair<Code, Code>>& items) {
  Code code = "}(";
  for (const auto& [key, value] : items) code += key + value;
  return code + "u";
}
inline Code Call(const Code& function, const std::vector<Code>& arguments) { return function + Tuple(arguments) + "R"; }

/// A persistent id, as the old form (with a view, or None) or the zip form (without) writes it.
inline Code Storage(const std::string& type, const std::string& key, int64_t elements, const Code& view = "N") {
  std::vector<Code> id = {String("storage"), Global("torch", type), String(key), String("cpu"), Int(elements)};
  if (!view.empty()) id.push_back(view);
  return Tuple(id) + "Q";
}
inline Code Tensor(const Code& storage, int64_t offset, const std::vector<int64_t>& sizes,
                   const std::vector<int64_t>& strides) {
  return Call(Global("torch._utils", "_rebuild_tensor_v2"), {storage, Int(offset), Integers(sizes), Integers(strides),
                                                             "\x89", Call(Global("collections", "OrderedDict"), {})});
}

/// A file of the old form: the object, the storages' keys and their raw bytes, with the count that precedes them.
struct RawStorage {
  std::string key;
  uint64_t count;
  std::string bytes;
};
inline std::string LegacyFile(const Code& object, const std::vector<RawStorage>& storages, bool little_endian = true) {
  std::vector<Code> keys;
  std::string data;
  for (const RawStorage& storage : storages) {
    keys.push_back(String(storage.key));
    data += LittleEndian(storage.count, 8) + storage.bytes;
  }
  return Program("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + Program(Int(1001)) +
         Program(Dict({{String("little_endian"), little_endian ? "\x88" : "\x89"}})) + Program(object) +
         Program(List(keys)) + data;
}

}  // namespace fcn::pickle
