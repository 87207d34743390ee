#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "formats/pickle_reader.h"
#include "formats/pickle_value.h"

namespace fcn {

/// A pickle, unpacked. Valid while the bytes that it was read from are.
struct Pickle {
  PickleValue root;
  std::vector<std::vector<PickleValue>> containers;
  std::vector<PickleValue> storages;  ///< every persistent id, in order of appearance
  /// The classes and functions that were named and are not known. They point into the bytes.
  struct Global {
    std::string_view module, name;
  };
  std::vector<Global> globals;
  size_t size = 0;  ///< bytes read, STOP included: another pickle may follow

  /// The elements of a tuple, list, set, dict, storage or tensor.
  const std::vector<PickleValue>& items(const PickleValue& value) const { return containers[value.container]; }
};

/// Reads the pickle at the beginning of `bytes`: opcodes of the protocols 0 to 5 as pickle and torch write them. It
/// builds tensors' descriptions and plain containers and nothing else, whatever the file says; no name in the file ever
/// leads to code other than the short list in pickle_globals.cc. Any other class or function is opaque, and so is what
/// calling it, making an instance of it, filling it or setting its attributes would give: what goes in is dropped.
/// `name` is what messages call the file. Throws Error(kInput) with the position where the pickle is malformed,
/// truncated, larger than kMaxPickle or nested more than 1000 marks deep. Time and memory are linear in the bytes, at
/// most about 50 times as many. Source: the comments of CPython's Lib/pickletools.py.
Pickle Unpickle(std::span<const uint8_t> bytes, const std::string& name);

}  // namespace fcn
