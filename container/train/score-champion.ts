import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import type { ChampionNotScored, ChampionScores } from '#core/contracts/evaluation.ts';
import type { ServedModel } from '#core/contracts/served-model.ts';
import { describeError, IntegrityError } from '#core/errors.ts';
import type { LabelledFiles } from '#model/data/labelled-files.ts';
import { evaluate } from '#model/evaluation/evaluate.ts';
import { openServedModel, readServedModel } from '#model/prediction/served-model.ts';
import type { OptMl } from '../opt-ml.ts';

/** The part of `evaluation.json` that is about the champion; empty when nothing is live. */
export interface ScoredChampion {
  champion?: ChampionScores;
  championNotScored?: ChampionNotScored;
}

/**
 * Scores the champion on the current test images, with its own labels and form of images. A champion that
 * cannot
 * be scored does not fail the job: the evaluation gives the reason, and the gate rejects the challenger.
 *
 * @param testImages the challenger's, whose order the rows follow
 */
export async function scoreChampion(
  paths: OptMl,
  testImages: LabelledFiles,
  signal: AbortSignal,
): Promise<ScoredChampion> {
  const archive = await findArchive(paths.channel('champion'));
  if (archive === undefined) return {};
  const folder = await mkdtemp(join(tmpdir(), 'graft-champion-'));
  let served: ServedModel | undefined;
  try {
    await unpack(archive, folder);
    served = await readServedModel(folder);
    const { trainingJob, labels } = served;
    const others = differenceOf(labels, testImages.labels);
    if (others !== undefined) return { championNotScored: { trainingJob, labels, reason: others } };
    return { champion: await score(folder, testImages, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const reason = describeError(error).replaceAll('\n', '; ');
    return { championNotScored: { ...(served && { trainingJob: served.trainingJob }), reason } };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function score(
  folder: string,
  testImages: LabelledFiles,
  signal: AbortSignal,
): Promise<ChampionScores> {
  const { served, pool, close } = await openServedModel(folder);
  try {
    const { labels, trainingJob, general } = served;
    // The same labels may stand in another order.
    const indices = testImages.labels.map((label) => labels.indexOf(label));
    const classIndices = testImages.classIndices.map((index) => indices[index]!);
    const images = { ...testImages, labels, classIndices };
    const { accuracy, interval, recall, rows } = await evaluate(pool, images, { signal });
    return { trainingJob, ...general, accuracy, interval, recall, rows };
  } finally {
    await close();
  }
}

function differenceOf(champions: readonly string[], domains: readonly string[]): string | undefined {
  const added = domains.filter((label) => !champions.includes(label));
  const removed = champions.filter((label) => !domains.includes(label));
  if (added.length + removed.length === 0) return undefined;
  const list = (labels: readonly string[]) => (labels.length === 0 ? 'none' : labels.join(', '));
  return `its labels are not the domain's: added since ${list(added)}, removed ${list(removed)}`;
}

/** The channel has `model.tar.gz` as SageMaker wrote it. It is absent when nothing is live. */
async function findArchive(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.length === 0 ? undefined : join(folder, 'model.tar.gz');
}

/** A model consists of plain files at the archive's root. */
async function unpack(archive: string, folder: string): Promise<void> {
  const tar = extract();
  const unpacked = (async () => {
    for await (const entry of tar) {
      const name = entry.header.name.replace(/^\.\//, '');
      const isPlain = entry.header.type === 'file' && name !== '' && basename(name) === name;
      if (isPlain) await pipeline(entry, createWriteStream(join(folder, name)));
      else entry.resume();
    }
  })();
  try {
    await Promise.all([pipeline(createReadStream(archive), createGunzip(), tar), unpacked]);
  } catch (cause) {
    throw new IntegrityError('the champion’s model.tar.gz cannot be unpacked', { cause });
  }
}
