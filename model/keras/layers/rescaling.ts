import * as z from 'zod';
import type { Tensor } from '../graph/tensor.ts';
import { unsupported } from '../unsupported.ts';
import { type Converter, configOf, type LayerCall, onlyInput, weightsOf } from './call.ts';
import { scaleAndShift } from './normalisation.ts';

/** Numbers as Keras writes them: one, a list of any depth, or numpy's array as an object. */
const numbers = z.preprocess((value) => {
  const config = (value as { config?: { value?: unknown } } | null | undefined)?.config;
  const list = config?.value ?? value;
  return typeof list === 'number' ? [list] : Array.isArray(list) ? list.flat(8) : list;
}, z.array(z.number()).nullish());

const rescalingSchema = z.object({ scale: numbers, offset: numbers });
const normalisationSchema = z.object({
  axis: z.union([z.int(), z.array(z.int()).max(1)]).nullish(),
  mean: numbers,
  variance: numbers,
  invert: z.literal(false).nullish(),
});
/** Keras's `epsilon`, below which it takes no deviation. */
const SMALLEST_DEVIATION = 1e-7;

/** `x × scale + offset`. */
export const rescaling: Converter = (call) => {
  const { scale, offset } = configOf(call, rescalingSchema);
  return prepare(call, onlyInput(call), { scale: scale ?? [1], shift: offset ?? [0] });
};

/** `(x − mean) / deviation`, with numbers from the settings or learnt from data. */
export const normalisation: Converter = (call) => {
  const { axis, mean, variance } = configOf(call, normalisationSchema);
  const input = onlyInput(call);
  const axes = axis === null || axis === undefined ? [] : [axis].flat();
  if (axes.some((each) => each !== -1 && each !== input.shape.length)) {
    throw unsupported(call.layer, `the axis ${axes.join()} instead of the channels`);
  }
  const [means, variances] =
    mean && variance ? [mean, variance] : adapted(call, axes.length ? [input.shape.at(-1)!] : []);
  const deviations = Array.from(variances, (value) => Math.max(Math.sqrt(value), SMALLEST_DEVIATION));
  return prepare(call, input, {
    scale: deviations.map((deviation) => 1 / deviation),
    shift: deviations.map((deviation, at) => -means[at]! / deviation),
  });
};

function adapted(call: LayerCall, dims: number[]): [Float32Array, Float32Array] {
  const [mean, variance] = weightsOf(call, [
    ['mean', dims],
    ['variance', dims],
    ['count', []],
  ]);
  return [mean!.read(), variance!.read()];
}

/** Of pixels it remembers the scale, from which follows what the network takes. */
function prepare(
  call: LayerCall,
  input: Tensor,
  { scale, shift }: { scale: number[]; shift: number[] },
): Tensor {
  const channels = input.shape.at(-1)!;
  const scales = spread(call, scale, channels);
  const output = scaleAndShift(call, input, scales, spread(call, shift, channels));
  const before = input.made.pixels?.scale;
  if (before) {
    const total = Array.from(scales, (value, at) => value * (before[at] ?? before[0]!));
    output.made.pixels = { scale: total };
    call.graph.pixelScale = total;
  }
  return output;
}

function spread({ layer }: LayerCall, values: number[], channels: number): Float64Array {
  if (values.length !== 1 && values.length !== channels) {
    throw unsupported(layer, `${values.length} numbers for ${channels} channels`);
  }
  return Float64Array.from({ length: channels }, (_, at) => values[at] ?? values[0]!);
}
