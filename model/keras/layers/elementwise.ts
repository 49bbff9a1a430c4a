import type { Attribute } from '../../onnx/build.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import type { LayerCall } from './call.ts';

/** Adds operations that give every value of a tensor another one; returns the name of the result. */
export type Elementwise = (parts: Parts) => string;

interface Parts {
  call: LayerCall;
  input: Tensor;
  /** Adds an operation on some values. */
  add(opType: string, inputs: readonly string[], attributes?: Record<string, Attribute>): string;
  scalar(value: number): string;
}

/** Operations that keep a tensor's shape. */
export function elementwise(call: LayerCall, input: Tensor, apply: Elementwise): Tensor {
  const { graph, name } = call;
  const parts: Parts = {
    call,
    input,
    add: (opType, inputs, attributes) => graph.add(opType, inputs, `${name}/${opType}`, attributes),
    scalar: (value) => graph.scalar(`${name}/number`, value),
  };
  return tensor(() => apply(parts), { shape: input.shape, channels: input.channels });
}
