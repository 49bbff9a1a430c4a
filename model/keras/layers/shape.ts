import * as z from 'zod';
import { isMap, type Padding, type Tensor, tensor, withChannels } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, channelsLast, configOf, type LayerCall, mapInput, onlyInput, pair } from './call.ts';

const amount = z.int().nonnegative();
/** One number for all sides, one for each axis, or two for each axis. */
const sides = z
  .union([
    amount.transform((all) => [all, all, all, all] as const),
    z.tuple([amount, amount]).transform(([rows, columns]) => [rows, rows, columns, columns] as const),
    z
      .tuple([z.tuple([amount, amount]), z.tuple([amount, amount])])
      .transform(([rows, columns]) => [...rows, ...columns] as const),
  ])
  .transform(([top, bottom, left, right]): Padding => ({ top, bottom, left, right }));

const paddingSchema = z.object({ padding: sides, data_format: channelsLast });
const croppingSchema = z.object({ cropping: sides, data_format: channelsLast });
const upSamplingSchema = z.object({
  size: pair,
  interpolation: z.enum(['nearest', 'bilinear']).default('nearest'),
  data_format: channelsLast,
});
const flattenSchema = z.object({ data_format: channelsLast });
const reshapeSchema = z.object({
  target_shape: z.array(
    z
      .int()
      .nullable()
      .transform((dim) => dim ?? -1),
  ),
});
const permuteSchema = z.object({ dims: z.array(z.int().positive()) });

export const zeroPadding: Converter = (call) => {
  const { padding } = configOf(call, paddingSchema);
  const map = mapInput(call);
  const { top, bottom, left, right } = padding;
  const [height, width, channels] = map.shape as [number, number, number];
  const { graph, name } = call;
  return tensor(
    () =>
      graph.add(
        'Pad',
        [map.name, graph.integers(`${name}/sides`, [0, 0, top, left, 0, 0, bottom, right])],
        name,
      ),
    { shape: [height + top + bottom, width + left + right, channels], made: { padded: { map, padding } } },
  );
};

export const cropping: Converter = (call) => {
  const { top, bottom, left, right } = configOf(call, croppingSchema).cropping;
  const map = mapInput(call);
  const [height, width, channels] = map.shape as [number, number, number];
  const shape = [height - top - bottom, width - left - right, channels];
  if (Math.min(...shape) < 1) throw unsupported(call.layer, 'nothing left after cropping');
  const { graph, name } = call;
  return tensor(
    () => {
      const bounds = [
        graph.integers(`${name}/from`, [top, left]),
        graph.integers(`${name}/to`, [height - bottom, width - right]),
        graph.integers(`${name}/axes`, [2, 3]),
      ];
      return graph.add('Slice', [map.name, ...bounds], name);
    },
    { shape },
  );
};

export const upSampling: Converter = (call) => {
  const { size, interpolation } = configOf(call, upSamplingSchema);
  const map = mapInput(call);
  const { graph, name } = call;
  const attributes =
    interpolation === 'nearest'
      ? { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' }
      : { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  return tensor(
    () => {
      const factors = graph.floats(`${name}/factors`, [4], Float32Array.of(1, 1, ...size));
      return graph.add('Resize', [map.name, '', factors], name, attributes);
    },
    { shape: [map.shape[0]! * size[0], map.shape[1]! * size[1], map.shape[2]!] },
  );
};

export const flatten: Converter = (call) => {
  configOf(call, flattenSchema);
  const input = onlyInput(call);
  const width = product(input.shape);
  return tensor(() => call.graph.add('Flatten', [plain(call, input).name], call.name), {
    shape: [width],
    made: isMap(input) ? { flattened: input } : {},
  });
};

export const reshape: Converter = (call) => {
  const target = configOf(call, reshapeSchema).target_shape;
  const input = onlyInput(call);
  const size = product(input.shape);
  const known = product(target.filter((dim) => dim !== -1));
  const shape = target.map((dim) => (dim === -1 ? size / known : dim));
  if (product(shape) !== size || !shape.every((dim) => Number.isInteger(dim) && dim > 0)) {
    throw unsupported(call.layer, `a shape [${target.join(', ')}] for ${size} values`);
  }
  const { graph, name } = call;
  // A map of one place has the same order of values wherever its channels are.
  const onePlace = shape.length === 3 && shape[0] === 1 && shape[1] === 1;
  const dims = onePlace ? [shape[2]!, 1, 1] : shape;
  return tensor(
    () => {
      const all = graph.integers(`${name}/shape`, [0, ...dims]);
      return graph.add('Reshape', [plain(call, input).name, all], name);
    },
    { shape, channels: onePlace ? 'first' : 'last' },
  );
};

export const permuteDimensions: Converter = (call) => {
  const { dims } = configOf(call, permuteSchema);
  const input = withChannels(call.graph, onlyInput(call), 'last');
  if ([...dims].sort().join() !== input.shape.map((_, axis) => axis + 1).join()) {
    throw unsupported(call.layer, `the order [${dims.join(', ')}] for ${input.shape.length} dimensions`);
  }
  const perm = [0, ...dims].map(BigInt);
  return tensor(() => call.graph.add('Transpose', [input.name], call.name, { perm }), {
    shape: dims.map((dim) => input.shape[dim - 1]!),
    channels: 'last',
  });
};

/** The tensor with its values in Keras's order; a map of one place has it already. */
function plain({ graph }: LayerCall, input: Tensor): Tensor {
  return isMap(input) && input.shape[0] === 1 && input.shape[1] === 1
    ? input
    : withChannels(graph, input, 'last');
}

const product = (dims: readonly number[]) => dims.reduce((result, dim) => result * dim, 1);
