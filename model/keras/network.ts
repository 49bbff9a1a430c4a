/**
 * Keras's networks as plain data, in one form for every version and file format that writes them.
 */

/** One output of one call of a layer. */
export class Reference {
  readonly layer: string;
  /** Which of the layer's calls; a shared layer has several. */
  readonly call: number;
  /** Which of the call's outputs. */
  readonly output: number;

  constructor(layer: string, call: number, output: number) {
    this.layer = layer;
    this.call = call;
    this.output = output;
  }

  get key(): string {
    return `${this.layer}:${this.call}:${this.output}`;
  }
}

/** What a layer is called with: references, constants, and lists of them. */
export type Argument = Reference | string | number | boolean | null | readonly Argument[];

export interface Call {
  arguments: readonly Argument[];
  named: Readonly<Record<string, Argument>>;
}

export interface Layer {
  name: string;
  /** Keras's class, for instance `Conv2D`. */
  className: string;
  /** Where Keras has the class; older files do not say it. */
  module: string;
  config: Readonly<Record<string, unknown>>;
  calls: readonly Call[];
  /** The layers of a model that is used as a layer. */
  network?: Network;
  place: Place;
}

/** Where a layer is in the whole model, so that its weights can be found. */
export interface Place {
  /** Names of the models around it and its own, the outermost model left out. */
  names: readonly string[];
  /** Its group in the weights of a `.keras` file, for instance `layers/conv2d_1`. */
  group: string;
}

export interface Network {
  name: string;
  layers: ReadonlyMap<string, Layer>;
  inputs: readonly Reference[];
  outputs: readonly Reference[];
}

/** Whether a layer is one of Keras's operations on tensors, which have no weights. */
export const isOperation = (module: string): boolean => /^keras\.(src\.)?ops\b/.test(module);

/** One of a layer's weights. */
export interface Weight {
  dims: readonly number[];
  /** Its values in Keras's order. */
  read(): Float32Array;
}

/** A network with its weights. */
export interface KerasModel {
  network: Network;
  /** Of the Keras that wrote it: `hard_sigmoid` changed its meaning. TensorFlow.js does as Keras 2. */
  version: 2 | 3;
  /** A layer's weights, in the order in which Keras makes them: those that are trained, then the others. */
  weightsOf(layer: Layer): readonly Weight[];
}
