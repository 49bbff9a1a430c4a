import * as tf from '@tensorflow/tfjs-core';
import type * as tfl from '@tensorflow/tfjs-layers';
import { hasPooledConvolution, inferredBlock } from '../tensorflow/kernels/wasm/pooled-convolution.ts';

/**
 * Outputs of a model for one batch, as `model.predict` gives them, but in one piece: `predict` cuts a batch
 * into pieces of 32 images. Each block of `buildNetwork` runs as one step where the backend has a kernel for
 * it.
 *
 * @param x shape [n, …], as the model's input says
 * @returns one tensor for each of the model's outputs; the caller disposes them
 */
export function infer(model: tfl.LayersModel, x: tf.Tensor): tf.Tensor[] {
  const steps = stepsOf(model);
  if (!steps) return [model.predictOnBatch(x)].flat();
  const wanted = model.outputs.map(({ sourceLayer }) => sourceLayer);
  return tf.tidy(() => {
    const values = new Map<tfl.layers.Layer, tf.Tensor>();
    for (const { from, to, run } of steps) {
      values.set(to, run(from.map((layer) => (layer ? values.get(layer)! : x))));
    }
    // If an output is the input itself, the caller must not get its own tensor back.
    return wanted.map((layer) => values.get(layer) ?? tf.clone(x));
  });
}

/** By layer, those whose outputs it takes. */
type Sources = Map<tfl.layers.Layer, readonly tfl.layers.Layer[]>;

/** One layer or a whole block. */
interface Step {
  /** Whose outputs it takes; undefined stands for the model's input. */
  from: readonly (tfl.layers.Layer | undefined)[];
  /** The layer whose output it gives. */
  to: tfl.layers.Layer;
  run(values: tf.Tensor[]): tf.Tensor;
}

/**
 * @returns the steps in order, or undefined when a layer is used more than once, or the model has several
 * inputs
 */
function stepsOf(model: tfl.LayersModel): Step[] | undefined {
  if (model.inputs.length !== 1) return undefined;
  const sources: Sources = new Map();
  for (const layer of model.layers) {
    if (isInput(layer)) continue;
    const inputs = layer.inboundNodes
      .map(({ inboundLayers }) => inboundLayers)
      .filter((inbound) => inbound.every((source) => isInput(source) || model.layers.includes(source)));
    if (inputs.length !== 1) return undefined;
    sources.set(layer, inputs[0]!);
  }
  const steps: Step[] = [];
  const covered = new Set<tfl.layers.Layer>();
  for (const [layer, inbound] of sources) {
    if (covered.has(layer)) continue;
    const from = inbound.map((source) => (isInput(source) ? undefined : source));
    const block = blockFrom(layer, sources, model);
    if (block) for (const part of block.layers) covered.add(part);
    steps.push(
      block
        ? { from, to: block.layers.at(-1)!, run: ([value]) => block.run(value!) }
        : { from, to: layer, run: (values) => layer.apply(one(values)) as tf.Tensor },
    );
  }
  return steps;
}

/** Layers of a single input take it as it is. */
const one = (values: tf.Tensor[]) => (values.length === 1 ? values[0]! : values);

const isInput = (layer: tfl.layers.Layer) => layer.getClassName() === 'InputLayer';

const BLOCK = ['Conv2D', 'MaxPooling2D', 'BatchNormalization', 'ReLU'];

/**
 * The block of `buildNetwork` that begins with a layer, if there is one, no other layer uses its inner
 * outputs, and the backend has a kernel for it.
 */
function blockFrom(first: tfl.layers.Layer, sources: Sources, model: tfl.LayersModel) {
  const layers = [first];
  for (const name of BLOCK) {
    const last = layers.at(-1)!;
    if (last.getClassName() !== name) return undefined;
    if (layers.length === BLOCK.length) break;
    const followers = [...sources].filter(([, inbound]) => inbound.includes(last));
    if (followers.length !== 1 || model.outputs.some(({ sourceLayer }) => sourceLayer === last)) {
      return undefined;
    }
    layers.push(followers[0]![0]);
  }
  const [convolution, pooling, normalisation, activation] = layers as [
    tfl.layers.Layer,
    tfl.layers.Layer,
    tfl.layers.Layer,
    tfl.layers.Layer,
  ];
  const filter = convolution.getWeights()[0] as tf.Tensor4D;
  if (!hasPooledConvolution(filter) || !isPlain(convolution, pooling, activation)) return undefined;
  const [gamma, beta, mean, variance] = normalisation.getWeights();
  if (!gamma || !beta || !mean || !variance) return undefined;
  const epsilon = normalisation.getConfig().epsilon as number;
  const run = (x: tf.Tensor) =>
    inferredBlock(x as tf.Tensor4D, filter, { gamma, beta, mean, variance }, epsilon);
  return { layers, run };
}

/** Whether the layers are set up as `buildNetwork` does. */
function isPlain(convolution: tfl.layers.Layer, pooling: tfl.layers.Layer, activation: tfl.layers.Layer) {
  const [convolves, pools, activates] = [convolution, pooling, activation].map((layer) => layer.getConfig());
  const all = (value: unknown, expected: number) => [value].flat().every((side) => side === expected);
  return (
    convolves!.padding === 'same' &&
    convolves!.useBias === false &&
    convolves!.activation === 'linear' &&
    convolves!.dataFormat === 'channelsLast' &&
    all(convolves!.strides, 1) &&
    all(convolves!.dilationRate, 1) &&
    all(pools!.poolSize, 2) &&
    all(pools!.strides, 2) &&
    pools!.padding === 'valid' &&
    activates!.maxValue == null
  );
}
