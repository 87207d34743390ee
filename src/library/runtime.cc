#include "fcn/runtime.h"

#include "base/isa.h"
#include "library/runtime_access.h"

namespace fcn {

struct Runtime::Impl {
  explicit Impl(const RuntimeOptions& its_options)
      : options(its_options), context(options.threads, options.isa.empty() ? DefaultIsa() : ParseIsa(options.isa)) {}

  RuntimeOptions options;
  Context context;
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

std::vector<std::string> InstructionSets() {
  std::vector<std::string> names;
  for (const Isa isa : AvailableIsas()) names.emplace_back(IsaName(isa));
  return names;
}

}  // namespace fcn
