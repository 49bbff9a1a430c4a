import { InvalidInputError } from '#core/errors.ts';
import type { Layer } from './network.ts';

/** How to get a model into Graft whose file cannot be converted. */
export const EXPORT_HINT =
  'Export it to ONNX in Python, with `model.export("model.onnx", format="onnx")` of Keras 3 or with tf2onnx.';

/** A layer, or something it is asked to do, that the converter does not know. */
export const unsupported = (layer: Layer, what?: string): InvalidInputError =>
  new InvalidInputError(
    what === undefined
      ? `The layer "${layer.name}" is of the class ${layer.className}, which cannot be converted`
      : `The layer "${layer.name}" (${layer.className}) has ${what}, which cannot be converted`,
    { hint: EXPORT_HINT },
  );
