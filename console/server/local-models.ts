import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { type Bucket, isNoSuchObject } from '#cloud/aws/bucket.ts';
import { unpackMembers } from '#cloud/aws/unpack.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { sha256 } from '#core/digest.ts';
import { InvalidInputError, NotFoundError } from '#core/errors.ts';

/** Of an archive, and of the network in it, in bytes. */
const MODEL_LIMIT = 500_000_000;
/** Models that lie on the disk, and of these in memory: a champion and a challenger, and the last ones. */
const ON_DISK = 4;
const IN_MEMORY = 2;

/** A served model that is loaded on this machine. */
export interface LocalModel {
  /** @throws InvalidInputError when the image cannot be decoded */
  predict(image: Uint8Array): Promise<PredictionResponse>;
  close(): Promise<void>;
}

export interface LocalModels {
  /**
   * Asks the model of a training job's archive, which is loaded and checked before. One question is answered
   * after the other.
   *
   * @param key of `model.tar.gz` in the artifacts bucket
   * @returns the answer, and how many milliseconds it took without the loading
   * @throws NotFoundError, InvalidInputError where model or image are too large or no image, IntegrityError
   *   where the model does not compute here what it computed in training
   */
  ask(key: string, image: Uint8Array): Promise<{ answer: PredictionResponse; ms: number }>;
  close(): Promise<void>;
}

interface LocalModelsOptions {
  artifacts: Bucket;
  /** Where archives are unpacked; what lies there belongs to the console. */
  folder: string;
  /** Loads `model.onnx` and `served-model.json` of a folder. */
  load(folder: string): Promise<LocalModel>;
}

/** Models of domains on this machine: fetched once, a few kept on the disk, the last ones in memory. */
export function localModels({ artifacts, folder, load }: LocalModelsOptions): LocalModels {
  /** The last used one comes last. */
  const opened = new Map<string, LocalModel>();

  async function fetched(key: string): Promise<string> {
    const { size, etag } = await describe(artifacts, key);
    if (size > MODEL_LIMIT) {
      const megabytes = (bytes: number) => `${Math.ceil(bytes / 1e6)} MB`;
      throw new InvalidInputError(
        `The model has ${megabytes(size)}; the console loads at most ${megabytes(MODEL_LIMIT)}`,
        { hint: 'Unpack its archive, and ask it with `graft predict --model FOLDER`.' },
      );
    }
    const target = join(folder, sha256(`${artifacts.uri(key)} ${etag}`).slice(0, 32));
    const now = new Date();
    const isThere = await utimes(target, now, now).then(
      () => true,
      () => false,
    );
    if (isThere) return target;
    const half = `${target}.${process.pid}.part`;
    await rm(half, { recursive: true, force: true });
    await mkdir(half, { recursive: true, mode: 0o700 });
    try {
      const members = ['model.onnx', 'served-model.json'];
      await unpackMembers(artifacts, key, { members, folder: half, limit: MODEL_LIMIT });
      await rm(target, { recursive: true, force: true });
      await rename(half, target);
    } finally {
      await rm(half, { recursive: true, force: true });
    }
    await keepNewest(folder, ON_DISK);
    return target;
  }

  async function open(key: string): Promise<LocalModel> {
    const model = opened.get(key) ?? (await load(await fetched(key)));
    opened.delete(key);
    opened.set(key, model);
    for (const [old, unused] of [...opened].slice(0, -IN_MEMORY)) {
      opened.delete(old);
      await unused.close();
    }
    return model;
  }

  let last: Promise<unknown> = Promise.resolve();
  /** Runs after everything that was asked before: nothing closes a model that computes. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  }

  return {
    ask: (key, image) =>
      inTurn(async () => {
        const model = await open(key);
        const began = performance.now();
        const answer = await model.predict(image);
        return { answer, ms: performance.now() - began };
      }),
    close: () =>
      inTurn(async () => {
        for (const model of opened.values()) await model.close();
        opened.clear();
      }),
  };
}

async function describe(artifacts: Bucket, key: string): Promise<{ size: number; etag: string }> {
  try {
    const { ContentLength = 0, ETag = '' } = await artifacts.head(key);
    return { size: ContentLength, etag: ETag };
  } catch (cause) {
    if (!isNoSuchObject(cause)) throw cause;
    throw new NotFoundError('The files of this model are no longer there', {
      hint: 'The newest promotions of a domain keep theirs (`GRAFT_KEPT_PROMOTIONS`).',
      cause,
    });
  }
}

/** Removes all but the folders that were used last, and what a killed console has left half done. */
async function keepNewest(folder: string, count: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => /^[0-9a-f]{32}(\.\d+\.part)?$/.test(name));
  const used = await Promise.all(
    names.map(async (name) => ({ name, at: (await stat(join(folder, name))).mtimeMs })),
  );
  const surplus = used.sort((one, other) => other.at - one.at).slice(count);
  for (const { name } of surplus) await rm(join(folder, name), { recursive: true, force: true });
}
