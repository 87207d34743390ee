#include "data/mat_file.h"
#include "data/mat_samples.h"
#include "target.h"

/// Any bytes as a file of MATLAB's with labels; then what follows its header once more, packed.
FUZZ_TARGET(mat_labels) {
  using namespace fcn;
  const auto decode = [](std::span<const uint8_t> bytes) {
    StoredLabels stored;
    if (!fuzz::Accepts([&] { stored = DecodeMat(bytes, "fuzz", {.max_pixels = 1 << 20}); })) return;
    fuzz::Require(stored.values.size() == static_cast<size_t>(stored.width) * static_cast<size_t>(stored.height),
                  "every pixel has a value");
    for (const uint32_t value : stored.values) fuzz::Require(value <= 65535, "values have 16 bits");
  };
  decode({data, size});
  constexpr size_t kHeader = 128;
  if (size <= kHeader) return 0;
  test::MatBytes file(data, data + kHeader);
  const test::MatWriter writer(data[kHeader - 2] == 'M');
  const test::MatBytes packed = writer.Packed({data + kHeader, data + size});
  file.insert(file.end(), packed.begin(), packed.end());
  decode(file);
  return 0;
}
