#pragma once

#include <utility>
#include <vector>

#include "graph/graph.h"

namespace fcn {

/// A T for each value of a graph, by its id.
template <typename T>
class ByValue : public std::vector<T> {
  using Base = std::vector<T>;

 public:
  ByValue() = default;
  explicit ByValue(const Graph& graph, const T& initial = T()) : Base(graph.values().size(), initial) {}
  ByValue(Base of_values) : Base(std::move(of_values)) {}  // NOLINT(google-explicit-constructor)

  using Base::operator[];
  typename Base::reference operator[](ValueId id) { return Base::operator[](static_cast<size_t>(id)); }
  typename Base::const_reference operator[](ValueId id) const { return Base::operator[](static_cast<size_t>(id)); }
};

}  // namespace fcn
