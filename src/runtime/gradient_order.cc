#include "runtime/gradient_order.h"

#include <algorithm>
#include <tuple>

#include "graph/step_reads.h"

namespace fcn {
namespace {

bool ReadsAtAll(const Step& step, ValueId value) {
  bool found = false;
  ForEachRead(step, [&](ValueId id, ReadOf) { found = found || id == value; });
  return found;
}

/// The last step that reads a value, -1 where none does.
int LastReader(const std::vector<Step>& steps, ValueId value) {
  for (int i = static_cast<int>(steps.size()) - 1; i >= 0; i--)
    if (ReadsAtAll(steps[static_cast<size_t>(i)], value)) return i;
  return -1;
}

int WriterOf(const std::vector<Step>& steps, ValueId value) {
  const auto found = std::find_if(steps.begin(), steps.end(), [&](const Step& step) { return step.output == value; });
  return found == steps.end() ? -1 : static_cast<int>(found - steps.begin());
}

}  // namespace

bool IsReadByNone(const std::vector<Step>& steps, ValueId value) { return LastReader(steps, value) < 0; }

void DelayLargeGradients(std::vector<Step>& steps, std::span<const ParameterGradient> consumed,
                         const ByValue<Nhwc>& shapes) {
  // Where each step goes: behind the step `first`; those that stay come before those that were moved there.
  struct Place {
    int behind;
    bool moved;
    int index;
  };
  std::vector<Place> places;
  places.reserve(steps.size());
  for (int i = 0; i < static_cast<int>(steps.size()); i++) places.push_back({i, false, i});
  for (const ParameterGradient& gradient : consumed) {
    const int writer = WriterOf(steps, gradient.gradient);
    if (writer < 0 || !IsReadByNone(steps, gradient.gradient)) continue;
    const Step& step = steps[static_cast<size_t>(writer)];
    int64_t read = 0;
    ForEachRead(step, [&](ValueId id, ReadOf kind) {
      if (kind == ReadOf::kInput) read += shapes[id].elements();
    });
    if (shapes[gradient.gradient].elements() <= read) continue;
    Place& place = places[static_cast<size_t>(writer)];
    if (const int reader = LastReader(steps, gradient.parameter); reader > place.behind)
      place.behind = reader, place.moved = true;
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.behind, a.moved, a.index) < std::tie(b.behind, b.moved, b.index);
  });
  std::vector<Step> ordered;
  ordered.reserve(steps.size());
  for (const Place& place : places) ordered.push_back(std::move(steps[static_cast<size_t>(place.index)]));
  steps = std::move(ordered);
}

std::vector<std::vector<size_t>> ConsumedAfter(const std::vector<Step>& steps,
                                               std::span<const ParameterGradient> consumed) {
  std::vector<std::vector<size_t>> after(steps.size());
  for (size_t i = 0; i < consumed.size(); i++) {
    const int last = std::max(WriterOf(steps, consumed[i].gradient), LastReader(steps, consumed[i].parameter));
    after[static_cast<size_t>(last)].push_back(i);
  }
  return after;
}

}  // namespace fcn
