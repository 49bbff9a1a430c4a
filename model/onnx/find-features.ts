import { InvalidInputError } from '#core/errors.ts';
import type { FeatureTensor } from './cut.ts';
import { type Classifier, withoutReshaping } from './find-classifier.ts';
import {
  lastPooling,
  layoutOfMap,
  type Pooling,
  poolingCandidates,
  poolingOf,
  type Shapes,
} from './find-pooling.ts';
import type { GraphIndex } from './graph-index.ts';
import type { ImageInput } from './image-input.ts';
import type { GraphProto } from './proto/onnx_pb.js';

/** Values that an image may have in features at each place. */
const MAXIMUM_WIDTH = 65_536;

export interface FeatureTensors {
  map?: FeatureTensor;
  vector?: FeatureTensor;
  /** What was done with them, a sentence each. */
  notes: string[];
}

/** A graph with what a run with one image showed of it. */
export interface SeenGraph {
  graph: GraphProto;
  index: GraphIndex;
  shapes: Shapes;
  input: ImageInput;
}

/** Whether a classifier gives one answer for an image, and not one for each place or token. */
export function classifiesImages({ node, features, beforePooling }: Classifier, shapes: Shapes): boolean {
  const dims = shapes.get(features) ?? [];
  const places = node.opType === 'Conv' ? dims.slice(2) : dims.slice(1, -1);
  return beforePooling || places.every((side) => side === 1);
}

/**
 * The features that end in a tensor: a map where the network has one before its last pooling, and a vector
 * where more than a pooling lies between.
 *
 * @throws InvalidInputError when the tensor is neither a vector nor a map nor a sequence of tokens
 */
export function featuresAt(tensor: string, seen: SeenGraph): FeatureTensors {
  const { graph, index, shapes, input } = seen;
  const dims = shapes.get(tensor) ?? [];
  refuseOtherShapes(tensor, dims);
  const poolings = poolingCandidates(graph).flatMap((node) => poolingOf(node, index, shapes) ?? []);
  const base = withoutReshaping(index, tensor);
  const direct = poolings.find(({ node }) => node.output[0] === base);
  if (direct !== undefined) return { map: mapOf(direct, shapes), notes: [] };
  for (const map of [tensor, base]) {
    const own = mapAt(map, seen);
    if (own !== undefined) return { map: own, notes: [] };
  }
  const vector = { tensor, dims };
  if (dims.length === 3 && dims[1]! > 1) {
    return { vector, notes: [`The features are ${dims[1]} tokens; their mean is taken`] };
  }
  const before = lastPooling(poolings, index, { features: tensor, input: input.name });
  return before === undefined ? { vector, notes: [] } : { map: mapOf(before, shapes), vector, notes: [] };
}

const mapOf = ({ map, layout }: Pooling, shapes: Shapes): FeatureTensor => ({
  tensor: map,
  dims: shapes.get(map)!,
  layout,
});

function mapAt(tensor: string, { index, shapes, input }: SeenGraph): FeatureTensor | undefined {
  const dims = shapes.get(tensor) ?? [];
  if (dims.length !== 4 || tensor === input.name) return undefined;
  const layout = layoutOfMap(index, tensor, input.layout);
  const [rows, columns] = layout === 'NCHW' ? dims.slice(2) : dims.slice(1);
  return rows! * columns! > 1 ? { tensor, dims, layout } : undefined;
}

function refuseOtherShapes(tensor: string, dims: readonly number[]): void {
  const text = `[${dims.join(', ')}]`;
  if (dims.length < 2 || dims.length > 4 || dims[0] !== 1) {
    throw new InvalidInputError(
      `${tensor} has the shape ${text} for one image: features are a vector [n, width], a map [n, width, rows, columns] or tokens [n, count, width]`,
      { hint: 'Name the tensor whose values are the features: --features TENSOR.' },
    );
  }
  const width = dims.length === 3 ? dims[2]! : dims.slice(1).reduce((product, side) => product * side, 1);
  if (dims.length !== 4 && width > MAXIMUM_WIDTH) {
    throw new InvalidInputError(`${tensor} has ${width} values for an image, more than ${MAXIMUM_WIDTH}`, {
      hint: 'Name a tensor with fewer values: --features TENSOR.',
    });
  }
}
