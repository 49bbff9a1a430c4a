import * as tfl from '@tensorflow/tfjs-layers';
import {
  add,
  classify,
  convolve,
  isSmall,
  multipleOf8,
  normalise,
  pad,
  poolLargest,
  rectify,
} from './blocks.ts';
import type { NetworkOptions } from './build-network.ts';

type Symbolic = tfl.SymbolicTensor;

/** Filters of the first stage; each following one has twice as many. */
const FILTERS = 64;

/** What tells one residual network from another. */
interface Design {
  epsilon: number;
  /** Of the convolutions. */
  bias: boolean;
  /** Blocks of each stage. */
  stages: readonly number[];
  block(x: Symbolic, name: string, options: BlockOptions): Symbolic;
}

interface BlockOptions {
  filters: number;
  stride: number;
  /** Whether the shortcut is a convolution, because the block changes the shape. */
  projects: boolean;
}

/**
 * ResNet-18 (He et al., 2015) with basic blocks, as torchvision and timm define it: no biases, and padding of
 * one pixel on each side where the stride is 2. Layers have names in the manner of Keras's ResNet-50.
 */
const RESNET_18: Design = {
  epsilon: 1e-5,
  bias: false,
  stages: [2, 2, 2, 2],
  block(x, name, { filters, stride, projects }) {
    const norm = (value: Symbolic, part: string) => normalise(value, `${name}_${part}_bn`, this.epsilon);
    const shortcut = projects
      ? norm(convolve(x, { name: `${name}_0_conv`, filters, kernel: 1, stride }), '0')
      : x;
    let y = convolve(stride === 1 ? x : pad(x, `${name}_1_pad`, 1), {
      ...{ name: `${name}_1_conv`, filters, kernel: 3, stride },
      padding: stride === 1 ? 'same' : 'valid',
    });
    y = rectify(norm(y, '1'), `${name}_1_relu`);
    y = norm(convolve(y, { name: `${name}_2_conv`, filters, kernel: 3, padding: 'same' }), '2');
    return rectify(add(`${name}_add`, shortcut, y), `${name}_out`);
  },
};

/**
 * ResNet-50 with bottleneck blocks, layer by layer that of Keras's applications (v1: the first stride is 2).
 */
const RESNET_50: Design = {
  epsilon: 1.001e-5,
  bias: true,
  stages: [3, 4, 6, 3],
  block(x, name, { filters, stride, projects }) {
    const norm = (value: Symbolic, part: string) => normalise(value, `${name}_${part}_bn`, this.epsilon);
    const conv = (
      value: Symbolic,
      part: string,
      options: { filters: number; kernel: number; stride?: number },
    ) =>
      norm(convolve(value, { name: `${name}_${part}_conv`, bias: true, padding: 'same', ...options }), part);
    const shortcut = projects ? conv(x, '0', { filters: 4 * filters, kernel: 1, stride }) : x;
    let y = rectify(conv(x, '1', { filters, kernel: 1, stride }), `${name}_1_relu`);
    y = rectify(conv(y, '2', { filters, kernel: 3 }), `${name}_2_relu`);
    y = conv(y, '3', { filters: 4 * filters, kernel: 1 });
    return rectify(add(`${name}_add`, shortcut, y), `${name}_out`);
  },
};

const DESIGNS = { 'resnet-18': RESNET_18, 'resnet-50': RESNET_50 } as const;

/**
 * A residual network. Images of up to 64 pixels keep their resolution at the start: a 3 × 3 convolution of
 * stride 1 stands for the 7 × 7 one of stride 2 and the max pooling.
 *
 * @param options `width` multiplies the filters, rounded to multiples of 8
 */
export function buildResNet(name: keyof typeof DESIGNS, options: NetworkOptions): tfl.LayersModel {
  const { input, labelCount, width = 1 } = options;
  const design = DESIGNS[name];
  const filtersOf = (stage: number) => multipleOf8(FILTERS * width) * 2 ** stage;
  const image = tfl.input({ name: 'image', shape: [input.height, input.width, 3] });
  let x = stem(image, design, filtersOf(0), isSmall(input));
  for (const [stage, blocks] of design.stages.entries()) {
    for (let block = 1; block <= blocks; block++) {
      const isFirst = block === 1;
      x = design.block(x, `conv${stage + 2}_block${block}`, {
        filters: filtersOf(stage),
        stride: isFirst && stage > 0 ? 2 : 1,
        projects: isFirst && (stage > 0 || design === RESNET_50),
      });
    }
  }
  return tfl.model({ name, inputs: image, outputs: classify(x, labelCount) });
}

function stem(image: Symbolic, { epsilon, bias }: Design, filters: number, small: boolean): Symbolic {
  const convolution = small
    ? convolve(image, { name: 'conv1_conv', filters, kernel: 3, padding: 'same', bias })
    : convolve(pad(image, 'conv1_pad', 3), { name: 'conv1_conv', filters, kernel: 7, stride: 2, bias });
  const x = rectify(normalise(convolution, 'conv1_bn', epsilon), 'conv1_relu');
  return small ? x : poolLargest(pad(x, 'pool1_pad', 1), 'pool1_pool', { kernel: 3, stride: 2 });
}
