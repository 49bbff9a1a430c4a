import * as tfl from '@tensorflow/tfjs-layers';
import {
  add,
  classify,
  convolve,
  convolveDepthwise,
  isSmall,
  multipleOf8,
  normalise,
  pad,
  rectify,
} from './blocks.ts';
import type { NetworkOptions } from './build-network.ts';

type Symbolic = tfl.SymbolicTensor;

const EPSILON = 1e-3;
/** Of every ReLU. */
const CEILING = 6;
/** Of the last convolution. A width below 1 does not reduce them. */
const LAST_FILTERS = 1280;

/** Filters, number of blocks, and the stride of the first one, of each stage (table 2 of the paper). */
const STAGES: readonly (readonly [filters: number, blocks: number, stride: number])[] = [
  [16, 1, 1],
  [24, 2, 2],
  [32, 3, 2],
  [64, 4, 2],
  [96, 3, 1],
  [160, 3, 2],
  [320, 1, 1],
];

/**
 * MobileNetV2 (Sandler et al., 2018), layer by layer that of Keras's applications, with `width` as its alpha.
 * Images of up to 64 pixels keep their resolution until the second stage has passed: both strides before are
 * 1 then.
 */
export function buildMobileNetV2(options: NetworkOptions): tfl.LayersModel {
  const { input, labelCount, width = 1 } = options;
  const small = isSmall(input);
  const image = tfl.input({ name: 'image', shape: [input.height, input.width, 3] });
  const first = { name: 'Conv1', filters: multipleOf8(32 * width), kernel: 3, stride: small ? 1 : 2 };
  let x = convolve(image, { ...first, padding: 'same' });
  x = rectify(normalise(x, 'bn_Conv1', EPSILON), 'Conv1_relu', CEILING);
  let block = 0;
  for (const [stage, [filters, blocks, stageStride]] of STAGES.entries()) {
    for (let i = 0; i < blocks; i++, block++) {
      const stride = i > 0 || (small && stage === 1) ? 1 : stageStride;
      x = invertedResidual(x, block, { filters: multipleOf8(Math.floor(filters * width)), stride });
    }
  }
  const last = { name: 'Conv_1', filters: width > 1 ? multipleOf8(LAST_FILTERS * width) : LAST_FILTERS };
  x = normalise(convolve(x, { ...last, kernel: 1 }), 'Conv_1_bn', EPSILON);
  x = rectify(x, 'out_relu', CEILING);
  return tfl.model({ name: 'mobilenet-v2', inputs: image, outputs: classify(x, labelCount) });
}

/**
 * Expands to six times the channels (not in the first block), convolves each by itself, and projects back.
 */
function invertedResidual(
  input: Symbolic,
  block: number,
  { filters, stride }: { filters: number; stride: number },
): Symbolic {
  const name = block === 0 ? 'expanded_conv' : `block_${block}`;
  const channels = input.shape[3]!;
  const activate = (x: Symbolic, part: string) =>
    rectify(normalise(x, `${name}_${part}_BN`, EPSILON), `${name}_${part}_relu`, CEILING);
  let x = input;
  if (block > 0) {
    x = activate(
      convolve(x, { name: `${name}_expand`, filters: 6 * channels, kernel: 1, padding: 'same' }),
      'expand',
    );
  }
  if (stride === 2) x = pad(x, `${name}_pad`, [beside(x.shape[1]!), beside(x.shape[2]!)]);
  x = convolveDepthwise(x, {
    ...{ name: `${name}_depthwise`, kernel: 3, stride },
    padding: stride === 1 ? 'same' : 'valid',
  });
  x = activate(x, 'depthwise');
  x = convolve(x, { name: `${name}_project`, filters, kernel: 1, padding: 'same' });
  x = normalise(x, `${name}_project_BN`, EPSILON);
  return channels === filters && stride === 1 ? add(`${name}_add`, input, x) : x;
}

/** Pixels before and after a side, for a 3 × 3 window of stride 2 (`correct_pad` of Keras). */
const beside = (side: number): [number, number] => [side % 2, 1];
