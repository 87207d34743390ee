#include "formats/torch_tensor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/remedies.h"
#include "fcn/error.h"
#include "fcn/text.h"
#include "tensor/tensor.h"

namespace fcn {
namespace {

using Kind = PickleValue::Kind;

constexpr size_t kMaxRank = 64;  // torch's own limit

/// The layout of a tensor in a storage, in elements.
struct Layout {
  int64_t offset = 0;
  std::vector<int64_t> sizes, strides;
  int64_t elements = 1;

  bool contiguous() const {
    int64_t expected = 1;
    for (size_t i = sizes.size(); i-- > 0;) {
      if (sizes[i] != 1 && strides[i] != expected) return false;
      expected *= sizes[i];
    }
    return true;
  }
};

std::optional<std::vector<int64_t>> Integers(const Pickle& pickle, const PickleValue& sequence) {
  if (!sequence.IsSequence() || pickle.items(sequence).size() > kMaxRank) return std::nullopt;
  std::vector<int64_t> integers;
  for (const PickleValue& item : pickle.items(sequence)) {
    if (!item.Is(Kind::kInt) || item.integer < 0) return std::nullopt;
    integers.push_back(item.integer);
  }
  return integers;
}

/// One more than the largest index into the storage, or nothing where the arithmetic overflows: then the layout is
/// impossible.
std::optional<int64_t> EndOf(const Layout& layout) {
  int64_t end = layout.offset;
  if (layout.elements == 0) return end;
  for (size_t i = 0; i < layout.sizes.size(); i++) {
    int64_t reach = 0;
    if (__builtin_mul_overflow(layout.sizes[i] - 1, layout.strides[i], &reach) ||
        __builtin_add_overflow(end, reach, &end))
      return std::nullopt;
  }
  if (__builtin_add_overflow(end, 1, &end)) return std::nullopt;
  return end;
}

bool CountElements(Layout& layout) {
  // Sizes of 0 last, so that 0 × 2⁶³ × 2 is refused wherever the 0 stands: later code multiplies in any order.
  for (int64_t size : layout.sizes)
    if (__builtin_mul_overflow(layout.elements, std::max<int64_t>(size, 1), &layout.elements) ||
        layout.elements > int64_t{1} << 58)
      return false;
  if (std::ranges::find(layout.sizes, 0) != layout.sizes.end()) layout.elements = 0;
  return true;
}

/// Walks a layout in row-major order and copies elements of `kSize` bytes.
template <size_t kSize>
void Gather(const Layout& layout, const uint8_t* storage, uint8_t* out) {
  std::vector<int64_t> index(layout.sizes.size());
  int64_t position = layout.offset;
  for (int64_t i = 0; i < layout.elements; i++) {
    std::memcpy(out + static_cast<size_t>(i) * kSize, storage + static_cast<size_t>(position) * kSize, kSize);
    for (size_t axis = index.size(); axis-- > 0;) {
      position += layout.strides[axis];
      if (++index[axis] < layout.sizes[axis]) break;
      position -= layout.strides[axis] * layout.sizes[axis];
      index[axis] = 0;
    }
  }
}

void Gather(DType dtype, const Layout& layout, const uint8_t* storage, uint8_t* out) {
  switch (DTypeSize(dtype)) {
    case 1:
      return Gather<1>(layout, storage, out);
    case 2:
      return Gather<2>(layout, storage, out);
    case 4:
      return Gather<4>(layout, storage, out);
    case 8:
      return Gather<8>(layout, storage, out);
    default:
      FCN_CHECK(!"elements have 1, 2, 4 or 8 bytes");
  }
}

}  // namespace

std::optional<PickleValue> UnknownStorageType(const Pickle& pickle, const PickleValue& value) {
  const auto& items = pickle.items(value);
  if (value.Is(Kind::kTensor))
    return items.empty() || !items[0].Is(Kind::kStorage) ? std::nullopt : UnknownStorageType(pickle, items[0]);
  return items.size() > 1 && items[1].Is(Kind::kOpaque) ? std::optional(items[1]) : std::nullopt;
}

TorchStorage ReadTorchStorage(const Pickle& pickle, const PickleValue& storage, const std::string& file) {
  const auto& id = pickle.items(storage);  // ("storage", type, key, location, elements[, view])
  TorchStorage read;
  const bool fits = id.size() >= 5 && id.size() <= 6 && id[1].Is(Kind::kStorageType) && id[2].Is(Kind::kString) &&
                    id[4].Is(Kind::kInt) && id[4].integer >= 0;
  if (!fits)
    throw Error(ErrorCode::kInput, fmt::format("{}: a storage is described by something else than it should", file),
                GetAgain("file of torch.save"));
  read.dtype = id[1].storage_type;
  read.key = id[2].text();
  read.elements = id[4].integer;
  if (id.size() == 6 && !id[5].Is(Kind::kNone)) {
    const bool is_view = id[5].IsSequence() && pickle.items(id[5]).size() == 3;
    const auto range =
        is_view ? pickle.items(id[5]) : std::vector<PickleValue>(3);  // (key of the view, offset, elements)
    if (!range[1].Is(Kind::kInt) || !range[2].Is(Kind::kInt) || range[1].integer < 0 || range[2].integer < 0 ||
        range[1].integer > read.elements || range[2].integer > read.elements - range[1].integer)
      throw Error(ErrorCode::kInput,
                  fmt::format("{}: storage {} is a view that does not lie within its {} elements", file,
                              Quoted(read.key), read.elements),
                  GetAgain("file of torch.save"));
    read.view = {.offset = range[1].integer, .elements = range[2].integer};
  }
  return read;
}

StoredTensor TorchTensorReader::Read(const PickleValue& tensor, const std::string& name) {
  const auto& arguments = pickle_.items(tensor);  // (storage, offset, sizes, strides, …)
  Layout layout;
  std::optional<std::vector<int64_t>> sizes, strides;
  if (arguments.size() >= 4 && arguments[0].Is(Kind::kStorage) && arguments[1].Is(Kind::kInt)) {
    layout.offset = arguments[1].integer;
    sizes = Integers(pickle_, arguments[2]);
    strides = Integers(pickle_, arguments[3]);
  }
  if (!sizes || !strides || sizes->size() != strides->size() || layout.offset < 0)
    throw Error(
        ErrorCode::kInput,
        fmt::format(
            "{}: tensor {} is not made of a storage, an offset, and sizes and strides of at most {} dimensions, "
            "none of them negative",
            file_, Quoted(name), kMaxRank),
        GetAgain("file of torch.save"));
  layout.sizes = std::move(*sizes);
  layout.strides = std::move(*strides);

  const TorchStorage described = ReadTorchStorage(pickle_, arguments[0], file_);
  const int64_t available = described.view ? described.view->elements : described.elements;
  const bool countable = CountElements(layout);
  const auto end = countable ? EndOf(layout) : std::nullopt;
  if (!end || *end > available)
    throw Error(ErrorCode::kInput,
                fmt::format("{}: tensor {} (sizes {}, strides {}, offset {}) reaches beyond its storage of "
                            "{} elements",
                            file_, Quoted(name), fmt::join(layout.sizes, "x"), fmt::join(layout.strides, ","),
                            layout.offset, available),
                GetAgain("file of torch.save"));

  StorageBytes storage = load_(described);
  const size_t size = DTypeSize(described.dtype);
  FCN_CHECK(storage.bytes.size() == static_cast<size_t>(available) * size);
  StoredTensor stored{.dtype = described.dtype, .shape = Shape(layout.sizes), .bytes = {}, .owner = {}};
  const size_t bytes = static_cast<size_t>(layout.elements) * size;
  if (layout.elements == 0 || layout.contiguous()) {
    stored.bytes = storage.bytes.subspan(static_cast<size_t>(layout.offset) * size, bytes);
    stored.owner = std::move(storage.owner);
    return stored;
  }

  if (layout.elements > available)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("{}: tensor {} repeats the {} elements of its storage to {}", file_, Quoted(name),
                            available, layout.elements),
                "It was expanded: save tensor.contiguous() in its place.");
  if (bytes > copies_left_)
    throw Error(
        ErrorCode::kMemory,
        fmt::format("{}: making its strided tensors contiguous would take more than four times the file's size", file_),
        "Save tensor.contiguous() in place of tensors that share a storage.");
  copies_left_ -= bytes;
  for (size_t i = 0; i < layout.sizes.size(); i++)
    if (layout.sizes[i] == 1) layout.strides[i] = 0;  // never stepped by, and may be too large to be added
  const std::shared_ptr<uint8_t[]> copy = AllocateAligned<uint8_t>(bytes);
  Gather(described.dtype, layout, storage.bytes.data(), copy.get());
  stored.bytes = {copy.get(), bytes};
  stored.owner = copy;
  return stored;
}

}  // namespace fcn
