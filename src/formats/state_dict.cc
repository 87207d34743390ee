#include "formats/state_dict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "base/quoted.h"
#include "fcn/error.h"

namespace fcn {
namespace {

using Kind = PickleValue::Kind;

constexpr std::string_view kNestedKeys[] = {"state_dict", "model_state_dict", "model"};
constexpr int kMaxNesting = 8;
constexpr std::string_view kDataParallelPrefix = "module.";

const PickleValue* FindDict(const std::vector<PickleValue>& dict, std::string_view key) {
  for (size_t i = 0; i + 1 < dict.size(); i += 2)
    if (dict[i].Is(Kind::kString) && dict[i].text() == key && dict[i + 1].Is(Kind::kDict)) return &dict[i + 1];
  return nullptr;
}

const PickleValue& FindStateDict(const Pickle& pickle) {
  const PickleValue* dict = &pickle.root;
  for (int level = 0; level < kMaxNesting; ++level) {
    const PickleValue* nested = nullptr;
    for (std::string_view key : kNestedKeys)
      if (nested == nullptr) nested = FindDict(pickle.items(*dict), key);
    if (nested == nullptr) break;
    dict = nested;
  }
  return *dict;
}

std::string DescribeKeys(const std::vector<PickleValue>& dict) {
  constexpr size_t kShown = 8;
  std::vector<std::string> keys;
  for (size_t i = 0; i + 1 < dict.size() && keys.size() < kShown; i += 2)
    if (dict[i].Is(Kind::kString)) keys.push_back(Quoted(dict[i].text()));
  return keys.empty() ? "no names" : fmt::format("{}", fmt::join(keys, ", "));
}

NamedTensors WithoutDataParallelPrefix(NamedTensors tensors) {
  const auto has_prefix = [](const auto& tensor) { return tensor.first.starts_with(kDataParallelPrefix); };
  if (!std::ranges::all_of(tensors, has_prefix)) return tensors;
  NamedTensors stripped;
  for (auto& [name, tensor] : tensors) stripped.emplace(name.substr(kDataParallelPrefix.size()), std::move(tensor));
  return stripped;
}

}  // namespace

NamedTensors ExtractStateDict(const Pickle& pickle, TorchTensorReader& reader, const std::string& file) {
  constexpr char kHint[] = "Save the weights as a flat dict of tensors: torch.save(model.state_dict(), path).";
  if (!pickle.root.Is(Kind::kDict))
    throw Error(ErrorCode::kInput, fmt::format("{}: holds something else than a dict of tensors", file), kHint);
  const auto& dict = pickle.items(FindStateDict(pickle));
  NamedTensors tensors;
  for (size_t i = 0; i + 1 < dict.size(); i += 2) {
    if (!dict[i].Is(Kind::kString) || !dict[i + 1].Is(Kind::kTensor)) continue;
    std::string name(dict[i].text());
    StoredTensor tensor = reader.Read(dict[i + 1], name);
    tensors.insert_or_assign(std::move(name), std::move(tensor));
  }
  if (tensors.empty())
    throw Error(ErrorCode::kInput,
                fmt::format("{}: the dict holds no tensors; its keys are {}", file, DescribeKeys(dict)), kHint);
  return WithoutDataParallelPrefix(std::move(tensors));
}

}  // namespace fcn
