#include "runtime/packed_store.h"

#include "base/wait_until.h"

namespace fcn {

std::shared_ptr<const PackedLayer> PackedStore::Get(const std::string& key, const Context& context,
                                                    FunctionRef<void(PackedLayer&)> pack) {
  // Packing is done outside of the lock: it takes long, and others want other layers meanwhile.
  std::unique_lock lock(mutex_);
  WaitUntil(packed_, lock, context, [&] { return !packing_.contains(key); });
  std::weak_ptr<const PackedLayer>& known = layers_[key];
  if (auto layer = known.lock()) return layer;
  packing_.insert(key);
  lock.unlock();
  // Not make_shared: its one allocation would keep the layer's bytes as long as a weak reference exists.
  std::shared_ptr<PackedLayer> layer(new PackedLayer);
  const auto finish = [&](bool is_packed) {
    lock.lock();
    packing_.erase(key);
    if (is_packed) known = layer;
    packed_.notify_all();
  };
  try {
    pack(*layer);
  } catch (...) {
    finish(false);
    throw;
  }
  finish(true);
  return layer;
}

std::shared_ptr<const PackedLayer> PackedStore::Find(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto known = layers_.find(key);
  return known == layers_.end() ? nullptr : known->second.lock();
}

std::shared_ptr<const Rims> PackedStore::GetRims(const std::string& key, int64_t bytes) {
  const std::lock_guard lock(mutex_);
  std::weak_ptr<const Rims>& known = rims_[key];
  if (auto rims = known.lock()) return rims;
  std::shared_ptr<const Rims> rims(new Rims(bytes));
  known = rims;
  return rims;
}

int64_t PackedStore::bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t total = 0;
  for (const auto& [key, known] : layers_)
    if (const auto layer = known.lock()) total += layer->bytes();
  for (const auto& [key, known] : rims_)
    if (const auto rims = known.lock()) total += rims->bytes();
  return total;
}

}  // namespace fcn
