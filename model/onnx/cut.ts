import { node, value } from './build.ts';
import { keepOnly, renameTensor, unusedName } from './edit.ts';
import type { Layout } from './find-pooling.ts';
import type { GraphProto } from './proto/onnx_pb.js';

/** Names of the input and the outputs of graphs that Graft writes. */
export const NAMES = {
  input: 'image',
  map: 'map',
  vector: 'vector',
  probabilities: 'probabilities',
} as const;

/** Tensors between. */
const TOKENS = 'vector_tokens';
const MEAN = 'vector_mean';
const SCORES = 'probabilities_scores';

/** A tensor of the graph that becomes features, with its sizes in a run with one image. */
export interface FeatureTensor {
  tensor: string;
  dims: readonly number[];
  /** Of a map. */
  layout?: Layout;
}

/** Features as the cut graph gives them. */
export interface FeatureOutput {
  name: string;
  width: number;
  places?: { rows: number; columns: number };
}

export interface Cut {
  map?: FeatureTensor | undefined;
  vector?: FeatureTensor | undefined;
  /** What the classifier gives, before any softmax. */
  scores?: FeatureTensor | undefined;
}

/**
 * Makes these tensors the graph's outputs and drops what they do not need. Changes the graph.
 *
 * @param input the graph's input, which gets its name too
 * @returns the features among the outputs
 */
export function cutGraph(graph: GraphProto, input: string, wanted: Cut): FeatureOutput[] {
  const moved = freeNames(graph);
  const now = (tensor: string) => moved.get(tensor) ?? tensor;
  const at = (part: FeatureTensor) => ({ ...part, tensor: now(part.tensor) });
  const { map, vector, scores } = wanted;
  const labels = scores === undefined ? undefined : addProbabilities(graph, at(scores));
  const outputs = [
    ...(map === undefined ? [] : [addMap(graph, at(map))]),
    ...(vector === undefined ? [] : [addVector(graph, at(vector))]),
  ];
  renameTensor(graph, now(input), NAMES.input);
  const names = outputs.map(({ name }) => name);
  keepOnly(graph, labels === undefined ? names : [...names, NAMES.probabilities]);
  graph.output = outputs.map(({ name, width, places }) =>
    value(name, ['n', width, ...(places === undefined ? [] : [places.rows, places.columns])]),
  );
  if (labels !== undefined) graph.output.push(value(NAMES.probabilities, ['n', labels]));
  return outputs;
}

/** Takes the names that the outputs will have from the tensors that have them; returns the new names. */
function freeNames(graph: GraphProto): Map<string, string> {
  const moved = new Map<string, string>();
  for (const name of [...Object.values(NAMES), TOKENS, MEAN, SCORES]) {
    const free = unusedName(graph, name);
    renameTensor(graph, name, free);
    moved.set(name, free);
  }
  return moved;
}

function addMap(graph: GraphProto, { tensor, dims, layout }: FeatureTensor): FeatureOutput {
  if (layout === 'NHWC') {
    const [, rows, columns, width] = dims as [number, number, number, number];
    graph.node.push(node('Transpose', [tensor], [NAMES.map], { perm: [0n, 3n, 1n, 2n] }));
    return { name: NAMES.map, width, places: { rows, columns } };
  }
  const [, width, rows, columns] = dims as [number, number, number, number];
  renameTensor(graph, tensor, NAMES.map);
  return { name: NAMES.map, width, places: { rows, columns } };
}

function addVector(graph: GraphProto, { tensor, dims }: FeatureTensor): FeatureOutput {
  const name = NAMES.vector;
  if (dims.length === 2) {
    renameTensor(graph, tensor, name);
    return { name, width: dims[1]! };
  }
  if (dims.length === 3 && dims[1]! > 1) {
    // The mean over tokens, with operators that are alike in every version.
    graph.node.push(
      node('Transpose', [tensor], [TOKENS], { perm: [0n, 2n, 1n] }),
      node('GlobalAveragePool', [TOKENS], [MEAN]),
      node('Flatten', [MEAN], [name], { axis: 1n }),
    );
    return { name, width: dims[2]! };
  }
  graph.node.push(node('Flatten', [tensor], [name], { axis: 1n }));
  return { name, width: dims.slice(1).reduce((product, side) => product * side, 1) };
}

/** @returns how many there are */
function addProbabilities(graph: GraphProto, { tensor, dims }: FeatureTensor): number {
  const count = dims.slice(1).reduce((product, side) => product * side, 1);
  graph.node.push(
    node('Flatten', [tensor], [SCORES], { axis: 1n }),
    node('Softmax', [SCORES], [NAMES.probabilities], { axis: 1n }),
  );
  return count;
}
