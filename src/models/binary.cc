#include "models/binary.h"

#include "graph/channels.h"

namespace fcn {

bool IsBinary(const Graph& graph) { return InferChannels(graph)[static_cast<size_t>(graph.outputs()[0])] == 1; }

void NameBothClasses(Model& model) {
  if (model.classes.size() != 1 || !IsBinary(*model.graph)) return;
  model.classes.insert(model.classes.begin(), model.classes[0] == "background" ? "other" : "background");
  if (!model.palette.empty()) model.palette.insert(model.palette.begin(), Colour{0, 0, 0});
}

}  // namespace fcn
