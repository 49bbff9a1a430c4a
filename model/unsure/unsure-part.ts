import { floats, type GraphPart, integers, node } from '../onnx/build.ts';
import { asLayer } from './class-statistics.ts';
import type { OutOfDomain } from './measure-domain.ts';

/**
 * How far an image is outside of all classes, as part of a graph: the logistic function of its distance
 * beyond the threshold, in units of `spread`. It is 0.5 at the threshold. The operators are the same in every
 * version of ONNX since the seventh, because the rest of the graph decides the version.
 *
 * @param features name of an output of shape [n, width]
 * @param output name of the result, shape [n, 1]
 */
export function unsurePart(
  features: string,
  output: string,
  { statistics, threshold, spread }: OutOfDomain,
): GraphPart {
  const { width, mean, variance } = statistics;
  const { kernel, bias } = asLayer(statistics);
  const labelCount = bias.length;
  const inner = (name: string) => `graft/unsure/${name}`;
  const deviation = variance.map(Math.sqrt);
  return {
    nodes: [
      node('Sub', [features, inner('mean')], [inner('centred')]),
      node('Div', [inner('centred'), inner('deviation')], [inner('z')]),
      node('Mul', [inner('z'), inner('z')], [inner('squares')]),
      node('Concat', [inner('z'), inner('squares')], [inner('pairs')], { axis: 1n }),
      node('Gemm', [inner('pairs'), inner('kernel'), inner('bias')], [inner('nearness')]),
      node('Reshape', [inner('nearness'), inner('list_shape')], [inner('list')]),
      // The largest of the list. The usual operation takes its axes in another way in newer versions.
      node('GlobalMaxPool', [inner('list')], [inner('nearest')]),
      node('Reshape', [inner('nearest'), inner('one_shape')], [inner('one')]),
      node('Mul', [inner('one'), inner('slope')], [inner('scaled')]),
      node('Add', [inner('scaled'), inner('offset')], [inner('beyond')]),
      node('Sigmoid', [inner('beyond')], [output]),
    ],
    constants: [
      floats(inner('mean'), [width], Float32Array.from(mean)),
      floats(inner('deviation'), [width], Float32Array.from(deviation)),
      floats(inner('kernel'), [2 * width, labelCount], kernel),
      floats(inner('bias'), [labelCount], bias),
      integers(inner('list_shape'), [0, 1, labelCount]),
      integers(inner('one_shape'), [0, 1]),
      floats(inner('slope'), [1], Float32Array.of(-1 / spread)),
      floats(inner('offset'), [1], Float32Array.of(-threshold / spread)),
    ],
  };
}
