#include "caffe/network.h"
#include "graph/text.h"
#include "target.h"

/// Any text as a net of Caffe's made into a graph, for tests and for training: one that prints and parses back to the
/// same, with a role for each input and output, or an Error.
FUZZ_TARGET(caffe_graph) {
  using namespace fcn;
  fuzz::Accepts([&] {
    const CaffeNet net = ParseCaffeNet(fuzz::Text(data, size), "fuzz");
    for (const CaffePhase phase : {CaffePhase::kTest, CaffePhase::kTrain})
      fuzz::Accepts([&] {
        const CaffeNetwork network = NetworkOfCaffe(net, {.state = CaffeStateOf(phase, {net.state})});
        const Graph& graph = *network.graph;
        fuzz::Require(graph.inputs().size() == network.inputs.size(), "each input has a role");
        fuzz::Require(graph.outputs().size() == network.heads.size(), "each output has a role");
        fuzz::Require(graph.Parameters().size() == network.weights.size(), "each parameter comes from somewhere");
        fuzz::Require(ParseGraph(PrintGraph(graph)) == graph, "a graph prints and parses back to the same");
      });
  });
  return 0;
}
