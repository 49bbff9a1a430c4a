import * as z from 'zod';
import { InvalidInputError } from '#core/errors.ts';
import { type Tensor, withChannels } from '../graph/tensor.ts';
import type { GraphWriter } from '../graph/writer.ts';
import type { Layer, Weight } from '../network.ts';
import { EXPORT_HINT, unsupported } from '../unsupported.ts';

/** What a layer was called with: tensors instead of references. */
export type Operand = Tensor | string | number | boolean | null | readonly Operand[];

/** One call of a layer, for the function that converts layers of its class. */
export interface LayerCall {
  layer: Layer;
  /** Base of the names of its nodes and constants. */
  name: string;
  graph: GraphWriter;
  /** All tensors among the arguments. */
  inputs: readonly Tensor[];
  arguments: readonly Operand[];
  named: Readonly<Record<string, Operand>>;
  /** Of Keras. */
  version: 2 | 3;
  weights: readonly Weight[];
}

/** Adds what a layer does to the graph. */
export type Converter = (call: LayerCall) => Tensor;

/** The only tensor that a layer is called with. */
export function onlyInput({ layer, inputs }: LayerCall): Tensor {
  if (inputs.length !== 1) throw unsupported(layer, `${inputs.length} inputs`);
  return inputs[0]!;
}

/** The only input, which has to be a map, with its channels first. */
export function mapInput(call: LayerCall): Tensor {
  const input = onlyInput(call);
  if (input.shape.length !== 3) {
    throw unsupported(call.layer, `an input of ${input.shape.length + 1} dimensions instead of 4`);
  }
  return withChannels(call.graph, input, 'first');
}

/** The settings of a layer that its converter reads. */
export function configOf<T>({ layer }: Pick<LayerCall, 'layer'>, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(layer.config);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw unsupported(layer, `a setting "${issue.path.join('.')}" that Graft does not know (${issue.message})`);
}

/** A weight by its role and the dimensions that it must have. */
export type Role = readonly [name: string, dims: readonly number[]];

/**
 * A layer's weights in Keras's order.
 *
 * @throws InvalidInputError when the file has others
 */
export function weightsOf({ layer, weights }: LayerCall, roles: readonly Role[]): Weight[] {
  const expected = roles.map(([name, dims]) => `${name} [${dims.join(', ')}]`).join(', ');
  if (weights.length !== roles.length) {
    throw new InvalidInputError(
      `The layer "${layer.name}" (${layer.className}) needs ${roles.length} weights (${expected}), and the file has ${weights.length}`,
      { hint: `Save the whole model with \`model.save\`. ${EXPORT_HINT}` },
    );
  }
  for (const [index, [name, dims]] of roles.entries()) {
    const found = weights[index]!.dims;
    if (found.join() !== dims.join()) {
      throw new InvalidInputError(
        `The weight "${name}" of the layer "${layer.name}" has the shape [${found.join(', ')}] instead of [${dims.join(', ')}]`,
        { hint: 'The file is damaged or was put together from two models; save it again with `model.save`.' },
      );
    }
  }
  return [...weights];
}

export const count = z.int().positive();

/** Two whole numbers, or one for both. */
export const pair = z.union([count.transform((size) => [size, size] as const), z.tuple([count, count])]);

/** Maps that have their channels first are written by few, and TensorFlow computes none on the CPU. */
export const channelsLast = z.literal('channels_last').nullish();

export const padding = z.enum(['valid', 'same']);
