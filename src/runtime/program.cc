#include "runtime/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "base/machine.h"
#include "fcn/error.h"
#include "graph/cost.h"

namespace fcn {
namespace {

bool IsActivation(const Graph& graph, ValueId id) { return graph.value(id).kind != ValueKind::kParameter; }

// Two kernels of one name, layer and batch norm pack alike, whatever the image's size; only a fully connected layer's
// kernel is as large as the map.
std::string PackingKey(const PlannedStep& planned, const Plan& plan, Isa isa) {
  const Nhwc& input = plan.shapes[static_cast<size_t>(planned.step.inputs[0])];
  return fmt::format("{}/{}/{}{}{}", planned.step.name, planned.kernel->name(), IsaName(isa),
                     planned.step.tail.batch_norm.empty() ? "" : "+batch_norm",
                     std::holds_alternative<Linear>(planned.step.op) ? ToString(input) : "");
}

void Copy(TensorView<const float> from, TensorView<float> to) {
  for (int64_t n = 0; n < from.shape.n; n++)
    for (int64_t y = 0; y < from.shape.h; y++)
      for (int64_t x = 0; x < from.shape.w; x++) std::copy_n(from.at(n, y, x), from.shape.c, to.at(n, y, x));
}

void CheckShapes(std::span<const Nhwc> wanted, auto views, const char* what) {
  FCN_CHECK(wanted.size() == views.size());
  for (size_t i = 0; i < wanted.size(); i++)
    if (!(views[i].shape == wanted[i]))
      throw Error(ErrorCode::kUsage, fmt::format("{} {} has shape {}; the program was compiled for {}", what, i,
                                                 ToString(views[i].shape), ToString(wanted[i])));
}

}  // namespace

uint8_t* Arena::Reserve(int64_t bytes) {
  if (bytes > bytes_) {
    memory_.reset();  // first, so that old and new never exist at once
    bytes_ = 0;
    memory_ = AllocateAligned<uint8_t>(static_cast<size_t>(bytes));
    bytes_ = bytes;
  }
  return memory_.get();
}

Program::Program(Plan plan, Isa isa, int threads) : plan_(std::move(plan)), isa_(isa), threads_(threads) {
  const std::vector<int64_t> by_node = MultiplyAdds(*plan_.graph, plan_.shapes);
  for (const PlannedStep& planned : plan_.steps) {
    const auto& nodes = plan_.graph->nodes();
    const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const Node& candidate) {
      return plan_.graph->value(candidate.output).name == planned.step.name;
    });
    multiply_adds_.push_back(node == nodes.end() ? 0 : by_node[static_cast<size_t>(node - nodes.begin())]);
  }
}

std::shared_ptr<const Program> Program::Compile(const std::shared_ptr<const Graph>& graph, std::span<const Nhwc> inputs,
                                                const WeightSource& weights, PackedStore& store,
                                                const CompileOptions& options, const Context& context) {
  std::shared_ptr<Program> program(
      new Program(MakePlan(graph, inputs, options, context), context.isa(), context.threads()));
  if (const int64_t needed = program->plan_.memory.peak(), there_is = MachineMemory(); needed > there_is)
    throw Error(ErrorCode::kMemory,
                fmt::format("this would need {:.1f} GB of memory; the machine allows {:.1f} GB",
                            static_cast<double>(needed) / 1e9, static_cast<double>(there_is) / 1e9),
                "Use a smaller image or batch.");
  for (const PlannedStep& planned : program->plan_.steps) {
    context.ThrowIfCancelled();
    std::shared_ptr<const PackedLayer> packed;
    if (planned.kernel->packed_floats() > 0)
      packed = store.Get(PackingKey(planned, program->plan_, context.isa()),
                         [&] { return planned.kernel->Pack(weights, context); });
    program->packed_.push_back(std::move(packed));
  }
  return program;
}

void Program::Run(std::span<const TensorView<const float>> inputs, std::span<const TensorView<float>> outputs,
                  Arena& arena, const Context& context, Profile* profile) const {
  FCN_CHECK(context.isa() == isa_ && context.threads() <= threads_);
  std::vector<Nhwc> output_shapes;
  for (ValueId id : plan_.outputs) output_shapes.push_back(plan_.shapes[static_cast<size_t>(id)]);
  CheckShapes(plan_.input_shapes, inputs, "input");
  CheckShapes(output_shapes, outputs, "output");

  uint8_t* memory = arena.Reserve(plan_.memory.arena);
  std::vector<TensorView<float>> written(plan_.shapes.size());
  for (size_t id = 0; id < written.size(); id++)
    if (plan_.offsets[id] >= 0) written[id] = {reinterpret_cast<float*>(memory + plan_.offsets[id]), plan_.shapes[id]};
  for (size_t i = 0; i < outputs.size(); i++) written[static_cast<size_t>(plan_.outputs[i])] = outputs[i];
  const std::vector<ValueId>& graph_inputs = plan_.graph->inputs();
  const auto readable = [&](ValueId id) -> TensorView<const float> {
    const auto found = std::find(graph_inputs.begin(), graph_inputs.end(), id);
    return found != graph_inputs.end() ? inputs[static_cast<size_t>(found - graph_inputs.begin())]
                                       : written[static_cast<size_t>(id)];
  };

  if (profile != nullptr && profile->rows.empty()) {
    for (size_t i = 0; i < plan_.steps.size(); i++) {
      const PlannedStep& planned = plan_.steps[i];
      profile->rows.push_back({planned.step.name, planned.kernel->name(),
                               ToString(plan_.shapes[static_cast<size_t>(planned.step.output)]), multiply_adds_[i], 0});
    }
  }
  std::vector<TensorView<const float>> step_inputs;
  for (size_t i = 0; i < plan_.steps.size(); i++) {
    context.ThrowIfCancelled();
    const PlannedStep& planned = plan_.steps[i];
    step_inputs.clear();
    for (ValueId id : planned.step.inputs)
      if (IsActivation(*plan_.graph, id)) step_inputs.push_back(readable(id));
    StepArgs args;
    args.inputs = step_inputs;
    if (planned.step.tail.residual != kNoValue) args.residual = readable(planned.step.tail.residual);
    args.output = written[static_cast<size_t>(planned.step.output)];
    args.packed = packed_[i].get();
    args.scratch = reinterpret_cast<float*>(memory + planned.scratch_offset);
    const auto start = std::chrono::steady_clock::now();
    planned.kernel->Run(args, context);
    if (profile != nullptr)
      profile->rows[i].milliseconds +=
          std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  }
  // An output that no step wrote to its place: an input of the graph, or a value that is an output twice.
  for (size_t i = 0; i < outputs.size(); i++)
    if (const TensorView<const float> value = readable(plan_.outputs[i]); value.data != outputs[i].data)
      Copy(value, outputs[i]);
  if (profile != nullptr) profile->runs++;
}

}  // namespace fcn
