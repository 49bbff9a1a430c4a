import type { NetworkName } from '#model/network/build-network.ts';
import type { KnownTraining } from '#model/training/known-training.ts';

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
  /** With WebAssembly. */
  comparisons: readonly KnownTraining[];
  rates: readonly Timed[];
}

const TRAINING: Omit<KnownTraining, 'network'> = {
  ...{ optimiser: { name: 'sgd', momentum: 0.9, weightDecay: 5e-4 }, learningRate: 0.01, steps: 1 },
  ...{ size: 32, batch: 8, width: 0.25 },
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
