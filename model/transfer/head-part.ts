import { floats, type GraphPart, node } from '../onnx/build.ts';
import type { HeadWeights } from './head-weights.ts';

/**
 * The head as part of a graph: probabilities = softmax(features × kernel + bias).
 *
 * @param features name of the head's input, shape [n, width]
 * @param output name of the result, shape [n, labelCount]
 */
export function headPart(features: string, output: string, { kernel, bias }: HeadWeights): GraphPart {
  const names = { kernel: 'graft/head/kernel', bias: 'graft/head/bias', logits: 'graft/head/logits' };
  const labelCount = bias.length;
  return {
    nodes: [
      node('Gemm', [features, names.kernel, names.bias], [names.logits]),
      node('Softmax', [names.logits], [output], { axis: 1n }),
    ],
    constants: [
      floats(names.kernel, [kernel.length / labelCount, labelCount], kernel),
      floats(names.bias, [labelCount], bias),
    ],
  };
}
