import * as tf from '@tensorflow/tfjs-core';
import type { Activation } from '../activation.ts';
import {
  NORMALISE_BATCH,
  NORMALISE_BATCH_GRADIENT,
  type NormaliseBatchGradientInputs,
  type NormaliseBatchInputs,
  optionsOf,
} from '../batch-normalisation.ts';
import { type Code, defineFunction, f32x4, i32, type Local, loop, sequence, set } from './assembler.ts';
import { addressOf, kernelFunction, valuesOf, type WasmBackend } from './heap.ts';

export function registerBatchNormalisation() {
  tf.registerKernel({
    kernelName: NORMALISE_BATCH,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const { x, gamma, beta } = args.inputs as NormaliseBatchInputs;
      const { epsilon, activation } = optionsOf(args.attrs);
      const channels = gamma.shape[0]!;
      const values = tf.util.sizeFromShape(x.shape);
      const [mean, variance, scale, shift] = Array.from({ length: 4 }, () =>
        backend.makeOutput([channels], 'float32'),
      ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
      const y = backend.makeOutput(x.shape, 'float32');
      const address = (info: tf.TensorInfo) => addressOf(backend, info);
      const count = values / channels;
      const call = { x: address(x), bytes: 4 * values };
      sums(backend, channels)({ ...call, sums: address(mean) });
      const means = valuesOf(backend, mean);
      for (let c = 0; c < channels; c++) means[c]! /= count;
      squares(backend, channels)({ ...call, mean: address(mean), sums: address(variance) });
      const variances = valuesOf(backend, variance);
      const [scales, shifts] = [valuesOf(backend, scale), valuesOf(backend, shift)];
      const [gammas, betas] = [valuesOf(backend, gamma), valuesOf(backend, beta)];
      for (let c = 0; c < channels; c++) {
        variances[c]! /= count;
        scales[c] = gammas[c]! / Math.sqrt(variances[c]! + epsilon);
        shifts[c] = betas[c]! - scales[c]! * means[c]!;
      }
      activate(
        backend,
        channels,
        activation,
      )({ ...call, y: address(y), scale: address(scale), shift: address(shift) });
      backend.disposeData(scale.dataId);
      backend.disposeData(shift.dataId);
      return [y, mean, variance];
    },
  });
  tf.registerKernel({
    kernelName: NORMALISE_BATCH_GRADIENT,
    backendName: 'wasm',
    kernelFunc: (args) => {
      const backend = args.backend as WasmBackend;
      const inputs = args.inputs as NormaliseBatchGradientInputs;
      const { epsilon, activation } = optionsOf(args.attrs);
      const channels = inputs.gamma.shape[0]!;
      const values = tf.util.sizeFromShape(inputs.x.shape);
      const count = values / channels;
      const dx = backend.makeOutput(inputs.x.shape, 'float32');
      const [dGamma, dBeta, a, b, c] = Array.from({ length: 5 }, () =>
        backend.makeOutput([channels], 'float32'),
      ) as [tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo, tf.TensorInfo];
      const address = (info: tf.TensorInfo) => addressOf(backend, info);
      const call = {
        x: address(inputs.x),
        y: address(inputs.y),
        dy: address(inputs.dy),
        bytes: 4 * values,
      };
      slopeSums(
        backend,
        channels,
        activation,
      )({
        ...call,
        mean: address(inputs.mean),
        plain: address(dBeta),
        weighted: address(dGamma),
      });
      const read = (info: tf.TensorInfo) => valuesOf(backend, info);
      const [gammas, means, variances] = [read(inputs.gamma), read(inputs.mean), read(inputs.variance)];
      const [dGammas, dBetas] = [read(dGamma), read(dBeta)];
      const [as, bs, cs] = [read(a), read(b), read(c)];
      // dx = a × dz + b × x + c, where dz is dy before the activation.
      for (let k = 0; k < channels; k++) {
        const inverse = 1 / Math.sqrt(variances[k]! + epsilon);
        dGammas[k]! *= inverse;
        as[k] = gammas[k]! * inverse;
        bs[k] = (-as[k]! * inverse * dGammas[k]!) / count;
        cs[k] = (-as[k]! * dBetas[k]!) / count - bs[k]! * means[k]!;
      }
      combine(
        backend,
        channels,
        activation,
      )({ ...call, dx: address(dx), a: address(a), b: address(b), c: address(c) });
      for (const info of [a, b, c]) backend.disposeData(info.dataId);
      return [dx, dGamma, dBeta];
    },
  });
}

