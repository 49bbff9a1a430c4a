import type { Input } from '#core/contracts/common.ts';
import type { Augmentation } from '../data/augment.ts';
import { isSmall } from '../network/blocks.ts';
import type { NetworkName } from '../network/build-network.ts';
import type { TrainingPlan } from './loop.ts';
import { WARM_UP } from './schedule.ts';

export const OPTIMISERS = ['sgd', 'adamw', 'adam'] as const;

/** How the general model is trained. */
export interface Method {
  optimiser: (typeof OPTIMISERS)[number];
  /** Highest of the schedule, for batches of 64 images. */
  learningRate: number;
  /** Of SGD. */
  momentum: number;
  /** Of kernels. AdamW's shrinks them; for the others it is part of the gradient. */
  weightDecay: number;
  /** Share of the training over which the learning rate rises; a cosine to 0 follows. */
  warmUp: number;
  /** Share of the probability that all labels have alike. */
  labelSmoothing: number;
  augment: Augmentation;
  /** Mixup's alpha; 0 mixes nothing. */
  mixup: number;
  /** Decay of the weights' running mean, which becomes the model; 0 takes the weights of the last step. */
  ema: number;
  /** Measurements in a row without a smaller validation loss, after which training ends; 0 never ends it. */
  patience: number;
}

const PLAIN: Method = {
  optimiser: 'adam',
  learningRate: 0.002,
  momentum: 0.9,
  weightDecay: 0,
  warmUp: WARM_UP,
  labelSmoothing: 0,
  augment: 'light',
  mixup: 0,
  ema: 0,
  patience: 0,
};

/** Where another optimiser than the network's is chosen. */
const OF_OPTIMISER = {
  sgd: { learningRate: 0.05, weightDecay: 5e-4 },
  adamw: { learningRate: 0.002, weightDecay: 0.05 },
  adam: { learningRate: 0.002, weightDecay: 0 },
} as const satisfies Record<Method['optimiser'], Partial<Method>>;

const RESIDUAL: Method = {
  ...PLAIN,
  optimiser: 'sgd',
  ...OF_OPTIMISER.sgd,
  labelSmoothing: 0.1,
  augment: 'standard',
};

/**
 * What the literature trains these networks with, scaled to batches of 64 where the learning rate grows with
 * the batch: ResNet by SGD at 0.1 for 128 images (He et al., 2015), MobileNetV2 with the small weight decay
 * of its paper.
 */
export const DEFAULT_METHODS: Readonly<Record<NetworkName, Method>> = {
  compact: PLAIN,
  'resnet-18': RESIDUAL,
  'resnet-50': { ...RESIDUAL, weightDecay: 1e-4 },
  'mobilenet-v2': { ...RESIDUAL, weightDecay: 4e-5, ema: 0.999 },
};

/**
 * The method of a network, with what is chosen otherwise; `undefined` chooses nothing. Small images are
 * mirrored and shifted whatever the network, as the field varies CIFAR's
 * (docs/decisions/small-images-are-shifted.md).
 */
export function methodFor(
  network: NetworkName,
  size: Pick<Input, 'height' | 'width'>,
  chosen: { [Name in keyof Method]?: Method[Name] | undefined },
): Method {
  const own = { ...DEFAULT_METHODS[network], ...(isSmall(size) ? { augment: 'shift' as const } : {}) };
  const { optimiser = own.optimiser } = chosen;
  const method = { ...own, ...(optimiser === own.optimiser ? {} : OF_OPTIMISER[optimiser]) };
  for (const name of Object.keys(own) as (keyof Method)[]) {
    if (chosen[name] !== undefined) Object.assign(method, { [name]: chosen[name] });
  }
  return method;
}

/** What a method means for the training plan. */
export function planOfMethod(
  method: Method,
  labelCount: number,
): Pick<TrainingPlan, 'learningRate' | 'warmUp' | 'augmentation' | 'optimiser' | 'patience' | 'targets'> {
  const { optimiser, momentum, weightDecay, ema, labelSmoothing, mixup } = method;
  return {
    learningRate: method.learningRate,
    warmUp: method.warmUp,
    augmentation: method.augment,
    optimiser: {
      ...(optimiser === 'sgd' ? { name: optimiser, momentum } : { name: optimiser }),
      weightDecay,
      ...(ema === 0 ? {} : { averaging: ema }),
    },
    ...(method.patience === 0 ? {} : { patience: method.patience }),
    ...(labelSmoothing === 0 && mixup === 0
      ? {}
      : { targets: { labelCount, smoothing: labelSmoothing, mixup } }),
  };
}
