#include "models/binary.h"

#include "graph/channels.h"

namespace fcn {

bool IsBinary(const Graph& graph, size_t output) { return InferChannels(graph)[graph.outputs()[output]] == 1; }

void NameBothClasses(ModelContents& model) {
  for (size_t i = 0; i < model.heads.size(); i++) {
    HeadRole& head = model.heads[i];
    if (head.classes.size() != 1 || !IsBinary(*model.graph, i)) continue;
    head.classes.insert(head.classes.begin(), head.classes[0] == "background" ? "other" : "background");
    if (!head.palette.empty()) head.palette.insert(head.palette.begin(), Colour{0, 0, 0});
  }
}

}  // namespace fcn
