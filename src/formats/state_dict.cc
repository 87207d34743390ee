#include "formats/state_dict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"

namespace fcn {
namespace {

using Kind = PickleValue::Kind;

constexpr int kMaxNesting = 8;
constexpr size_t kShown = 8;

std::string DescribeKeys(const Pickle& pickle) {
  std::vector<std::string> keys;
  const auto& dict = pickle.items(pickle.root);
  for (size_t i = 0; i + 1 < dict.size() && keys.size() < kShown; i += 2)
    if (dict[i].Is(Kind::kString)) keys.push_back(Quoted(dict[i].text()));
  return keys.empty() ? "no names" : fmt::format("{}", fmt::join(keys, ", "));
}

std::string GlobalName(const Pickle& pickle, const PickleValue& opaque) {
  const auto& [module, name] = pickle.globals.at(opaque.global);
  return Quoted(std::string(module) + "." + std::string(name));
}

/// Every pickled nn.Module carries these attributes, and nothing else is likely to.
bool HoldsWholeModule(std::span<const uint8_t> pickle) {
  const std::string_view text(reinterpret_cast<const char*>(pickle.data()), pickle.size());
  return text.find("_parameters") != text.npos && text.find("_modules") != text.npos;
}

/// The first few of what was passed over, and how many there are.
class PassedOver {
 public:
  /// `what()` says what it is; it is not asked where it would not be shown, since it may take long.
  template <typename What>
  void Add(const std::string& name, const What& what) {
    if (++count_ <= kShown) first_.push_back(fmt::format("{} ({})", Quoted(name), what()));
  }
  bool empty() const { return count_ == 0; }
  std::string ToString() const {
    return fmt::format("{}{}", fmt::join(first_, ", "),
                       count_ > kShown ? fmt::format(" and {} more", count_ - kShown) : "");
  }

 private:
  size_t count_ = 0;
  std::vector<std::string> first_;
};

/// Walks through the containers, the shallow ones first, each once: a pickle's containers may hold each other.
class Walk {
 public:
  Walk(const Pickle& pickle, TorchTensorReader& reader, const std::string& file)
      : pickle_(pickle), reader_(reader), file_(file), seen_(pickle.containers.size()) {}

  WeightsFile Run() {
    Level level;
    Visit(pickle_.root, "", "", level);
    for (int depth = 0; depth < kMaxNesting && !level.empty(); depth++) {
      Level next;
      for (const auto& [value, path] : level) Open(value, path, next);
      level = std::move(next);
    }
    if (found_.tensors.empty() && refused_) throw *refused_;
    if (!opaque_.empty())
      found_.notes.push_back(fmt::format("{}: passed over, and none of it run: {}", file_, opaque_.ToString()));
    if (!unread_.empty())
      found_.notes.push_back(fmt::format("{}: tensors of kinds that are not read: {}", file_, unread_.ToString()));
    return std::move(found_);
  }

 private:
  using Level = std::vector<std::pair<PickleValue, std::string>>;

  void Open(const PickleValue& value, const std::string& path, Level& next) {
    const auto& items = pickle_.items(value);
    const bool is_dict = value.Is(Kind::kDict);
    for (size_t i = 0; i + (is_dict ? 1 : 0) < items.size(); i += is_dict ? 2 : 1) {
      if (!is_dict) {
        Visit(items[i], path, std::to_string(i), next);
      } else if (items[i].Is(Kind::kString)) {
        if (path.empty() && (items[i].text() == "arch" || items[i].text() == "architecture") &&
            items[i + 1].Is(Kind::kString))
          found_.architecture = items[i + 1].text();
        Visit(items[i + 1], path, items[i].text(), next);
      }
    }
  }

