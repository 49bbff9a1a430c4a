import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, MODEL_FILE, manifestSchema } from '#core/contracts/manifest.ts';
import { InvalidInputError } from '#core/errors.ts';
import { parseJson } from '#core/parse.ts';
import { fromBytes } from '#model/onnx/build.ts';
import type { GeneralModel } from '#model/transfer/transfer.ts';
import { graft } from '../../demo/agent.ts';
import { buildIconData, ICON_AUGMENTATION } from '../../examples/icons/icon-data.ts';

const START_MODEL = join('.graft', 'start', 'general');
const OWN_MODEL = join('.graft', 'bench', 'general');
const OWN_TRAINING_SECONDS = '120';

/**
 * The general model that a benchmark starts from.
 *
 * @param asked its folder; that of `npm start` when left out, or one trained now as `npm start` does
 * @throws InvalidInputError when there is none in the folder asked for
 */
export async function generalModelFolder(asked: string | undefined): Promise<string> {
  for (const folder of asked === undefined ? [START_MODEL, OWN_MODEL] : [asked]) {
    if (existsSync(join(folder, 'manifest.json'))) return folder;
  }
  if (asked !== undefined) {
    throw new InvalidInputError(`There is no general model in "${asked}" (no manifest.json)`, {
      hint: 'Train one with `graft train`, or leave --model out.',
    });
  }
  const data = join('.graft', 'data');
  console.log('No general model yet: training one as npm start does.');
  await buildIconData({ out: data, seed: 1 });
  const options = ['--model', 'icons', '--max-seconds', OWN_TRAINING_SECONDS, '--seed', '1', '--force'];
  const words = ['train', join(data, 'general'), '--out', OWN_MODEL, '--augment', ICON_AUGMENTATION];
  await graft([...words, ...options], process.env);
  return OWN_MODEL;
}

export const readManifest = async (folder: string): Promise<Manifest> =>
  parseJson(manifestSchema, await readFile(join(folder, 'manifest.json'), 'utf8'), 'manifest.json');

/** A general model as a training job reads it. */
export const readGeneralModel = async (folder: string): Promise<GeneralModel> => ({
  manifest: await readManifest(folder),
  model: fromBytes(await readFile(join(folder, MODEL_FILE))),
});

/** What a reader has to know of the general model before its figures mean anything. */
export function describeGeneralModel(folder: string, { version, origin }: Manifest): string {
  const from =
    origin.kind === 'imported'
      ? `imported from ${origin.source.name}`
      : `${origin.dataSet.classes} classes, ${origin.training.imagesSeen} images seen in ${origin.training.seconds.toFixed(0)} s`;
  return `General model ${folder} ${version}: ${from}`;
}
