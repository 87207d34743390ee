#include "base/context.h"

#include <fmt/format.h>

#include "base/denormals.h"
#include "base/thread_pool.h"
#include "fcn/error.h"

namespace fcn {
namespace {

int CheckedThreads(int threads) {
  if (threads < 0 || threads > 1024)
    throw Error(ErrorCode::kUsage, fmt::format("{} threads are not possible", threads),
                "Give a count from 1 to 1024, or 0 for as many as this machine allows.");
  return threads == 0 ? AvailableCores() : threads;
}

}  // namespace

struct Context::Pool : ThreadPool {
  using ThreadPool::ThreadPool;
};

Context::Context(int threads, Isa isa) : isa_(isa), pool_(std::make_shared<Pool>(CheckedThreads(threads))) {
  threads_ = pool_->threads();  // what the system gave
}

Context::Context(const Context& parent, const CancellationToken* token, Cores cores)
    : threads_(cores == Cores::kOne ? 1 : parent.threads_),
      isa_(parent.isa_),
      token_(token),
      parent_(&parent),
      pool_(parent.pool_) {}

Context::~Context() = default;

void Context::Parallel(int64_t count, FunctionRef<void(int64_t, int)> body) const {
  ThrowIfCancelled();
  if (count <= 0) return;
  if (threads_ == 1) {  // on the caller's thread: several callers do not wait for each other
    const FlushDenormals flush;
    for (int64_t task = 0; task < count; task++) body(task, 0);
    return;
  }
  pool_->Run(count, [&](int64_t task, int worker) {
    const FlushDenormals flush;
    body(task, worker);
  });
}

void Context::ThrowIfCancelled() const {
  if (is_cancelled()) throw Error(ErrorCode::kCancelled, "cancelled", "Run it again when you want the result.");
}

}  // namespace fcn
