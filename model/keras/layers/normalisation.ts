import * as z from 'zod';
import { channelDims, isMap, type Tensor, tensor, withChannels } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, configOf, type LayerCall, onlyInput, type Role, weightsOf } from './call.ts';

const axis = z.union([z.int(), z.array(z.int())]).default(-1);
const batchSchema = z.object({
  axis,
  epsilon: z.number().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  renorm: z.literal(false).nullish(),
});
const layerSchema = z.object({
  axis,
  epsilon: z.number().default(1e-3),
  center: z.boolean().default(true),
  scale: z.boolean().default(true),
  rms_scaling: z.literal(false).nullish(),
});

export const batchNormalisation: Converter = (call) => {
  const config = configOf(call, batchSchema);
  const input = onlyInput(call);
  const channels = channelsOf(call, input, config.axis);
  const dims = [channels];
  const weights = weightsOf(call, [
    ...affineRoles(config, dims),
    ['moving_mean', dims],
    ['moving_variance', dims],
  ]).map((weight) => weight.read());
  const variance = weights.pop()!;
  const mean = weights.pop()!;
  const gamma = config.scale ? weights.shift() : undefined;
  const beta = weights.shift();
  const scale = Float64Array.from(
    variance,
    (value, at) => (gamma?.[at] ?? 1) / Math.sqrt(value + config.epsilon),
  );
  const shift = Float64Array.from(mean, (value, at) => (beta?.[at] ?? 0) - value * scale[at]!);
  return input.made.scaled ? input.made.scaled(scale, shift) : scaleAndShift(call, input, scale, shift);
};

/** `input × scale + shift`, each with one value a channel. */
export function scaleAndShift(
  { graph, name }: Pick<LayerCall, 'graph' | 'name'>,
  input: Tensor,
  scale: Float64Array,
  shift: Float64Array,
): Tensor {
  const dims = channelDims(input, scale.length);
  const constant = (role: string, values: Float64Array | number[], of = dims) =>
    graph.floats(`${name}/${role}`, of, Float32Array.from(values));
  const add = () => {
    if (isMap(input) && input.channels === 'first') {
      // One operation instead of two: a normalisation of what has mean 0 and variance 1 already.
      const [each, zeros, ones] = [[scale.length], scale.map(() => 0), scale.map(() => 1)];
      const constants = [
        constant('scale', scale, each),
        constant('shift', shift, each),
        constant('mean', zeros, each),
        constant('variance', ones, each),
      ];
      return graph.add('BatchNormalization', [input.name, ...constants], name, { epsilon: 0 });
    }
    const scaled = graph.add('Mul', [input.name, constant('scale', scale)], `${name}/scaled`);
    return graph.add('Add', [scaled, constant('shift', shift)], name);
  };
  return tensor(add, { shape: input.shape, channels: input.channels });
}

/** Each vector of channels is normalised by its own mean and variance. */
export const layerNormalisation: Converter = (call) => {
  const config = configOf(call, layerSchema);
  const input = onlyInput(call);
  const channels = channelsOf(call, input, config.axis);
  const weights = weightsOf(call, affineRoles(config, [channels])).map((weight) => weight.read());
  const gamma = config.scale ? weights.shift()! : new Float32Array(channels).fill(1);
  const beta = weights.shift();
  const { graph, name } = call;
  const source = withChannels(graph, input, 'last');
  return tensor(
    () => {
      const inputs = [source.name, graph.floats(`${name}/gamma`, [channels], gamma)];
      if (beta) inputs.push(graph.floats(`${name}/beta`, [channels], beta));
      return graph.add('LayerNormalization', inputs, name, { axis: -1n, epsilon: config.epsilon });
    },
    { shape: input.shape, channels: 'last' },
  );
};

/** ConvNeXt's factor of each channel. */
export const layerScale: Converter = (call) => {
  const input = onlyInput(call);
  const channels = input.shape.at(-1)!;
  const gamma = weightsOf(call, [['gamma', [channels]]])[0]!.read();
  const { graph, name } = call;
  return tensor(
    () => {
      const factors = graph.floats(`${name}/gamma`, channelDims(input, channels), gamma);
      return graph.add('Mul', [input.name, factors], name);
    },
    { shape: input.shape, channels: input.channels },
  );
};

const affineRoles = ({ scale, center }: { scale: boolean; center: boolean }, dims: number[]): Role[] => [
  ...(scale ? ([['gamma', dims]] as Role[]) : []),
  ...(center ? ([['beta', dims]] as Role[]) : []),
];

/** The number of channels, which have to be what is normalised. */
function channelsOf({ layer }: LayerCall, input: Tensor, given: number | number[]): number {
  const axes = [given].flat();
  const rank = input.shape.length + 1;
  if (axes.length !== 1 || (axes[0] !== -1 && axes[0] !== rank - 1)) {
    throw unsupported(
      layer,
      `the axis ${axes.join(', ')} instead of ${isMap(input) ? 'the channels' : 'the last'}`,
    );
  }
  return input.shape.at(-1)!;
}
