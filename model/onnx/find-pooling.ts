import { wholeNumbers } from './constants.ts';
import { type GraphIndex, wholeAttribute, wholeAttributes } from './graph-index.ts';
import type { GraphProto, NodeProto } from './proto/onnx_pb.js';

export type Layout = 'NCHW' | 'NHWC';
/** Sizes of a tensor's dimensions in a run with one image. */
export type Shapes = ReadonlyMap<string, readonly number[]>;

/** A mean over all places of a map. */
export interface Pooling {
  node: NodeProto;
  /** The tensor that is averaged. */
  map: string;
  layout: Layout;
}

/** Nodes that may be one; which are is known when the shapes of their inputs are. */
export const poolingCandidates = (graph: GraphProto): NodeProto[] =>
  graph.node.filter(({ opType }) => ['GlobalAveragePool', 'AveragePool', 'ReduceMean'].includes(opType));

/**
 * What a node averages.
 *
 * @returns undefined when it is something else than the mean over all places of a map with several places
 */
export function poolingOf(node: NodeProto, index: GraphIndex, shapes: Shapes): Pooling | undefined {
  const map = node.input[0]!;
  const dims = shapes.get(map);
  if (dims?.length !== 4) return undefined;
  const layout = averagedLayout(node, index, dims);
  if (layout === undefined) return undefined;
  const [rows, columns] = layout === 'NCHW' ? dims.slice(2) : dims.slice(1);
  return rows! * columns! > 1 ? { node, map, layout } : undefined;
}

function averagedLayout(node: NodeProto, index: GraphIndex, dims: readonly number[]): Layout | undefined {
  if (node.opType === 'GlobalAveragePool') return 'NCHW';
  if (node.opType === 'AveragePool') {
    const pads = wholeAttributes(node, 'pads') ?? [];
    const kernel = wholeAttributes(node, 'kernel_shape') ?? [];
    const isWhole = kernel[0] === dims[2] && kernel[1] === dims[3] && pads.every((pad) => pad === 0);
    return isWhole ? 'NCHW' : undefined;
  }
  if (wholeAttribute(node, 'noop_with_empty_axes') === 1) return undefined;
  const listed = wholeAttributes(node, 'axes') ?? wholeNumbers(index.constantOf(node.input[1] ?? ''));
  const axes = (listed ?? []).map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  if (axes.join() === '2,3') return 'NCHW';
  return axes.join() === '1,2' ? 'NHWC' : undefined;
}

/**
 * The last pooling through which everything goes that the features are computed from. The poolings of
 * squeeze-and-excitation are none, because the map goes past them.
 */
export function lastPooling(
  poolings: readonly Pooling[],
  index: GraphIndex,
  { features, input }: { features: string; input: string },
): Pooling | undefined {
  const before = index.ancestorsOf([features]);
  return poolings.findLast(({ node }) => {
    const pooled = node.output[0]!;
    return before.has(pooled) && !index.ancestorsOf([features], pooled).has(input);
  });
}

/** Operators that take and give channels as the second dimension, whatever the input's layout is. */
const CHANNELS_SECOND = new Set([
  ...['Conv', 'ConvTranspose', 'BatchNormalization', 'InstanceNormalization', 'GroupNormalization'],
  ...['MaxPool', 'AveragePool', 'GlobalAveragePool', 'LRN', 'QLinearConv', 'DepthToSpace', 'SpaceToDepth'],
]);

/** Where the channels of a map are, found from the last node before it that says so. */
export function layoutOfMap(index: GraphIndex, tensor: string, input: Layout): Layout {
  for (let current = tensor; ; ) {
    const node = index.producerOf(current);
    if (node === undefined) return input;
    if (CHANNELS_SECOND.has(node.opType)) return 'NCHW';
    if (node.opType === 'Transpose') {
      const order = wholeAttributes(node, 'perm')?.join();
      if (order === '0,2,3,1') return 'NHWC';
      if (order === '0,3,1,2') return 'NCHW';
    }
    const [data] = index.dataInputsOf(node);
    if (data === undefined) return input;
    current = data;
  }
}
