import { InvalidInputError } from '#core/errors.ts';
import type { FeatureTensor } from './cut.ts';
import type { Classifier } from './find-classifier.ts';
import { classifiesImages, type SeenGraph } from './find-features.ts';

/** Choose among boxes: only detectors have them. */
const DETECTING = new Set(['NonMaxSuppression', 'RoiAlign', 'MaxRoiPool', 'EfficientNMS_TRT']);
/** Make maps larger again, as detectors and networks for segmentation do. */
const ENLARGING = new Set(['Resize', 'Upsample', 'ConvTranspose']);

/** A classifier that says something about each place or token is no classifier of images. */
export function refuseDenseClassifier(classifier: Classifier, { shapes }: SeenGraph): void {
  if (classifiesImages(classifier, shapes)) return;
  const { node, features, activation } = classifier;
  // A convolution without softmax may be the last layer of a network that gives features.
  if (node.opType === 'Conv' && activation === undefined) return;
  throw new InvalidInputError(
    `The classifier ${node.name || node.output[0]} answers for each place of ${features} [${shapes.get(features)?.join(', ')}], as networks for segmentation, detection or text do`,
    {
      hint: `Import a network that classifies whole images, or name the tensor whose values are the features, for instance --features ${features}.`,
    },
  );
}

/**
 * Refuses networks that find things in an image, which would otherwise pass for networks that give features.
 *
 * @throws InvalidInputError naming the operator or the shape that tells
 */
export function refuseOtherTasks(map: FeatureTensor | undefined, { graph, index, input }: SeenGraph): void {
  const hint =
    'Import a network that classifies images or gives features of them, or name the tensor whose values are the features: --features TENSOR.';
  const isBehindConvolution = (name: string) =>
    [...index.ancestorsOf([name])].some((tensor) => index.producerOf(tensor)?.opType === 'Conv');
  for (const { opType, name, input: inputs, output } of graph.node) {
    const tells = DETECTING.has(opType) || (ENLARGING.has(opType) && isBehindConvolution(inputs[0]!));
    if (!tells) continue;
    throw new InvalidInputError(
      `The graph has no classifier, and ${name || output[0]} is a ${opType}, as in networks for detection or segmentation`,
      { hint },
    );
  }
  if (map === undefined) return;
  const [rows, columns] = map.layout === 'NHWC' ? map.dims.slice(1) : map.dims.slice(2);
  if (rows! * 2 < input.height || columns! * 2 < input.width) return;
  throw new InvalidInputError(
    `The output ${map.tensor} is a map of ${rows} × ${columns} places for an image of ${input.height} × ${input.width}, as in networks for segmentation`,
    { hint },
  );
}
