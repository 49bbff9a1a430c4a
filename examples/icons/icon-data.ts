import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '#core/random.ts';
import { builtFolder } from './built-folder.ts';
import { capture } from './capture.ts';
import { type Conditions, ON_A_TABLE } from './conditions.ts';
import { type ExampleDomain, settingsOf } from './domains/example-domain.ts';
import { DOMAINS } from './domains/index.ts';
import { generalClasses, otherThings } from './general.ts';
import { ICON_SETS, type IconSet, openIconSet } from './icon-sets.ts';
import { encodePng } from './png.ts';

/** Changes whenever other images would come out: older builds are then made again. */
const BUILDER_VERSION = 6;

/**
 * How `graft train` is to vary the general images: the domains' photographs show things turned, from near and
 * far, and in other light.
 */
export const ICON_AUGMENTATION = 'light';

export interface BuildOptions {
  /**
   * Folder to build; replaced as a whole when it holds another build, refused when it holds anything else.
   */
  out: string;
  seed?: number;
  /** Side of the images in pixels. */
  size?: number;
  /** General classes at the most, evenly taken from the alphabet; all when left out. */
  generalClasses?: number;
  generalPerClass?: number;
  /** All of `DOMAINS` when left out. */
  domains?: readonly ExampleDomain[];
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** What a finished build says about itself, in `build.json`. */
export interface Build {
  builder: number;
  seed: number;
  size: number;
  generalClasses: number;
  generalPerClass: number;
  domains: readonly ExampleDomain[];
  /** Versions of the icon packages. */
  icons: Record<string, string>;
  images: { general: number; domains: Record<string, { train: number; test: number; other: number }> };
}

/**
 * Builds `<out>/general/<label>/*.png`, and for every domain `<out>/<domain>/{train,test}/<label>/*.png`,
 * `<out>/<domain>/other/*.png` and `<out>/<domain>/domain.json`. The same options give the same bytes, and a
 * class with fewer images has the first ones of a class with more.
 *
 * @returns `cached` is true when `out` already was exactly this build
 * @throws InvalidInputError when `out` holds something that is no build
 */
export async function buildIconData(options: BuildOptions): Promise<Build & { cached: boolean }> {
  const sets = { train: ICON_SETS.train.map(openIconSet), test: ICON_SETS.test.map(openIconSet) };
  const build = plan(options, sets);
  const built = await builtFolder(options.out, JSON.stringify(build), (folder) =>
    writeEverything(folder, build, sets, options),
  );
  return { ...build, ...built };
}

type Sets = { train: IconSet[]; test: IconSet[] };

function plan(options: BuildOptions, sets: Sets): Build {
  const available = generalClasses(sets.train).length;
  const generalCount = Math.min(options.generalClasses ?? available, available);
  const perClass = options.generalPerClass ?? 64;
  const domains = options.domains ?? DOMAINS;
  const images = domains.map(({ name, trainingImages, testImagesPerClass, otherImages }) => {
    const counts = Object.values(trainingImages);
    const train = counts.reduce((sum, count) => sum + count, 0);
    return [name, { train, test: counts.length * testImagesPerClass, other: otherImages }] as const;
  });
  return {
    builder: BUILDER_VERSION,
    seed: options.seed ?? 1,
    size: options.size ?? 32,
    generalClasses: generalCount,
    generalPerClass: perClass,
    domains,
    icons: Object.fromEntries([...sets.train, ...sets.test].map((set) => [set.name, set.version])),
    images: { general: generalCount * perClass, domains: Object.fromEntries(images) },
  };
}

async function writeEverything(folder: string, build: Build, sets: Sets, options: BuildOptions) {
  const { general, domains } = build.images;
  const total = Object.values(domains).reduce(
    (sum, { train, test, other }) => sum + train + test + other,
    general,
  );
  let done = 0;
  const write = async (part: Part, label: string, count: number) => {
    options.signal?.throwIfAborted();
    await writeClass(folder, { ...part, label, count }, build);
    done += count;
    options.onProgress?.(done, total);
  };
  const all = generalClasses(sets.train);
  for (let i = 0; i < build.generalClasses; i++) {
    const label = all[Math.floor((i * all.length) / build.generalClasses)]!;
    const part = { path: ['general'], sets: sets.train, conditions: ON_A_TABLE };
    await write(part, label, build.generalPerClass);
  }
  for (const domain of build.domains) {
    const { name, conditions } = domain;
    const train = { path: [name, 'train'], sets: sets.train, conditions };
    const test = { path: [name, 'test'], sets: sets.test, conditions };
    for (const [label, count] of Object.entries(domain.trainingImages)) {
      await write(train, label, count);
      await write(test, label, domain.testImagesPerClass);
    }
    await writeOthers(folder, domain, build, sets);
    done += domain.otherImages;
    options.onProgress?.(done, total);
    const settings = `${JSON.stringify(settingsOf(domain), null, 2)}\n`;
    await writeFile(join(folder, name, 'domain.json'), settings);
  }
}

/** A folder of label folders. */
interface Part {
  path: string[];
  sets: readonly IconSet[];
  conditions: Conditions;
}

/** One class: its sets take turns, so that each drawing is photographed equally often. */
async function writeClass(
  root: string,
  { path, sets, conditions, label, count }: Part & { label: string; count: number },
  build: Build,
) {
  const drawing = sets.filter((set) => set.has(label));
  const icons = await Promise.all(drawing.map((set) => set.render(label)));
  const folder = join(root, ...path, label);
  await mkdir(folder, { recursive: true });
  await Promise.all(
    Array.from({ length: count }, (_, i) => {
      const which = i % icons.length;
      const random = createRandom('produce', build.seed, path.join('/'), label, i);
      const pixels = capture(icons[which]!, build.size, conditions, random);
      const name = `${drawing[which]!.name}-${String(i).padStart(3, '0')}.png`;
      return writeFile(join(folder, name), encodePng(pixels, build.size, build.size));
    }),
  );
}

/**
 * One image of each of some other things, in the hands of the test sets and under the domain's conditions.
 */
async function writeOthers(root: string, domain: ExampleDomain, build: Build, sets: Sets) {
  const folder = join(root, domain.name, 'other');
  const all = otherThings(sets.train, sets.test);
  if (domain.otherImages > 0) await mkdir(folder, { recursive: true });
  for (let i = 0; i < domain.otherImages; i++) {
    const thing = all[Math.floor((i * all.length) / domain.otherImages)]!;
    const set = sets.test[i % sets.test.length]!;
    const random = createRandom('produce', build.seed, `${domain.name}/other`, thing, i);
    const pixels = capture(await set.render(thing), build.size, domain.conditions, random);
    await writeFile(join(folder, `${set.name}-${thing}.png`), encodePng(pixels, build.size, build.size));
  }
}
