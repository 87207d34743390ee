#pragma once

#include <cstddef>
#include <functional>

namespace fcn::cli {

/// Calls work(i) for each i below `count` on `lanes` threads, in the order of i as far as they begin, and finished(i)
/// for each in exactly that order and never two at once: as soon as work(i) and all before it are done, on any of the
/// threads. With one lane everything runs on the caller's thread. The first i (not the first in time) whose work throws
/// ends it all: nothing new begins, finished is called for those before it alone, and its exception is rethrown when
/// all threads have ended.
void InOrder(size_t count, int lanes, const std::function<void(size_t)>& work,
             const std::function<void(size_t)>& finished);

}  // namespace fcn::cli
