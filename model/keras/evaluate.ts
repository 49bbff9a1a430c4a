import { InvalidInputError } from '#core/errors.ts';
import { type Tensor, tensor } from './graph/tensor.ts';
import type { GraphWriter } from './graph/writer.ts';
import type { LayerCall, Operand } from './layers/call.ts';
import { converterOf } from './layers/table.ts';
import { type Argument, type Call, type KerasModel, type Layer, type Network, Reference } from './network.ts';
import { referencesIn } from './parse-references.ts';

/** What gives the tensor of a reference, and adds to the graph what is needed for it. */
type Evaluate = (reference: Reference) => Tensor;

/**
 * @param inputs tensors of the model's inputs
 * @param outputs what will be asked for
 */
export function evaluator(
  model: KerasModel,
  graph: GraphWriter,
  inputs: readonly Tensor[],
  outputs: readonly Reference[],
): Evaluate {
  return evaluateNetwork({ model, graph, prefix: '' }, model.network, inputs, outputs);
}

interface Around {
  model: KerasModel;
  graph: GraphWriter;
  /** Of names in the graph: the models around it. */
  prefix: string;
}

function evaluateNetwork(
  around: Around,
  network: Network,
  inputs: readonly Tensor[],
  outputs: readonly Reference[],
): Evaluate {
  const known = new Map<string, Tensor | 'asked for'>(
    network.inputs.map((reference, index) => [reference.key, inputs[index]!]),
  );
  const uses = countUses(network, outputs);
  const evaluate: Evaluate = (given) => {
    const reference = settled(network, given);
    const before = known.get(reference.key);
    if (before === 'asked for') throw broken(network, `"${reference.layer}" needs its own output`);
    if (before) return before;
    known.set(reference.key, 'asked for');
    const layer = network.layers.get(reference.layer);
    const call = layer?.calls[reference.call];
    if (!layer || !call) throw broken(network, `there is no output of a layer "${reference.layer}"`);
    const result = alone(convert(layer, call, reference), uses.get(reference.key) ?? 0);
    known.set(reference.key, result);
    return result;
  };
  return evaluate;

  function convert(layer: Layer, call: Call, reference: Reference): Tensor {
    const name = `${around.prefix}${layer.name}`;
    if (layer.network) {
      const inner = layer.network;
      const given = referencesIn(call).map(evaluate);
      if (given.length !== inner.inputs.length) {
        throw broken(network, `"${layer.name}" takes ${inner.inputs.length} inputs and gets ${given.length}`);
      }
      const output = inner.outputs[reference.output];
      if (!output) throw broken(network, `"${layer.name}" has no output ${reference.output}`);
      const outputOf = evaluateNetwork({ ...around, prefix: `${name}/` }, inner, given, inner.outputs);
      return outputOf(output);
    }
    if (reference.output !== 0) throw broken(network, `"${layer.name}" has no output ${reference.output}`);
    const operand = (argument: Argument): Operand => {
      if (argument instanceof Reference) return evaluate(argument);
      return Array.isArray(argument) ? argument.map(operand) : (argument as string | number | boolean | null);
    };
    const parts: LayerCall = {
      layer,
      name,
      graph: around.graph,
      inputs: referencesIn(call).map(evaluate),
      arguments: call.arguments.map(operand),
      named: Object.fromEntries(Object.entries(call.named).map(([key, value]) => [key, operand(value)])),
      version: around.model.version,
      get weights() {
        return around.model.weightsOf(layer);
      },
    };
    return converterOf(layer, call.arguments.length)(parts);
  }
}

/** A convolution whose output others need as well keeps its own constants. */
function alone(result: Tensor, uses: number): Tensor {
  if (uses <= 1 || !result.made.scaled) return result;
  const { scaled: _, ...made } = result.made;
  return tensor(() => result.name, { shape: result.shape, channels: result.channels, made });
}

/**
 * TensorFlow.js and older versions of Keras count a sequential model's own making as its first call, which
 * they do not write.
 */
function settled(network: Network, reference: Reference): Reference {
  const layer = network.layers.get(reference.layer);
  return layer?.network && layer.calls.length === 1
    ? new Reference(reference.layer, 0, reference.output)
    : reference;
}

function countUses(network: Network, outputs: readonly Reference[]): Map<string, number> {
  const uses = new Map<string, number>();
  const calls = [...network.layers.values()].flatMap((layer) => layer.calls);
  for (const reference of [...outputs, ...calls.flatMap(referencesIn)]) {
    const { key } = settled(network, reference);
    uses.set(key, (uses.get(key) ?? 0) + 1);
  }
  return uses;
}

const broken = (network: Network, what: string) =>
  new InvalidInputError(`The layers of the model "${network.name}" are not connected rightly: ${what}`, {
    hint: 'Save the model again with `model.save`.',
  });
