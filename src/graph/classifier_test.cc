#include "graph/classifier.h"

#include <gtest/gtest.h>

#include "graph/test_graphs.h"

namespace fcn {
namespace {

using test::Builder;

/// Of a network with a mean of a whole map, whether it is a classifier with these outputs.
bool WithOutputs(const std::vector<std::string>& outputs) {
  Builder b(3);
  b.Node("mean", GlobalAveragePool{}, {b.Conv("map", b.x, 3, 4)});
  b.Node("row", Relu{}, {b.Conv("scores", b["mean"], 4, 2)});
  b.Node("excited", Multiply{}, {b["map"], b.Node("excite", Sigmoid{}, {b["mean"]})});
  b.Node("square", Multiply{}, {b["mean"], b["excite"]});
  b.Node("spread", Resize{}, {b["row"], b["map"]});
  b.Node("joined", Concat{}, {b["spread"], b["excited"]});
  b.Linear("linear", b["map"], 4, 5);
  for (const std::string& output : outputs) b.graph.AddOutput(b[output]);
  return IsClassifier(b.graph);
}

TEST(IsClassifier, WhatTheOutputComesFromDecides) {
  for (const char* row : {"mean", "scores", "row", "square", "linear"}) EXPECT_TRUE(WithOutputs({row})) << row;
  for (const char* map : {"map", "excited", "spread", "joined"}) EXPECT_FALSE(WithOutputs({map})) << map;
}

TEST(IsClassifier, OutputsBesideTheFirstDecideNothing) {
  EXPECT_FALSE(WithOutputs({"spread", "mean"}));
  EXPECT_TRUE(WithOutputs({"mean", "spread"}));
}

}  // namespace
}  // namespace fcn
