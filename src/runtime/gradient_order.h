#pragma once

#include <span>
#include <vector>

#include "graph/differentiate.h"
#include "graph/lowered.h"
#include "tensor/shape.h"

namespace fcn {

/// Moves a step that gives nothing but consumed gradients behind the last step that reads their parameters, where the
/// gradient is larger than what it is computed from: parameters may change only when nobody reads them any more, and
/// the large gradient need not wait for that.
void DelayLargeGradients(std::vector<Step>& steps, std::span<const ParameterGradient> consumed,
                         const ByValue<Nhwc>& shapes);

/// By step, which of the consumed gradients (by index) can be taken when it is done: they are final, and no later step
/// reads their parameters.
std::vector<std::vector<size_t>> ConsumedAfter(const std::vector<Step>& steps,
                                               std::span<const ParameterGradient> consumed);

bool IsReadByNone(const std::vector<Step>& steps, ValueId value);

}  // namespace fcn