/** Vectors of channels that are handled together. */
const together = (channels: number) => [4, 3, 2, 1].find((count) => channels % (4 * count) === 0)!;

/**
 * Goes over all pixels of a few channels before the next few, so that what belongs to a channel stays in
 * registers: `before` sets it up, `each` runs at every vector of values, `after` stores it.
 */
function overChannels(
  channels: number,
  { bytes, first, at }: Record<'bytes' | 'first' | 'at', Local>,
  parts: Record<'before' | 'each' | 'after', (v: number) => ReturnType<typeof sequence>>,
) {
  const vectors = Array.from({ length: together(channels) }, (_, v) => v);
  return loop(
    first,
    { from: 0, to: 4 * channels, step: 16 * vectors.length },
    sequence(
      ...vectors.map(parts.before),
      loop(at, { from: first, to: bytes, step: 4 * channels }, sequence(...vectors.map(parts.each))),
      ...vectors.map(parts.after),
    ),
  );
}

const sums = (backend: WasmBackend, channels: number) =>
  kernelFunction(backend, `channel sums ${channels}`, () =>
    defineFunction({
      parameters: ['x', 'sums', 'bytes'],
      variables: ['first', 'at'],
      body(names, vector) {
        const { x, sums, first, at } = names;
        const total = Array.from({ length: together(channels) }, vector);
        return overChannels(channels, names, {
          before: (v) => set(total[v]!, f32x4.zero),
          each: (v) => set(total[v]!, f32x4.add(total[v]!, f32x4.load(i32.add(x, at), 16 * v))),
          after: (v) => f32x4.store(i32.add(sums, first), total[v]!, 16 * v),
        });
      },
    }),
  );

/** Sums of the squared distances from the mean. */
const squares = (backend: WasmBackend, channels: number) =>
  kernelFunction(backend, `channel squares ${channels}`, () =>
    defineFunction({
      parameters: ['x', 'mean', 'sums', 'bytes'],
      variables: ['first', 'at'],
      body(names, vector) {
        const { x, mean, sums, first, at } = names;
        const count = together(channels);
        const [total, centre] = [
          Array.from({ length: count }, vector),
          Array.from({ length: count }, vector),
        ];
        const distance = vector();
        return overChannels(channels, names, {
          before: (v) =>
            sequence(set(total[v]!, f32x4.zero), set(centre[v]!, f32x4.load(i32.add(mean, first), 16 * v))),
          each: (v) =>
            sequence(
              set(distance, f32x4.subtract(f32x4.load(i32.add(x, at), 16 * v), centre[v]!)),
              set(total[v]!, f32x4.add(total[v]!, f32x4.multiply(distance, distance))),
            ),
          after: (v) => f32x4.store(i32.add(sums, first), total[v]!, 16 * v),
        });
      },
    }),
  );

/** y = activation(scale × x + shift) */
const activate = (backend: WasmBackend, channels: number, activation: Activation) =>
  kernelFunction(backend, `channel activation ${channels} ${activation}`, () =>
    defineFunction({
      parameters: ['x', 'y', 'scale', 'shift', 'bytes'],
      variables: ['first', 'at'],
      body(names, vector) {
        const { x, y, scale, shift, first, at } = names;
        const count = together(channels);
        const [factor, summand] = [
          Array.from({ length: count }, vector),
          Array.from({ length: count }, vector),
        ];
        return overChannels(channels, names, {
          before: (v) =>
            sequence(
              set(factor[v]!, f32x4.load(i32.add(scale, first), 16 * v)),
              set(summand[v]!, f32x4.load(i32.add(shift, first), 16 * v)),
            ),
          each: (v) => {
            const scaled = f32x4.multiply(f32x4.load(i32.add(x, at), 16 * v), factor[v]!);
            return f32x4.store(i32.add(y, at), clipped(f32x4.add(scaled, summand[v]!), activation), 16 * v);
          },
          after: () => [],
        });
      },
    }),
  );

