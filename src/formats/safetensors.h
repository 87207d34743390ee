#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "fcn/files.h"
#include "tensor/named_tensors.h"

namespace fcn {

/// A safetensors file: eight bytes of little-endian header length, a JSON header, then the tensors' bytes without gaps.
/// Source: the format's description in the README of github.com/huggingface/safetensors.
struct SafetensorsFile {
  NamedTensors tensors;
  std::map<std::string, std::string> metadata;  ///< the header's "__metadata__"
};

/// A file's tensors, which point into its WholeFile and keep it alive. Throws as that and as ParseSafetensors do.
SafetensorsFile ReadSafetensors(const std::filesystem::path& path);

/// The same from memory that `owner` keeps alive; `name` is what messages call it. As strict as the format: the header
/// has at most 10⁸ bytes, every byte of data belongs to exactly one tensor, every length is what shape and dtype make
/// it, no key comes twice, metadata are strings. Throws Error(kInput) naming file, tensor and figures, or
/// Error(kUnsupported) for a dtype that fcn does not hold. Allocates a small multiple of the header, whatever the
/// header says.
SafetensorsFile ParseSafetensors(const std::shared_ptr<const void>& owner, std::span<const uint8_t> bytes,
                                 const std::string& name);

/// What the format calls a type: "F32".
const char* SafetensorsType(DType dtype);

/// Writes a file through AtomicFile. The same tensors and metadata give the same bytes: widest elements first, then by
/// name, so that every tensor is aligned to its elements; the data begin at a multiple of 64 bytes. Throws as that
/// does, Error(kInput) for the name "__metadata__" and for names or metadata that are not UTF-8, and as CheckUnchanged
/// does; then nothing is written.
void WriteSafetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                      const std::map<std::string, std::string>& metadata = {}, IfExists if_exists = IfExists::kReplace);

/// What WriteSafetensors writes; `name` is what messages call it.
std::vector<uint8_t> SafetensorsBytes(const NamedTensors& tensors, const std::map<std::string, std::string>& metadata,
                                      const std::string& name);

}  // namespace fcn