  void Visit(const PickleValue& value, const std::string& path, std::string_view key, Level& next) {
    const bool is_container = value.Is(Kind::kDict) || value.Is(Kind::kList) || value.Is(Kind::kTuple);
    if (is_container && seen_[value.container]) return;
    if (!is_container && !value.Is(Kind::kTensor) && !value.Is(Kind::kOpaque)) return;
    const std::string name = Join(path, key);
    if (is_container) {
      seen_[value.container] = true;
      next.emplace_back(value, name.empty() ? "" : name + ".");
    } else if (!name.empty() && value.Is(Kind::kTensor)) {
      ReadTensor(value, name);
    } else if (!name.empty()) {
      opaque_.Add(name, [&] { return GlobalName(pickle_, value); });
    }
  }

  void ReadTensor(const PickleValue& value, const std::string& name) {
    if (found_.tensors.contains(name)) return;
    if (const auto other = UnknownStorageType(pickle_, value))
      return unread_.Add(name, [&] { return GlobalName(pickle_, *other); });
    try {
      found_.tensors.emplace(name, reader_.Read(value, name));
    } catch (const Error& error) {
      // Sound, but of a kind that is not read: it may not be one that the network needs.
      if (error.code() != ErrorCode::kUnsupported) throw;
      unread_.Add(name, [&] { return error.message(); });
      if (!refused_) refused_ = error;
    }
  }

  /// A file may reach many values by a long way: names must not take more memory than a pickle that spells them.
  std::string Join(const std::string& path, std::string_view key) {
    name_bytes_ += path.size() + key.size();
    if (name_bytes_ > (size_t{1} << 16) + 4 * pickle_.size)
      throw Error(ErrorCode::kInput, fmt::format("{}: the names of its tensors are longer than the pickle", file_),
                  GetAgain("file of torch.save"));
    return path + std::string(key);
  }

  const Pickle& pickle_;
  TorchTensorReader& reader_;
  const std::string& file_;
  std::vector<bool> seen_;  ///< by container
  WeightsFile found_;
  PassedOver opaque_, unread_;
  std::optional<Error> refused_;
  size_t name_bytes_ = 0;
};

/// The first opaque value at the root or directly in it: what the file holds in place of tensors.
const PickleValue* FirstOpaque(const Pickle& pickle) {
  if (pickle.root.Is(Kind::kOpaque)) return &pickle.root;
  if (!pickle.root.Is(Kind::kDict) && !pickle.root.IsSequence()) return nullptr;
  for (const PickleValue& item : pickle.items(pickle.root))
    if (item.Is(Kind::kOpaque)) return &item;
  return nullptr;
}

[[noreturn]] void ThrowNoTensors(const Pickle& pickle, std::span<const uint8_t> bytes, const std::string& file) {
  constexpr char kHint[] = "Save the weights as a flat dict of tensors: torch.save(model.state_dict(), path).";
  if (const PickleValue* opaque = FirstOpaque(pickle)) {
    const std::string global = GlobalName(pickle, *opaque);
    if (HoldsWholeModule(bytes))
      throw Error(ErrorCode::kUnsupported,
                  fmt::format("{}: holds a pickled whole module ({}), that is Python code by name, not just weights",
                              file, global),
                  "Load it in Python where its class is defined and save the state_dict: "
                  "torch.save(model.state_dict(), path).");
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: holds no plain tensors but {}, of which nothing was run", file, global),
                "Save float tensors and nothing else: torch.save(model.state_dict(), path).");
  }
  if (!pickle.root.Is(Kind::kDict))
    throw Error(ErrorCode::kInput, fmt::format("{}: holds something else than a dict of tensors", file), kHint);
  throw Error(ErrorCode::kInput,
              fmt::format("{}: the dict holds no tensors; its keys are {}", file, DescribeKeys(pickle)), kHint);
}

}  // namespace

WeightsFile ExtractStateDict(const Pickle& pickle, std::span<const uint8_t> bytes, TorchTensorReader& reader,
                             const std::string& file) {
  WeightsFile found = Walk(pickle, reader, file).Run();
  if (found.tensors.empty()) ThrowNoTensors(pickle, bytes, file);
  return found;
}

}  // namespace fcn
