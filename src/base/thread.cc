#include "base/thread.h"

#include <cstdlib>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace fcn {
namespace {

constexpr size_t kStackBytes = size_t{2} << 20;

void* RunBody(void* body) noexcept {
  const std::unique_ptr<std::function<void()>> owned(static_cast<std::function<void()>*>(body));
  (*owned)();
  return nullptr;
}

}  // namespace

std::optional<Thread> Thread::Start(std::function<void()> body) noexcept {
  // Not std::thread, which has no say in the size of its stack.
  std::unique_ptr<std::function<void()>> owned(new (std::nothrow) std::function<void()>(std::move(body)));
  pthread_attr_t attributes;
  if (!owned || pthread_attr_init(&attributes) != 0) return std::nullopt;
  pthread_attr_setstacksize(&attributes, kStackBytes);
  pthread_t handle{};
  const bool started = pthread_create(&handle, &attributes, RunBody, owned.get()) == 0;
  pthread_attr_destroy(&attributes);
  if (!started) return std::nullopt;
  static_cast<void>(owned.release());  // it is the thread's
  return Thread(handle);
}

Thread::~Thread() {
  if (handle_) pthread_join(*handle_, nullptr);
}

Thread::Thread(Thread&& other) noexcept : handle_(std::exchange(other.handle_, std::nullopt)) {}

int CountThreadsToSpare(int wanted, size_t bytes) {
  void* volatile taken = std::malloc(bytes);  // what nobody reads is left out by compilers
  const std::unique_ptr<void, void (*)(void*)> room(taken, std::free);
  if (bytes > 0 && !room) return 0;
  std::mutex all_started;
  std::vector<pthread_t> threads(static_cast<size_t>(wanted));
  int count = 0;
  {
    const std::lock_guard lock(all_started);
    const auto wait = [](void* mutex) -> void* {
      const std::lock_guard until_then(*static_cast<std::mutex*>(mutex));
      return nullptr;
    };
    while (count < wanted && pthread_create(&threads[static_cast<size_t>(count)], nullptr, wait, &all_started) == 0)
      count++;
  }
  for (int i = 0; i < count; i++) pthread_join(threads[static_cast<size_t>(i)], nullptr);
  return count;
}

}  // namespace fcn
