import type * as tfl from '@tensorflow/tfjs-layers';
import type { Activation } from '../tensorflow/kernels/activation.ts';

/** One computation of a forward pass: a layer, with those behind it that are computed along with it. */
export interface Operation {
  layer: tfl.layers.Layer;
  /** Names of the values that it takes; one that no operation gives is the network's input. */
  inputs: string[];
  /** Name of the value that it gives: the last layer's that it computes. */
  output: string;
  /** Whether a convolution computes the 2 × 2 pooling behind it. */
  pools: boolean;
  /** What a batch normalisation computes behind itself. */
  activation: Activation;
}

const known = new WeakMap<tfl.LayersModel, readonly Operation[]>();

/** The operations of a network of `buildNetwork`, each after those whose values it takes. */
export function operationsOf(model: tfl.LayersModel): readonly Operation[] {
  let operations = known.get(model);
  if (!operations) {
    operations = findOperations(model.layers);
    known.set(model, operations);
  }
  return operations;
}

function findOperations(layers: readonly tfl.layers.Layer[]): Operation[] {
  const operations: Operation[] = [];
  const done = new Set<string>();
  for (const layer of layers) {
    if (layer.getClassName() === 'InputLayer' || done.has(layer.name)) continue;
    const operation: Operation = {
      ...{ layer, inputs: inputsOf(layer), output: layer.name },
      ...{ pools: false, activation: 'none' },
    };
    const next = onlyConsumer(layer, layers);
    if (next !== undefined) takeOver(operation, next);
    done.add(operation.output);
    operations.push(operation);
  }
  return operations;
}

/** Lets a operation compute the layer behind it too, where the two go together. */
function takeOver(operation: Operation, next: tfl.layers.Layer) {
  const { layer } = operation;
  if (isClass(layer, 'BatchNormalization') && isClass(next, 'ReLU')) {
    operation.activation = next.getConfig().maxValue === 6 ? 'relu6' : 'relu';
    operation.output = next.name;
  }
  if (isClass(layer, 'Conv2D') && isClass(next, 'MaxPooling2D') && isPlain(layer) && halves(next)) {
    operation.pools = true;
    operation.output = next.name;
  }
}

/** A convolution as `convolveAndPool` computes it. */
function isPlain(layer: tfl.layers.Layer): boolean {
  const { kernelSize, strides, padding, useBias } = layer.getConfig();
  return `${kernelSize} ${strides} ${padding} ${useBias}` === '3,3 1,1 same false';
}

function halves(layer: tfl.layers.Layer): boolean {
  const { poolSize, strides, padding } = layer.getConfig();
  return `${poolSize} ${strides} ${padding}` === '2,2 2,2 valid';
}

const isClass = (layer: tfl.layers.Layer, name: string) => layer.getClassName() === name;

const inputsOf = (layer: tfl.layers.Layer): string[] =>
  layer.inboundNodes[0]!.inboundLayers.map(({ name }) => name);

function onlyConsumer(layer: tfl.layers.Layer, layers: readonly tfl.layers.Layer[]) {
  const consumers = layers.filter((other) => inputsOf(other).includes(layer.name));
  return consumers.length === 1 ? consumers[0] : undefined;
}
