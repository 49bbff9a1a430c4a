import type { ArgsDef } from 'citty';
import { AUGMENTATIONS } from '#model/data/augment.ts';
import { LEAST_SIDE, NETWORKS, type NetworkName } from '#model/network/build-network.ts';
import { type Method, methodFor, OPTIMISERS } from '#model/training/method.ts';
import { numberOption } from '../../cli/arguments.ts';
import { UsageError } from '../../cli/errors.ts';

const number = (valueHint: string, description: string) =>
  ({ type: 'string', valueHint, description: `${description} (Default: the network's)` }) as const;

/** Options that say what is trained, and how; their defaults depend on the network (docs/agent.md). */
export const methodArgs = {
  network: { type: 'enum', options: [...NETWORKS], default: 'compact', description: 'Network to train' },
  width: {
    type: 'string',
    valueHint: 'FACTOR',
    default: '1',
    description: 'Multiplies the filters of every layer',
  },
  optimiser: {
    type: 'enum',
    options: [...OPTIMISERS],
    description: "What makes steps of gradients (Default: the network's)",
  },
  'learning-rate': number('X', 'Highest step size'),
  momentum: number('0…0.999', 'Weight of the past gradients, for sgd'),
  'weight-decay': number('X', 'Pull of kernels towards 0; norms and biases have none'),
  'warm-up': number('0…0.5', 'Share of the training over which the step size rises'),
  'label-smoothing': number('0…0.5', 'Share of the probability that all labels have alike'),
  augment: {
    type: 'enum',
    options: [...AUGMENTATIONS],
    description: "How images are varied (Default: the network's)",
  },
  mixup: number('0…1', 'Alpha of mixup, which blends images in pairs; 0 for none'),
  ema: number('0…0.9999', 'Decay of a running mean of the weights; 0 for none'),
  patience: number('N', 'Measurements without progress after which training ends; 0 for never'),
} as const satisfies ArgsDef;

/** @throws UsageError naming an option that is out of its range, or does not go with the others */
export function methodOptions(
  args: Record<string, unknown>,
): Method & { network: NetworkName; width: number } {
  const given = (name: string, range: Parameters<typeof numberOption>[2]) =>
    numberOption(name, args[name] as string | undefined, range);
  const network = args.network as NetworkName;
  if (network !== 'compact' && Number(args.size) < LEAST_SIDE) {
    throw new UsageError(
      `--size is "${args.size}": ${network} takes images from ${LEAST_SIDE} pixels on`,
      'Use larger images, or --network compact.',
    );
  }
  const side = Number(args.size);
  const method = methodFor(
    network,
    { height: side, width: side },
    {
      optimiser: args.optimiser as Method['optimiser'] | undefined,
      learningRate: given('learning-rate', { above: 0, maximum: 1 }),
      momentum: given('momentum', { minimum: 0, maximum: 0.999 }),
      weightDecay: given('weight-decay', { minimum: 0, maximum: 1 }),
      warmUp: given('warm-up', { minimum: 0, maximum: 0.5 }),
      labelSmoothing: given('label-smoothing', { minimum: 0, maximum: 0.5 }),
      augment: args.augment as Method['augment'] | undefined,
      mixup: given('mixup', { minimum: 0, maximum: 1 }),
      ema: given('ema', { minimum: 0, maximum: 0.9999 }),
      patience: given('patience', { minimum: 0, maximum: 100_000, whole: true }),
    },
  );
  if (args.momentum !== undefined && method.optimiser !== 'sgd') {
    throw new UsageError(
      `--momentum has no meaning for ${method.optimiser}`,
      'Leave it out, or use --optimiser sgd.',
    );
  }
  return { ...method, network, width: given('width', { minimum: 0.1, maximum: 4 })! };
}