const SIX = f32x4.constant(6);

function clipped(value: Code, activation: Activation): Code {
  if (activation === 'none') return value;
  const positive = f32x4.max(value, f32x4.zero);
  return activation === 'relu' ? positive : f32x4.min(positive, SIX);
}

/** dz: the gradient before the activation, which passes it on where its output lies between its limits. */
function beforeActivation(
  { dy, y, at }: Record<'dy' | 'y' | 'at', Local>,
  v: number,
  activation: Activation,
): Code {
  const slope = f32x4.load(i32.add(dy, at), 16 * v);
  if (activation === 'none') return slope;
  const output = f32x4.load(i32.add(y, at), 16 * v);
  const rising = f32x4.and(slope, f32x4.greater(output, f32x4.zero));
  return activation === 'relu' ? rising : f32x4.and(rising, f32x4.greater(SIX, output));
}

/** Sums of dz, and of dz × (x − mean). */
const slopeSums = (backend: WasmBackend, channels: number, activation: Activation) =>
  kernelFunction(backend, `channel slope sums ${channels} ${activation}`, () =>
    defineFunction({
      parameters: ['x', 'y', 'dy', 'mean', 'plain', 'weighted', 'bytes'],
      variables: ['first', 'at'],
      body(names, vector) {
        const { x, mean, plain, weighted, first, at } = names;
        const channelVectors = () => Array.from({ length: together(channels) }, vector);
        const [total, product, centre] = [channelVectors(), channelVectors(), channelVectors()];
        const dz = vector();
        return overChannels(channels, names, {
          before: (v) =>
            sequence(
              set(total[v]!, f32x4.zero),
              set(product[v]!, f32x4.zero),
              set(centre[v]!, f32x4.load(i32.add(mean, first), 16 * v)),
            ),
          each: (v) => {
            const distance = f32x4.subtract(f32x4.load(i32.add(x, at), 16 * v), centre[v]!);
            return sequence(
              set(dz, beforeActivation(names, v, activation)),
              set(total[v]!, f32x4.add(total[v]!, dz)),
              set(product[v]!, f32x4.add(product[v]!, f32x4.multiply(dz, distance))),
            );
          },
          after: (v) =>
            sequence(
              f32x4.store(i32.add(plain, first), total[v]!, 16 * v),
              f32x4.store(i32.add(weighted, first), product[v]!, 16 * v),
            ),
        });
      },
    }),
  );

/** dx = a × dz + b × x + c */
const combine = (backend: WasmBackend, channels: number, activation: Activation) =>
  kernelFunction(backend, `channel combination ${channels} ${activation}`, () =>
    defineFunction({
      parameters: ['x', 'y', 'dy', 'dx', 'a', 'b', 'c', 'bytes'],
      variables: ['first', 'at'],
      body(names, vector) {
        const { x, dx, a, b, c, first, at } = names;
        const channelVectors = () => Array.from({ length: together(channels) }, vector);
        const [as, bs, cs] = [channelVectors(), channelVectors(), channelVectors()];
        return overChannels(channels, names, {
          before: (v) =>
            sequence(
              set(as[v]!, f32x4.load(i32.add(a, first), 16 * v)),
              set(bs[v]!, f32x4.load(i32.add(b, first), 16 * v)),
              set(cs[v]!, f32x4.load(i32.add(c, first), 16 * v)),
            ),
          each: (v) => {
            const ofX = f32x4.add(f32x4.multiply(f32x4.load(i32.add(x, at), 16 * v), bs[v]!), cs[v]!);
            const ofDz = f32x4.multiply(beforeActivation(names, v, activation), as[v]!);
            return f32x4.store(i32.add(dx, at), f32x4.add(ofX, ofDz), 16 * v);
          },
          after: () => [],
        });
      },
    }),
  );
