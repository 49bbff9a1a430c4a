import type { Input } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import { shapesForBatch } from './batch.ts';
import { chooseTensors, type TensorChoice } from './choose-tensors.ts';
import { valueCount } from './constants.ts';
import { type Cut, type FeatureOutput, NAMES } from './cut.ts';
import { cutForBatches } from './cut-for-batches.ts';
import { keepOnly } from './edit.ts';
import { type Classifier, findClassifier, withoutReshaping } from './find-classifier.ts';
import { classifiesImages, featuresAt, type SeenGraph } from './find-features.ts';
import { poolingCandidates } from './find-pooling.ts';
import { indexGraph } from './graph-index.ts';
import { declareInput, imageInput, type Size } from './image-input.ts';
import type { ImportSource } from './import-source.ts';
import { observeShapes } from './load.ts';
import { type GraphProto, type ModelProto, TensorProto_DataType } from './proto/onnx_pb.js';
import { refuseDenseClassifier, refuseOtherTasks } from './refuse-other-tasks.ts';

/** A network in the form of a general model: images → features, and probabilities where labels are known. */
export interface ImportedGraph {
  /** Input `image`, outputs `map`, `vector`, `probabilities` as far as they are there. */
  model: ModelProto;
  input: Pick<Input, 'name' | 'layout' | 'height' | 'width'>;
  features: FeatureOutput[];
  classifier?: { name: string; labels: readonly string[] };
  /** Number of values of all constants that are weights. */
  parameters: number;
  /** Whether one run takes any number of images. */
  takesBatches: boolean;
  /** Where it was cut, and what a person should know of it, a sentence each. */
  notes: string[];
}

export interface ImportOptions extends TensorChoice {
  /** For a graph that takes images of any size. */
  size?: Size | undefined;
  /** Of the classifier; those of the file when left out. */
  labels?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Finds the features of a network and cuts it there.
 *
 * @param source its model is changed
 * @throws InvalidInputError naming what makes the network no general model, with what to do about it
 */
export async function importGraph(source: ImportSource, options: ImportOptions = {}): Promise<ImportedGraph> {
  const { model } = source;
  const { signal, labels = source.labels } = options;
  const graph = model.graph!;
  const input = imageInput(graph, options.size);
  declareInput(graph, input);
  const { output, features } = chooseTensors(graph, options);
  const asked = [output, features].filter((tensor) => tensor !== undefined);
  keepOnly(graph, asked);
  if (graph.input.length === 0) {
    throw new InvalidInputError(`${asked.join(', ')} does not depend on the image`, {
      hint: 'Choose another tensor with --output or --features.',
    });
  }
  const index = indexGraph(graph);
  // With the features named, the classifier matters for its labels alone.
  const isSought = output !== undefined && (features === undefined || labels !== undefined);
  const found = isSought ? findClassifier(index, output, labels !== undefined) : undefined;
  const watched = [
    ...[...asked, ...(found === undefined ? [] : [found.features, found.scores])].flatMap((tensor) => [
      tensor,
      withoutReshaping(index, tensor),
    ]),
    ...poolingCandidates(graph).map((node) => node.input[0]!),
    ...shapesForBatch(graph, index),
  ];
  const shapes = await observeShapes(model, input, watched);
  signal?.throwIfAborted();

  const seen: SeenGraph = { graph, index, shapes, input };
  if (found !== undefined && features === undefined) refuseDenseClassifier(found, seen);
  const classifier = found !== undefined && classifiesImages(found, shapes) ? found : undefined;
  const tensor = features ?? classifier?.features ?? output!;
  const { notes, ...tensors } = featuresAt(tensor, seen);
  if (features === undefined && classifier === undefined) refuseOtherTasks(tensors.map, seen);
  const named = namedClassifier(classifier, labels, seen, options.labels !== undefined);
  const cut: Cut = { ...tensors, scores: named.scores };
  const { outputs, takesBatches, ...result } = await cutForBatches(model, cut, seen);
  const parameters = countParameters(result.model.graph!);
  if (parameters === 0) {
    throw new InvalidInputError(`${tensor} is computed without any weights`, {
      hint: 'Choose another tensor with --features.',
    });
  }
  return {
    model: result.model,
    input: { name: NAMES.input, layout: input.layout, height: input.height, width: input.width },
    features: outputs,
    ...(named.scores === undefined ? {} : { classifier: { name: NAMES.probabilities, labels: labels! } }),
    parameters,
    takesBatches,
    notes: [cutNote(tensor, classifier, features !== undefined), ...notes, ...named.notes],
  };
}

/** The classifier's scores, where its labels are known. */
function namedClassifier(
  classifier: Classifier | undefined,
  labels: readonly string[] | undefined,
  { shapes }: SeenGraph,
  isAsked: boolean,
): { scores?: Cut['scores']; notes: string[] } {
  if (labels === undefined) return { notes: [] };
  if (classifier === undefined) {
    if (!isAsked) return { notes: [] };
    throw new InvalidInputError('There are labels, and the network has no classifier', {
      hint: 'Leave --labels out: the features are all that transfer learning needs.',
    });
  }
  if (classifier.activation === 'Sigmoid') {
    return { notes: ['The classifier answers for each label by itself (sigmoid), so it is left out'] };
  }
  const dims = shapes.get(classifier.scores)!;
  const count = dims.slice(1).reduce((product, side) => product * side, 1);
  if (count !== labels.length) {
    throw new InvalidInputError(
      `There are ${labels.length} labels, and the classifier has ${count} outputs`,
      {
        hint: 'Give one label a line, in the order of the outputs, or leave --labels out.',
      },
    );
  }
  return { scores: { tensor: classifier.scores, dims }, notes: [] };
}

function cutNote(tensor: string, classifier: Classifier | undefined, isNamed: boolean): string {
  if (isNamed) return `Cut behind ${tensor}, as asked`;
  if (classifier === undefined) return `No classifier found: the output ${tensor} is the features`;
  const { node } = classifier;
  return `Cut before the classifier ${node.name || node.output[0]} (${node.opType}), behind ${tensor}`;
}

/** Shapes and axes are whole numbers and do not count; quantised weights are whole numbers of 8 bits. */
const countParameters = ({ initializer }: GraphProto): number =>
  initializer
    .filter(({ dataType }) => dataType !== TensorProto_DataType.INT64)
    .reduce((sum, tensor) => sum + valueCount(tensor), 0);
