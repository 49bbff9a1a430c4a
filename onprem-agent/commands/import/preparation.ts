import type { Input, Resize } from '#core/contracts/common.ts';
import { InvalidInputError } from '#core/errors.ts';
import type { Preparation } from '#model/onnx/import-source.ts';
import { numberOption } from '../../cli/arguments.ts';
import { UsageError } from '../../cli/errors.ts';

type Triple = Input['mean'];

const same = (value: number): Triple => [value, value, value];
/** Of pixels in 0…1, as timm and torchvision write them down. */
const of255 = (values: Triple): Triple => values.map((value) => Number((value * 255).toFixed(4))) as Triple;

interface Preset extends Preparation {
  /** For the message that lists them. */
  description: string;
}

/** Ways to prepare images that many networks share. */
export const PRESETS = {
  torchvision: {
    description: 'mean and deviation of ImageNet: torchvision, most of timm',
    colours: 'RGB',
    mean: of255([0.485, 0.456, 0.406]),
    deviation: of255([0.229, 0.224, 0.225]),
    resize: { fit: 'cover', crop: 0.875 },
    interpolation: 'linear',
  },
  'keras-tf': {
    description: '−1…1: MobileNet, Inception, Xception, ResNet V2 of Keras; ViT of timm',
    colours: 'RGB',
    mean: same(127.5),
    deviation: same(127.5),
    resize: { fit: 'stretch' },
    interpolation: 'linear',
  },
  'keras-caffe': {
    description: 'BGR less its means: VGG and ResNet of Keras',
    colours: 'BGR',
    mean: [103.939, 116.779, 123.68],
    deviation: same(1),
    resize: { fit: 'stretch' },
    interpolation: 'linear',
  },
  unit: {
    description: '0…1',
    colours: 'RGB',
    mean: same(0),
    deviation: same(255),
    resize: { fit: 'stretch' },
    interpolation: 'linear',
  },
  clip: {
    description: 'mean and deviation of CLIP',
    colours: 'RGB',
    mean: of255([0.48145466, 0.4578275, 0.40821073]),
    deviation: of255([0.26862954, 0.26130258, 0.27577711]),
    resize: { fit: 'cover', crop: 1 },
    interpolation: 'cubic',
  },
  pixels: {
    description: '0…255 as they are: the network rescales them itself',
    colours: 'RGB',
    mean: same(0),
    deviation: same(1),
    resize: { fit: 'stretch' },
    interpolation: 'linear',
  },
} as const satisfies Record<string, Preset>;

/** What the person says; every part may be left out. */
export type Wishes = Partial<Preparation>;

export interface PreparationArguments {
  preset?: string | undefined;
  mean?: string | undefined;
  std?: string | undefined;
  colours?: string | undefined;
  resize?: string | undefined;
  crop?: string | undefined;
  interpolation?: string | undefined;
}

/**
 * Reads the options about preparing.
 *
 * @throws UsageError naming the option
 */
export function preparationWishes(args: PreparationArguments): Wishes {
  if (args.preset !== undefined && (args.mean ?? args.std) !== undefined) {
    throw new UsageError('--preset says the mean and deviation already: leave --mean and --std out');
  }
  if ((args.mean === undefined) !== (args.std === undefined)) {
    throw new UsageError('--mean and --std belong together');
  }
  const preset = args.preset === undefined ? undefined : PRESETS[args.preset as keyof typeof PRESETS];
  const { description: _, ...common } = preset ?? { description: '' };
  const wishes: Wishes = { ...common };
  if (args.mean !== undefined && args.std !== undefined) {
    wishes.mean = of255(triple('mean', args.mean, { minimum: 0, maximum: 1 }));
    wishes.deviation = of255(triple('std', args.std, { above: 0, maximum: 1 }));
  }
  if (args.colours !== undefined) wishes.colours = args.colours.toUpperCase() as Input['colours'];
  const resize = resizeOf(args);
  if (resize !== undefined) wishes.resize = resize;
  if (args.interpolation !== undefined) {
    wishes.interpolation = args.interpolation as Input['interpolation'];
  }
  return wishes;
}

function triple(name: string, text: string, range: Parameters<typeof numberOption>[2]): Triple {
  const parts = text.split(',');
  if (parts.length !== 3 && parts.length !== 1) {
    throw new UsageError(
      `--${name} is "${text}": expected three numbers of pixels in 0…1 for red, green and blue, for instance 0.485,0.456,0.406`,
    );
  }
  const numbers = parts.map((part) => numberOption(name, part.trim(), range)!);
  return numbers.length === 1 ? same(numbers[0]!) : (numbers as Triple);
}

function resizeOf({ resize, crop, preset }: PreparationArguments): Resize | undefined {
  const share = numberOption('crop', crop, { minimum: 0.5, maximum: 1 });
  const fit = resize ?? (share === undefined ? undefined : 'cover');
  if (share !== undefined && fit !== 'cover') {
    throw new UsageError('--crop is a share of the image that --resize cover keeps');
  }
  if (fit === undefined) return undefined;
  if (fit !== 'cover') return { fit: fit as 'stretch' | 'contain' };
  const usual = preset === 'clip' ? 1 : 0.875;
  return { fit: 'cover', crop: share ?? usual };
}

/**
 * How images are prepared: what the file says, then what the person says.
 *
 * @param known what the file says
 * @throws InvalidInputError when they contradict each other, or neither says what the pixels become
 */
export function settlePreparation(known: Wishes, wishes: Wishes): Preparation {
  for (const part of ['colours', 'mean', 'deviation', 'resize', 'interpolation'] as const) {
    const [file, person] = [known[part], wishes[part]];
    if (file === undefined || person === undefined || JSON.stringify(file) === JSON.stringify(person))
      continue;
    throw new InvalidInputError(
      `The file says ${part} ${text(file)}, and the options say ${text(person)}: they contradict each other`,
      { hint: 'Leave --preset, --mean, --std and --colours out: the file knows.' },
    );
  }
  const { colours = 'RGB', mean, deviation, ...rest } = { ...wishes, ...known };
  if (mean === undefined || deviation === undefined) {
    const list = Object.entries(PRESETS).map(([name, { description }]) => `${name} (${description})`);
    throw new InvalidInputError('The file does not say how images are prepared for the network', {
      hint: `Say what it was trained with, with --mean and --std or --preset: ${list.join('; ')}.`,
    });
  }
  return {
    colours,
    mean,
    deviation,
    resize: rest.resize ?? { fit: 'stretch' },
    interpolation: rest.interpolation ?? 'linear',
  };
}

const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
