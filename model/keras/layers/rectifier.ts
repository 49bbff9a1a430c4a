import * as z from 'zod';
import { channelDims, type Tensor, withChannels } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, configOf, type LayerCall, onlyInput, weightsOf } from './call.ts';
import { elementwise } from './elementwise.ts';

const number = z.union([
  z.number(),
  z
    .array(z.number())
    .length(1)
    .transform(([value]) => value!),
]);
const rectifierSchema = z.object({
  max_value: number.nullish(),
  negative_slope: number.nullish(),
  threshold: number.nullish(),
});
const leakySchema = z.object({ alpha: z.number().optional(), negative_slope: z.number().optional() });
const exponentialSchema = z.object({ alpha: z.number().default(1) });
const softmaxSchema = z.object({
  axis: z.union([z.int(), z.tuple([z.int()]).transform(([axis]) => axis)]).default(-1),
});
const parametricSchema = z.object({ shared_axes: z.array(z.int()).nullish() });

export const rectifier: Converter = (call) => rectify(call, onlyInput(call));

/**
 * Keras's ReLU: `max_value` where x ≥ `max_value`, x where x ≥ `threshold`, otherwise
 * `negative_slope` · (x − `threshold`).
 */
export function rectify(call: LayerCall, input: Tensor): Tensor {
  const config = configOf(call, rectifierSchema);
  const slope = config.negative_slope ?? 0;
  const threshold = config.threshold ?? 0;
  const maximum = config.max_value ?? undefined;
  return elementwise(call, input, ({ add, scalar }) => {
    if (threshold !== 0) {
      const below = add('Mul', [add('Sub', [input.name, scalar(threshold)]), scalar(slope)]);
      const kept = add('GreaterOrEqual', [input.name, scalar(threshold)]);
      const bent = add('Where', [kept, input.name, below]);
      return maximum === undefined ? bent : add('Min', [bent, scalar(maximum)]);
    }
    if (slope === 0 && maximum === undefined) return add('Relu', [input.name]);
    if (slope === 0) return add('Clip', [input.name, scalar(0), scalar(maximum!)]);
    const bent = add('LeakyRelu', [input.name], { alpha: slope });
    return maximum === undefined ? bent : add('Min', [bent, scalar(maximum)]);
  });
}

export const leakyRectifier: Converter = (call) => {
  const config = configOf(call, leakySchema);
  const input = onlyInput(call);
  const alpha = config.negative_slope ?? config.alpha ?? 0.3;
  return elementwise(call, input, ({ add }) => add('LeakyRelu', [input.name], { alpha }));
};

export const exponentialUnit: Converter = (call) => {
  const { alpha } = configOf(call, exponentialSchema);
  const input = onlyInput(call);
  return elementwise(call, input, ({ add }) => add('Elu', [input.name], { alpha }));
};

export const softmax: Converter = (call) => {
  const { axis } = configOf(call, softmaxSchema);
  const input = withChannels(call.graph, onlyInput(call), 'last');
  return elementwise(call, input, ({ add }) => add('Softmax', [input.name], { axis: BigInt(axis) }));
};

/** A slope for each channel, or for each value where no axes are shared. */
export const parametricRectifier: Converter = (call) => {
  const { shared_axes: shared } = configOf(call, parametricSchema);
  const given = onlyInput(call);
  const perChannel = given.shape.slice(0, -1).every((_, axis) => shared?.includes(axis + 1));
  if (!perChannel && (shared?.length ?? 0) > 0) throw unsupported(call.layer, 'some of its axes shared');
  const input = perChannel ? given : withChannels(call.graph, given, 'last');
  const dims = perChannel ? [...given.shape.slice(0, -1).map(() => 1), given.shape.at(-1)!] : given.shape;
  const alpha = weightsOf(call, [['alpha', dims]])[0]!.read();
  return elementwise(call, input, ({ add }) => {
    const slopes = call.graph.floats(
      `${call.name}/alpha`,
      perChannel ? channelDims(input, alpha.length) : dims,
      alpha,
    );
    return add('PRelu', [input.name, slopes]);
  });
};
