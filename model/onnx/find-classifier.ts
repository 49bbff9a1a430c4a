import { InvalidInputError } from '#core/errors.ts';
import { type GraphIndex, wholeAttributes } from './graph-index.ts';
import type { NodeProto } from './proto/onnx_pb.js';

/** Operators that change only the shape or the storage of their first input. */
const STRUCTURAL = new Set([
  ...['Identity', 'Dropout', 'Cast', 'Flatten', 'Reshape', 'Squeeze', 'Unsqueeze', 'Transpose'],
  ...['QuantizeLinear', 'DequantizeLinear'],
]);
/** Operators that turn a classifier's outputs into probabilities, or scale them. */
const SCORING = new Set(['Softmax', 'LogSoftmax', 'Sigmoid', 'Clip']);
/** With a constant beside the data. */
const SCALING = new Set(['Add', 'Sub', 'Mul', 'Div']);
/** Stand between a convolution that classifies and its softmax, as in SqueezeNet. */
const POOLING = new Set(['GlobalAveragePool', 'AveragePool', 'ReduceMean', 'Relu']);
/** Multiply by weights in a form into which the search cannot look. */
const OPAQUE = new Set([
  ...['QGemm', 'QLinearMatMul', 'QLinearConv', 'MatMulInteger', 'ConvInteger', 'DynamicQuantizeMatMul'],
  ...['MatMulIntegerToFloat', 'FusedGemm', 'FusedMatMul', 'FusedConv', 'MatMulNBits', 'Einsum'],
]);

export type Activation = 'Softmax' | 'LogSoftmax' | 'Sigmoid';

/** The layer that a network's last weights belong to. */
export interface Classifier {
  node: NodeProto;
  /** Tensor that it takes. */
  features: string;
  /** The output's values before `activation`, or the output itself. */
  scores: string;
  activation: Activation | undefined;
  /** It classifies each place of a map; the mean over the places comes after it. */
  beforePooling: boolean;
}

interface Walk {
  /** Where it ended: the output of `node`. */
  tensor: string;
  node: NodeProto | undefined;
  scores: string;
  activation: Activation | undefined;
  pooled: boolean;
}

/**
 * Finds the classifier of a network: the last node with constant weights on the way to the output, with
 * nothing behind it that a classifier does not have.
 *
 * @param poolsScores whether a mean over places may stand behind it even where no softmax does
 * @returns undefined where the network ends in something else: then its output is features
 * @throws InvalidInputError when there is one, or several, that cannot be cut off
 */
export function findClassifier(
  index: GraphIndex,
  output: string,
  poolsScores = false,
): Classifier | undefined {
  const end = walkBack(index, output, poolsScores);
  const { node, scores, activation, pooled } = end;
  if (node !== undefined && isLinear(index, node)) {
    return { node, features: node.input[0]!, scores, activation, beforePooling: pooled };
  }
  if (node !== undefined) {
    refuseOpaque(node);
    refuseSeveral(index, node);
  }
  if (activation !== undefined) {
    throw new InvalidInputError(
      `The output ${output} is a ${activation} of ${end.tensor}${node === undefined ? '' : ` (${node.opType})`}, and no classifier with constant weights stands before it`,
      { hint: 'Name the tensor whose values are the features: --features TENSOR.' },
    );
  }
  return undefined;
}

/** Multiplies its first input by constant weights. */
function isLinear(index: GraphIndex, node: NodeProto): boolean {
  const [data, weights] = node.input;
  if (data === undefined || weights === undefined) return false;
  if (index.isConstant(data) || !index.isConstant(weights)) return false;
  if (node.opType === 'Conv')
    return wholeAttributes(node, 'kernel_shape')?.every((side) => side === 1) === true;
  return node.opType === 'Gemm' || node.opType === 'MatMul';
}

/** Goes from a tensor towards the input, as long as nodes do only what may stand behind a classifier. */
function walkBack(index: GraphIndex, from: string, poolsScores: boolean): Walk {
  const walk: Walk = { tensor: from, node: undefined, scores: from, activation: undefined, pooled: false };
  for (;;) {
    const node = index.producerOf(walk.tensor);
    walk.node = node;
    if (node === undefined) return walk;
    const data = node.input.filter((input) => !index.isConstant(input));
    const isScaling = SCALING.has(node.opType) && data.length === 1;
    const isPooling = POOLING.has(node.opType) && (poolsScores || walk.activation !== undefined);
    if (!STRUCTURAL.has(node.opType) && !SCORING.has(node.opType) && !isScaling && !isPooling) return walk;
    walk.tensor = isScaling ? data[0]! : node.input[0]!;
    walk.pooled ||= isPooling;
    if (node.opType !== 'Clip' && SCORING.has(node.opType)) {
      walk.activation = node.opType as Activation;
      walk.scores = walk.tensor;
    }
  }
}

/** The tensor that reaches this one by nothing but changes of shape. */
export function withoutReshaping(index: GraphIndex, tensor: string): string {
  for (let current = tensor; ; ) {
    const node = index.producerOf(current);
    if (node === undefined || !STRUCTURAL.has(node.opType)) return current;
    current = node.input[0]!;
  }
}

function refuseOpaque(node: NodeProto): void {
  if (!OPAQUE.has(node.opType)) return;
  throw new InvalidInputError(
    `The classifier ${node.name || node.output[0]} is a ${node.opType}, which cannot be cut off by itself`,
    {
      hint: 'Import the network as it was before it was quantised or optimised, or name the tensor whose values are the features: --features TENSOR.',
    },
  );
}

/** Networks with several classifiers add, average or join their outputs. */
const JOINING = new Set(['Add', 'Sum', 'Mean', 'Max', 'Concat']);

function refuseSeveral(index: GraphIndex, node: NodeProto): void {
  const ends = index.dataInputsOf(node).flatMap((input) => walkBack(index, input, false).node ?? []);
  ends.forEach(refuseOpaque);
  // Convolutions are left out: a block of a ResNet adds two of them.
  const linear = [...new Set(ends)].filter((end) => end.opType !== 'Conv' && isLinear(index, end));
  if (!JOINING.has(node.opType) || linear.length < 2) return;
  const names = linear.map((end) => end.name || end.output[0]!).join(', ');
  const features = linear.map(({ input }) => input[0]!).join(', ');
  throw new InvalidInputError(`The output comes from ${linear.length} classifiers: ${names}`, {
    hint: `Name the tensor whose values are the features: --features TENSOR. They take ${features}.`,
  });
}
