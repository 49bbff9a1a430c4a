import * as z from 'zod';
import { permute } from '../graph/permute.ts';
import { isMap, type Tensor, tensor } from '../graph/tensor.ts';
import { activate, activationSetting } from './activation.ts';
import { type Converter, configOf, count, type LayerCall, onlyInput, weightsOf } from './call.ts';
import { convolve } from './convolution.ts';

const schema = z.object({ units: count, use_bias: z.boolean().default(true), activation: activationSetting });

/** A matrix product over the last dimension: of a vector, of a map's places, of a sequence's entries. */
export const dense: Converter = (call) => {
  const { units, use_bias, activation } = configOf(call, schema);
  const input = onlyInput(call);
  const width = input.shape.at(-1)!;
  const [kernel, bias] = weightsOf(call, [
    ['kernel', [width, units]],
    ...(use_bias ? ([['bias', [units]]] as const) : []),
  ]);
  const parts = { kernel: kernel!.read(), bias: bias?.read(), units };
  return activate(call, product(call, input, parts), activation);
};

interface Parts {
  /** [width, units]. */
  kernel: Float32Array;
  bias: Float32Array | undefined;
  units: number;
}

function product(call: LayerCall, input: Tensor, { kernel, bias, units }: Parts): Tensor {
  const { graph, name } = call;
  const width = input.shape.at(-1)!;
  if (isMap(input) && input.channels === 'first') {
    return convolve(call, input, {
      kernel: permute(kernel, [width, units], [1, 0]),
      dims: [units, width, 1, 1],
      bias,
      groups: 1,
      kernel_size: [1, 1],
      strides: [1, 1],
      dilation_rate: [1, 1],
      padding: 'valid',
    });
  }
  const shape = [...input.shape.slice(0, -1), units];
  const biasName = () => graph.floats(`${name}/bias`, [units], bias!);
  if (input.shape.length > 1) {
    return tensor(
      () => {
        const matrix = graph.floats(`${name}/kernel`, [width, units], kernel);
        const result = graph.add('MatMul', [input.name, matrix], bias ? `${name}/product` : name);
        return bias ? graph.add('Add', [result, biasName()], name) : result;
      },
      { shape, channels: 'last' },
    );
  }
  const { source, rows } = vectorOf(call, input, { kernel, units });
  return tensor(
    () => {
      const inputs = [source(), graph.floats(`${name}/kernel`, [width, units], rows)];
      return graph.add('Gemm', bias ? [...inputs, biasName()] : inputs, name);
    },
    { shape },
  );
}

/**
 * A vector and the matrix for it. Of a map that was flattened, the matrix's rows change their order instead
 * of the map's values.
 */
function vectorOf({ graph, name }: LayerCall, input: Tensor, { kernel, units }: Omit<Parts, 'bias'>) {
  const map = input.made.flattened;
  if (map?.channels !== 'first') return { source: () => input.name, rows: kernel };
  const [height, width, channels] = map.shape as [number, number, number];
  return {
    source: () => graph.add('Flatten', [map.name], `${name}/input`),
    rows: height * width === 1 ? kernel : permute(kernel, [height * width, channels, units], [1, 0, 2]),
  };
}
