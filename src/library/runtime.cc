#include "fcn/runtime.h"

#include <fmt/format.h>

#include "base/isa.h"
#include "library/runtime_access.h"

namespace fcn {

struct Runtime::Impl {
  explicit Impl(const RuntimeOptions& its_options)
      : options(its_options), context(options.threads, options.isa.empty() ? DefaultIsa() : ParseIsa(options.isa)) {
    const int wanted = options.threads > 0 ? options.threads : AvailableCores();
    if (options.log && context.threads() < wanted)
      options.log({.level = LogEntry::Level::kWarning,
                   .message = fmt::format("the system gives {} of {} threads", context.threads(), wanted)});
  }

  RuntimeOptions options;
  Context context;
  std::shared_ptr<MemoryLedger> ledger = std::make_shared<MemoryLedger>();
};

Runtime::Runtime(const RuntimeOptions& options) : impl_(std::make_shared<Impl>(options)) {}

int Runtime::threads() const { return impl_->context.threads(); }
std::string Runtime::isa() const { return IsaName(impl_->context.isa()); }
const RuntimeOptions& Runtime::options() const { return impl_->options; }

void Runtime::Parallel(int64_t count, FunctionRef<void(int64_t task)> body) const {
  impl_->context.Parallel(count, [&](int64_t task, int) { body(task); });
}

void Runtime::Cancel() const noexcept { impl_->context.Cancel(); }
bool Runtime::is_cancelled() const noexcept { return impl_->context.is_cancelled(); }

const Context& RuntimeAccess::ContextOf(const Runtime& runtime) { return runtime.impl_->context; }

CompileOptions RuntimeAccess::CompileOptionsOf(const Runtime& runtime) {
  const RuntimeOptions& options = runtime.options();
  return {.winograd = options.winograd,
          .disabled_passes = {},
          .image_window = options.image_window,
          .max_memory = options.max_memory};
}

ProgramCache::Shared RuntimeAccess::SharedOf(const Runtime& runtime) {
  return {.log = runtime.options().log, .ledger = runtime.impl_->ledger};
}

std::vector<std::string> InstructionSets() {
  std::vector<std::string> names;
  for (const Isa isa : AvailableIsas()) names.emplace_back(IsaName(isa));
  return names;
}

}  // namespace fcn
