#include "data/loader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <variant>

#include "base/thread.h"
#include "data/batch_maker.h"
#include "fcn/error.h"

namespace fcn {
namespace {

LoaderOptions Checked(const Dataset& dataset, LoaderOptions options) {
  if (dataset.size() == 0)
    throw Error(ErrorCode::kUsage, "a data set without samples gives no batches", "Choose a split that has samples.");
  if (options.batch_size < 1 || options.batch_size > 4096)
    throw Error(ErrorCode::kUsage, fmt::format("a batch_size of {} is not between 1 and 4096", options.batch_size),
                "Choose a batch_size (-b) between these.");
  if (options.threads < 1 || options.threads > 64)
    throw Error(ErrorCode::kUsage, fmt::format("{} loading threads are not between 1 and 64", options.threads),
                "Choose a number between these.");
  if (options.first_batch < 0 || options.first_batch > std::numeric_limits<int64_t>::max() / 8192)
    throw Error(ErrorCode::kUsage, fmt::format("batch {} does not exist", options.first_batch),
                "Batches are counted from 0.");
  if (options.preprocessings.size() != dataset.inputs().size())
    throw Error(ErrorCode::kUsage,
                fmt::format("{} preprocessings for the {} inputs of the data", options.preprocessings.size(),
                            dataset.inputs().size()),
                "Give one for each input.");
  if (!(options.loss_sampling > 0 && options.loss_sampling <= 1))
    throw Error(ErrorCode::kUsage,
                fmt::format("a loss_sampling of {} is not above 0 and at most 1", options.loss_sampling),
                "It is a share of the pixels: 1 is all of them.");
  CheckAugmentOptions(options.augment);
  return options;
}

}  // namespace

struct BatchLoader::Impl {
  using Result = std::variant<LoadedBatch, std::exception_ptr>;

  Impl(const Dataset& data, LoaderOptions given)
      : dataset(data), options(Checked(data, std::move(given))), cache(data, options.cache_bytes) {
    next_taken = next_made = options.first_batch;
    for (int i = 0; i < options.threads; i++) makers.push_back(std::make_unique<BatchMaker>(dataset, options, cache));
    for (const auto& maker : makers) {
      std::optional<Thread> started = Thread::Start([this, maker = maker.get()] { Work(*maker); });
      if (!started) break;  // fewer prepare the same batches
      workers.push_back(*std::move(started));
    }
  }

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    changed.notify_all();
  }

  void Work(BatchMaker& maker) {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [&] { return stopping || next_made < next_taken + kBatchesAhead; });
      if (stopping) return;
      const int64_t index = next_made++;
      lock.unlock();
      Result result = Make(maker, index);
      lock.lock();
      try {
        ready.emplace(index, std::move(result));
      } catch (...) {  // no memory for so little
        failure = std::current_exception();
      }
      changed.notify_all();
    }
  }

  static Result Make(BatchMaker& maker, int64_t index) {
    try {
      return maker.Make(index);
    } catch (...) {
      return std::current_exception();
    }
  }

  LoadedBatch Next() {
    std::unique_lock lock(mutex);
    if (workers.empty() && !ready.contains(next_taken)) {  // the system gave not one thread
      ready.emplace(next_made, Make(*makers.front(), next_made));
      next_made++;
    }
    changed.wait(lock, [&] { return failure || ready.contains(next_taken); });
    // A failure stays, so that nobody trains on without the batch that it was.
    if (failure) std::rethrow_exception(failure);
    if (const auto* failed = std::get_if<std::exception_ptr>(&ready.at(next_taken))) std::rethrow_exception(*failed);
    LoadedBatch batch = std::get<LoadedBatch>(std::move(ready.extract(next_taken++).mapped()));
    changed.notify_all();
    return batch;
  }

  const Dataset& dataset;
  const LoaderOptions options;
  SampleCache cache;
  std::mutex mutex;
  std::condition_variable changed;
  bool stopping = false;
  int64_t next_taken = 0, next_made = 0;
  std::map<int64_t, Result> ready;
  std::exception_ptr failure;
  std::vector<std::unique_ptr<BatchMaker>> makers;
  std::vector<Thread> workers;  // last: they are joined before what they use is gone
};

BatchLoader::BatchLoader(const Dataset& dataset, LoaderOptions options)
    : impl_(std::make_unique<Impl>(dataset, std::move(options))) {}
BatchLoader::~BatchLoader() = default;

LoadedBatch BatchLoader::Next() { return impl_->Next(); }

int64_t BatchLoader::batches_per_epoch() const {
  const auto size = static_cast<int64_t>(impl_->dataset.size());
  return (size + impl_->options.batch_size - 1) / impl_->options.batch_size;
}

}  // namespace fcn
