#include "models/wanted.h"

#include <algorithm>

#include "models/initialise.h"
#include "models/surgery.h"

namespace fcn {

Shape WantedParameter::ShapeFor(int64_t classes) const {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < is_classes.size(); i++) sizes.push_back(is_classes[i] ? classes : shape.dims()[i]);
  return Shape(sizes);
}

bool WantedParameter::depends_on_classes() const { return std::ranges::find(is_classes, true) != is_classes.end(); }

bool WantedParameter::Fits(const Shape& from) const {
  return from.rank() >= 1 && from[0] >= 1 && from[0] <= kMaxClasses && IsReshapable(from, ShapeFor(from[0]));
}

std::vector<WantedParameter> WantedParameters(const ZooEntry& entry) {
  const Graph one = entry.build(1), two = entry.build(2);
  std::vector<WantedParameter> wanted;
  for (const ValueId id : one.Parameters()) {
    const Value& parameter = one.value(id);
    const Shape& other = two.value(two.Find(parameter.name)).parameter_shape;
    WantedParameter& row = wanted.emplace_back();
    row.name = parameter.name;
    row.shape = parameter.parameter_shape;
    for (int i = 0; i < row.shape.rank(); i++) row.is_classes.push_back(row.shape[i] != other[i]);
    const bool in_head = !entry.head_prefix.empty() && row.name.starts_with(entry.head_prefix);
    row.may_be_new = IsScoreParameter(row.name) || IsUpsamplingParameter(row.name) || in_head;
  }
  return wanted;
}

}  // namespace fcn
