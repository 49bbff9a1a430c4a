import type { NetworkName } from '#model/network/build-network.ts';
import type { KnownTraining } from '#model/training/known-training.ts';

/** What is compared with WebAssembly, and how far it may differ. */
export interface Comparison extends KnownTraining {
  /** Largest differences; see `Differences`. */
  most: { loss: number; gradients: number };
}

/** What is timed. */
export interface Timed {
  network: NetworkName;
  width: number;
  /** Height and width in pixels. */
  size: number;
  batch: number;
  /** Steps before the clock starts: the GPU's driver compiles in them. */
  warmUp: number;
}

export interface CheckPlan {
  comparisons: readonly Comparison[];
  rates: readonly Timed[];
}

/**
 * GPUs multiply in other orders, and fuse. The deep and thin networks amplify that: WebAssembly and plain
 * JavaScript differ by 1e-2 in the first gradients of MobileNetV2.
 */
const TRAINING: Omit<Comparison, 'network'> = {
  ...{ optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 }, learningRate: 0.01, steps: 1 },
  ...{ size: 32, batch: 8, width: 0.25, most: { loss: 1e-3, gradients: 0.02 } },
};

const sizes = (network: NetworkName, each: readonly (readonly [size: number, batch: number])[]): Timed[] =>
  each.map(([size, batch]) => ({ network, width: 1, size, batch, warmUp: 5 }));

export const FULL: CheckPlan = {
  comparisons: [
    { ...TRAINING, network: 'compact', steps: 3, optimiser: { name: 'adam' }, learningRate: 0.002, width: 1 },
    { ...TRAINING, network: 'resnet-18' },
    { ...TRAINING, network: 'resnet-50' },
    { ...TRAINING, network: 'mobilenet-v2', batch: 32 },
  ],
  rates: [
    ...sizes('compact', [
      [32, 64],
      [32, 256],
      [32, 1024],
    ]),
    ...sizes('resnet-18', [
      [32, 64],
      [32, 256],
      [224, 32],
    ]),
    ...sizes('resnet-50', [
      [32, 64],
      [224, 32],
    ]),
    ...sizes('mobilenet-v2', [
      [32, 64],
      [224, 32],
    ]),
  ],
};

export const SHORT: CheckPlan = {
  comparisons: [
    {
      ...{ ...TRAINING, network: 'compact', filters: [4, 8], size: 8, batch: 4 },
      ...{ optimiser: { name: 'adam' }, learningRate: 0.002 },
    },
  ],
  rates: [{ network: 'compact', width: 0.25, size: 16, batch: 8, warmUp: 1 }],
};
