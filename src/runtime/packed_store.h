#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "runtime/rims.h"
#include "runtime/steps/step_kernel.h"

namespace fcn {

/// The packed layers of one model and the rims of its image windows, shared by its programs of different shapes and
/// kept as long as one of them lives. Thread-safe.
class PackedStore {
 public:
  /// The layer packed under this key, or a new one that pack() fills, which is then remembered. Of several callers that
  /// need the same key at once one packs, and the others wait for it; who needs another key does not wait. Throws
  /// Error(kCancelled) where the context is cancelled meanwhile, and as pack() does.
  std::shared_ptr<const PackedLayer> Get(const std::string& key, const Context& context,
                                         FunctionRef<void(PackedLayer&)> pack);
  /// The layer packed under this key, null where no program holds it.
  std::shared_ptr<const PackedLayer> Find(const std::string& key) const;
  /// The rims of this key, so many bytes, or new ones that nobody has computed yet.
  std::shared_ptr<const Rims> GetRims(const std::string& key, int64_t bytes);
  /// Bytes of the layers and rims that some program holds.
  int64_t bytes() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable packed_;
  std::set<std::string> packing_;  // keys that somebody packs
  std::map<std::string, std::weak_ptr<const PackedLayer>> layers_;
  std::map<std::string, std::weak_ptr<const Rims>> rims_;
};

}  // namespace fcn
