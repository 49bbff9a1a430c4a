import * as z from 'zod';
import { graphAxis, isMap, type Tensor, tensor, withChannels } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, configOf, type LayerCall } from './call.ts';

const concatenateSchema = z.object({ axis: z.int().default(-1) });

/** Two or more tensors, combined value by value. A dimension of 1 fits to any. */
const merge =
  (opType: 'Add' | 'Mul' | 'Sub' | 'Max' | 'Min' | 'Mean'): Converter =>
  (call) => {
    const { graph, name, layer } = call;
    const inputs = alike(call);
    if (inputs.length < 2) throw unsupported(layer, 'one input only');
    if (opType === 'Sub' && inputs.length > 2) throw unsupported(layer, `${inputs.length} inputs`);
    const names = () => inputs.map((input) => input.name);
    return tensor(
      () =>
        ['Max', 'Min', 'Mean'].includes(opType)
          ? graph.add(opType, names(), name)
          : names().reduce((left, right) => graph.add(opType, [left, right], name)),
      { shape: broadcast(call, inputs), channels: inputs[0]!.channels },
    );
  };

export const add = merge('Add');
export const multiply = merge('Mul');
export const subtract = merge('Sub');
export const maximum = merge('Max');
export const minimum = merge('Min');
export const average = merge('Mean');

export const concatenate: Converter = (call) => {
  const { axis } = configOf(call, concatenateSchema);
  const inputs = alike(call);
  const [first] = inputs;
  const rank = first!.shape.length + 1;
  const position = axis < 0 ? axis + rank : axis;
  const sizes = inputs.map((input) => input.shape[position - 1]);
  const fit = inputs.every((input) =>
    input.shape.every((size, index) => index === position - 1 || size === first!.shape[index]),
  );
  if (position < 1 || position >= rank || !fit) throw unsupported(call.layer, shapesOf(inputs));
  const shape = first!.shape.with(
    position - 1,
    sizes.reduce<number>((sum, size) => sum + size!, 0),
  );
  if (inputs.length === 1) return first!;
  return tensor(
    () =>
      call.graph.add(
        'Concat',
        inputs.map((input) => input.name),
        call.name,
        { axis: BigInt(graphAxis(first!, position)) },
      ),
    { shape, channels: first!.channels },
  );
};

/** The inputs with their channels at one place, and of one number of dimensions. */
export function alike({ inputs, graph, layer, name }: LayerCall): Tensor[] {
  const rank = Math.max(...inputs.map((input) => input.shape.length));
  const same = inputs.every((input) => input.shape.length === rank);
  if (!same) return inputs.map((input) => raised(input));
  const channels = inputs.every((input) => input.channels === inputs[0]!.channels)
    ? inputs[0]!.channels
    : 'first';
  return inputs.map((input) => withChannels(graph, input, channels));

  /** Keras puts dimensions of 1 behind the first one: a vector of channels becomes a map of one place. */
  function raised(input: Tensor): Tensor {
    if (isMap(input)) return withChannels(graph, input, 'first');
    if (rank !== 3 || input.shape.length !== 1) throw unsupported(layer, shapesOf(inputs));
    return tensor(
      () => {
        const axes = graph.integers(`${name}/axes`, [2, 3]);
        return graph.add('Unsqueeze', [input.name, axes], `${name}/map`);
      },
      { shape: [1, 1, input.shape[0]!] },
    );
  }
}

/** The shape of what comes out of tensors of these shapes. */
export function broadcast({ layer }: LayerCall, inputs: readonly Tensor[]): number[] {
  return inputs[0]!.shape.map((_, axis) => {
    const sizes = new Set(inputs.map((input) => input.shape[axis]!).filter((size) => size !== 1));
    if (sizes.size > 1) throw unsupported(layer, shapesOf(inputs));
    return [...sizes][0] ?? 1;
  });
}

const shapesOf = (inputs: readonly Tensor[]) =>
  `inputs of the shapes ${inputs.map(({ shape }) => `[${shape.join(', ')}]`).join(' and ')}`;
