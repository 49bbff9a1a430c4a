import type * as tf from '@tensorflow/tfjs-core';

/**
 * The parts of TensorFlow.js' native backend that kernels of our own build on (4.22; a test holds them to
 * it).
 */
export interface TensorFlowBackend {
  executeSingleOutput(name: string, attributes: Attribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    name: string,
    attributes: Attribute[],
    inputs: tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
  getInputTensorIds(inputs: tf.TensorInfo[]): number[];
  createOutputTensor(handle: Handle): tf.Tensor;
  isUsingGpuDevice: boolean;
  binding: Binding;
}

/**
 * A tensor of the native library that TensorFlow.js does not know. The code that made it has to delete it.
 */
export interface Handle {
  id: number;
}

interface Binding extends Record<AttributeType | DataType, number> {
  executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Handle[];
  deleteTensor(id: number): void;
}

type AttributeType = `TF_ATTR_${'TYPE' | 'INT' | 'FLOAT' | 'BOOL' | 'STRING'}`;
type DataType = `TF_${'FLOAT' | 'INT32' | 'INT64'}`;

interface Attribute {
  name: string;
  type: number;
  value: unknown;
}

/** Attributes of a TensorFlow operation, in the binding's form. */
export function attributes({ binding }: Pick<TensorFlowBackend, 'binding'>) {
  const of =
    <T>(type: AttributeType) =>
    (name: string, value: T): Attribute => ({ name, type: binding[type], value });
  const type = of<number>('TF_ATTR_TYPE');
  return {
    type: (name: string, value: DataType) => type(name, binding[value]),
    integers: of<number[]>('TF_ATTR_INT'),
    float: of<number>('TF_ATTR_FLOAT'),
    bool: of<boolean>('TF_ATTR_BOOL'),
    text: of<string>('TF_ATTR_STRING'),
  };
}
