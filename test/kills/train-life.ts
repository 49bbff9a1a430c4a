import { watch } from 'node:fs';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { manifestSchema } from '../../core/contracts/manifest.ts';
import { sha256 } from '../../core/digest.ts';
import { createRandom, type Random } from '../../core/random.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { spawnGraft } from '../onprem-agent/cli.ts';

/** What random kills of `graft train` did to one model. */
export interface TrainTally {
  kills: number;
  /** Lives that began with what an earlier one had saved. */
  continued: number;
  /** 1 where there is no complete model in the end. */
  lost: number;
  /** 1 where it is another model than that of a training that nothing interrupted. */
  differs: number;
  /** Why it counts as lost or as another. */
  reasons: string[];
}

/** When a life ends: at so many changes in the training's folder or beside the model, or after some time. */
type Kill = { change: number } | { milliseconds: number };

const LABELS = ['apple pie', 'crème brûlée', 'v2.0'];
const PER_LABEL = 8;
const MOST_KILLS = 3;
/** Seeds of trainings: their models are known after the first run of each. */
const VARIANTS = 4;
/** Fifteen steps, each saved. */
const SIZE = ['--size', '16', '--width', '0.5', '--epochs', '5', '--batch-size', '8'];

/** A training that nothing interrupted. */
interface Undisturbed {
  model: string;
  milliseconds: number;
  /** Changes in its folders. */
  changes: number;
}

function killsOf(random: Random, { milliseconds, changes }: Undisturbed): Kill[] {
  return Array.from({ length: 1 + random.below(MOST_KILLS) }, () =>
    random.next() < 0.3
      ? { milliseconds: random.between(0, milliseconds) }
      : { change: 1 + random.below(changes) },
  );
}

/** Plays trainings in one folder, whose images and undisturbed models they share. */
export class TrainLives {
  readonly #folder: string;
  readonly #program: string | undefined;
  readonly #expected = new Map<number, Promise<Undisturbed>>();

  /** @param program of the agent, where it is not this checkout's */
  constructor(folder: string, program: string | undefined) {
    this.#folder = folder;
    this.#program = program;
  }

  /**
   * Trains one model. The process is killed at random moments and started again, until one comes to its end.
   */
  async play(seed: number): Promise<TrainTally> {
    const random = createRandom('training kills', seed);
    const variant = random.below(VARIANTS);
    const undisturbed = await this.#undisturbed(variant);
    const place = join(this.#folder, `train-${seed}`);
    await mkdir(place);
    const out = join(place, 'model');
    const tally: TrainTally = { kills: 0, continued: 0, lost: 0, differs: 0, reasons: [] };
    const live = async (kill: Kill | undefined): Promise<boolean> => {
      const { code, events, last } = await this.#train(variant, out, kill);
      if (events.some(({ event }) => event === 'continued')) tally.continued++;
      if (code < 0) tally.kills++;
      // One that was killed after its model was there.
      const isThere = code === 1 && /is there already/.test(last?.message);
      if (code > 0 && !isThere) tally.reasons.push(`train ended with ${code}: ${last?.message}`);
      return code >= 0;
    };
    let ended = false;
    for (const kill of killsOf(random, undisturbed)) ended ||= await live(kill);
    if (!ended) await live(undefined);
    const model = await modelIn(out).catch((error: Error) => {
      tally.reasons.push(error.message);
    });
    if (model !== undefined && model !== undisturbed.model) {
      tally.differs = 1;
      tally.reasons.push('another model than that of an undisturbed training');
    }
    tally.lost = tally.reasons.length > tally.differs ? 1 : 0;
    await rm(place, { recursive: true, force: true });
    return tally;
  }

  #undisturbed(variant: number): Promise<Undisturbed> {
    let known = this.#expected.get(variant);
    known ??= this.#trainUndisturbed(variant);
    this.#expected.set(variant, known);
    return known;
  }

  async #trainUndisturbed(variant: number): Promise<Undisturbed> {
    const images = join(this.#folder, 'images');
    if (this.#expected.size === 0) await makeImageFolder(images, { labels: LABELS, perLabel: PER_LABEL });
    const place = join(this.#folder, `undisturbed-${variant}`);
    await mkdir(place);
    const out = join(place, 'model');
    const began = performance.now();
    const { code, last, changes } = await this.#train(variant, out, undefined);
    if (code !== 0) throw new Error(`The undisturbed training ended with ${code}: ${last?.message}`);
    return { model: await modelIn(out), milliseconds: performance.now() - began, changes };
  }

  async #train(variant: number, out: string, kill: Kill | undefined) {
    const seed = ['--seed', String(variant + 1), '--checkpoint-seconds', '0', '--backend', 'wasm', '--json'];
    const words = ['train', join(this.#folder, 'images'), '--out', out, ...SIZE, ...seed];
    const { child, done } = spawnGraft(words, {}, this.#program);
    const end = () => void child.kill('SIGKILL');
    let changes = 0;
    const watcher = watch(join(out, '..'), { recursive: true }, () => {
      changes++;
      if (kill !== undefined && 'change' in kill && changes === kill.change) end();
    });
    // A folder that has gone before it could be watched.
    watcher.on('error', () => {});
    const timer =
      kill !== undefined && 'milliseconds' in kill ? setTimeout(end, kill.milliseconds) : undefined;
    const run = await done;
    clearTimeout(timer);
    watcher.close();
    return { ...run, changes };
  }
}

/** SHA-256 of a model's file, which is as its manifest says. */
async function modelIn(out: string): Promise<string> {
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(out, 'manifest.json'), 'utf8')));
  const { name, sha256: digest } = manifest.files[0]!;
  const there = sha256(await readFile(join(out, name)));
  if (there !== digest) throw new Error(`${name} is not what its manifest says`);
  return there;
}
