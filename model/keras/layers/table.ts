import { isOperation, type Layer } from '../network.ts';
import { unsupported } from '../unsupported.ts';
import { activate, activateByName } from './activation.ts';
import { type Converter, onlyInput } from './call.ts';
import { convolution, depthwiseConvolution, separableConvolution } from './convolution.ts';
import { dense } from './dense.ts';
import { add, average, concatenate, maximum, minimum, multiply, subtract } from './merge.ts';
import { batchNormalisation, layerNormalisation, layerScale } from './normalisation.ts';
import { isKnownOperation, operation, tensorFlowOperation } from './operations.ts';
import { averagePooling, globalAveragePooling, globalMaxPooling, maxPooling } from './pooling.ts';
import { exponentialUnit, leakyRectifier, parametricRectifier, rectifier, softmax } from './rectifier.ts';
import { normalisation, rescaling } from './rescaling.ts';
import { cropping, flatten, permuteDimensions, reshape, upSampling, zeroPadding } from './shape.ts';

/** Layers that do something in training only. */
const TRAINING_ONLY = [
  'ActivityRegularization',
  'AlphaDropout',
  'Dropout',
  'GaussianDropout',
  'GaussianNoise',
  'Identity',
  'RandomBrightness',
  'RandomColorDegeneration',
  'RandomColorJitter',
  'RandomContrast',
  'RandomErasing',
  'RandomFlip',
  'RandomGaussianBlur',
  'RandomGrayscale',
  'RandomHue',
  'RandomInvert',
  'RandomPerspective',
  'RandomPosterization',
  'RandomRotation',
  'RandomSaturation',
  'RandomSharpness',
  'RandomShear',
  'RandomTranslation',
  'RandomZoom',
  'SpatialDropout2D',
  'StochasticDepth',
];

const CONVERTERS: Readonly<Record<string, Converter>> = {
  Activation: (call) => activate(call, onlyInput(call), call.layer.config.activation as string),
  Add: add,
  Average: average,
  AveragePooling2D: averagePooling,
  BatchNormalization: batchNormalisation,
  Concatenate: concatenate,
  Conv2D: convolution,
  Cropping2D: cropping,
  Dense: dense,
  DepthwiseConv2D: depthwiseConvolution,
  ELU: exponentialUnit,
  Flatten: flatten,
  GlobalAveragePooling2D: globalAveragePooling,
  GlobalMaxPooling2D: globalMaxPooling,
  LayerNormalization: layerNormalisation,
  LayerScale: layerScale,
  LeakyReLU: leakyRectifier,
  MaxPooling2D: maxPooling,
  Maximum: maximum,
  Minimum: minimum,
  Multiply: multiply,
  Normalization: normalisation,
  PReLU: parametricRectifier,
  Permute: permuteDimensions,
  ReLU: rectifier,
  Rescaling: rescaling,
  Reshape: reshape,
  SeparableConv2D: separableConvolution,
  Softmax: softmax,
  Subtract: subtract,
  Swish: (call) => activateByName(call, onlyInput(call), 'swish'),
  TFOpLambda: tensorFlowOperation,
  UpSampling2D: upSampling,
  ZeroPadding2D: zeroPadding,
  // A layer that gives back what it gets.
  ...Object.fromEntries(TRAINING_ONLY.map((name) => [name, onlyInput])),
};

/**
 * What adds a layer to a graph. `.h5` files of Keras 3 do not tell an operation from the layer of the same
 * name, but only operations take their operands one by one.
 */
export function converterOf(layer: Layer, argumentCount: number): Converter {
  const { className, module } = layer;
  const known = Object.hasOwn(CONVERTERS, className);
  if (isOperation(module)) return operation;
  if (module === '' && (known ? argumentCount > 1 : isKnownOperation(className))) return operation;
  if (!known) throw unsupported(layer);
  return CONVERTERS[className]!;
}
