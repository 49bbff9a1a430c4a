import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { hostname, uptime } from 'node:os';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { BusyError, InvalidInputError } from '#core/errors.ts';
import { isRunning } from '#core/is-running.ts';
import { parseJson } from '#core/parse.ts';
import { writeDurably } from '#core/write-durably.ts';
import { BACKENDS, type BackendName } from '#model/tensorflow/backend-names.ts';
import {
  differingSettings,
  findCheckpoint,
  type Setting,
  type TrainingCheckpoint,
} from '#model/training/training-checkpoints.ts';
import { trainingFolderOf } from '../../model-folder/output-folder.ts';

const STATUS = 'status.json';
const README = 'README.txt';
const KNOWN = 'images.json';
/** Seconds by which two readings of a machine's start may differ. */
const SAME_START_S = 60;

const statusSchema = z.strictObject({
  schemaVersion: z.literal(1),
  state: z.enum(['training', 'interrupted']),
  /** Where the model will be. */
  out: z.string(),
  /** The command line that began the training, and with which it goes on. */
  command: z.string(),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** From which the training goes on; 0 before the first checkpoint. */
  step: z.int().nonnegative(),
  steps: z.int().positive().nullable(),
  process: z.strictObject({ pid: z.int(), host: z.string(), machineStartedAt: z.iso.datetime() }),
});
export type TrainingStatus = z.output<typeof statusSchema>;

/** `<out>.training`: what a training needs to go on, until its model is there. */
export interface TrainingFolder {
  path: string;
  /** For `OpenOptions.known`. */
  known: string;
  /**
   * The checkpoint to go on from.
   *
   * @param settings everything that decides the result
   * @param warn is told of checkpoints that are damaged
   * @throws InvalidInputError when the training was begun with other settings
   */
  find(
    settings: Readonly<Record<string, Setting>>,
    warn: (message: string) => void,
  ): Promise<TrainingCheckpoint | undefined>;
  /** What computed the training that can go on; undefined where there is none. */
  backend(): Promise<BackendName | undefined>;
  /** What the folder tells a person. */
  tell(status: Pick<TrainingStatus, 'state' | 'step' | 'steps'>): Promise<void>;
  /** The model is there: nothing is left to go on with. */
  remove(): Promise<void>;
  /** Keeps what a later run can use, and removes the folder where there is nothing. */
  close(): Promise<void>;
}

export interface TrainingFolderOptions {
  out: string;
  command: string;
  /** Throws away what an earlier run has left. */
  restart: boolean;
  now?: () => Date;
}

/**
 * Opens the folder of a training beside its model. It is made when something is written into it.
 *
 * @throws BusyError when another process trains there
 */
export async function openTrainingFolder(options: TrainingFolderOptions): Promise<TrainingFolder> {
  const { out, command, restart, now = () => new Date() } = options;
  const path = trainingFolderOf(out);
  const before = await readStatus(path);
  if (before !== undefined) refuseBusy(path, before);
  if (restart) await rm(path, { recursive: true, force: true });
  let startedAt = (restart ? undefined : before?.startedAt) ?? now().toISOString();
  await mkdir(path, { recursive: true });

  async function tell({ state, step, steps }: Pick<TrainingStatus, 'state' | 'step' | 'steps'>) {
    const status: TrainingStatus = {
      ...{ schemaVersion: 1, state, out: resolve(out), command, startedAt, step, steps },
      updatedAt: now().toISOString(),
      process: { pid: process.pid, host: hostname(), machineStartedAt: machineStartedAt(now()) },
    };
    await writeDurably(join(path, STATUS), `${JSON.stringify(status, null, 2)}\n`);
    await writeDurably(join(path, README), readme(status));
  }

  return {
    path,
    known: join(path, KNOWN),
    async find(settings, warn) {
      const found = await findCheckpoint(path, warn);
      if (found === undefined) {
        startedAt = now().toISOString();
        return undefined;
      }
      refuseOthers(path, found.settings, settings);
      startedAt = found.startedAt;
      return found;
    },
    async backend() {
      // What is damaged is told by `find`.
      const found = await findCheckpoint(path, () => {});
      return BACKENDS.find((name) => name === found?.settings.backend);
    },
    tell,
    remove: () => rm(path, { recursive: true, force: true }),
    async close() {
      const names = await readdir(path).catch(() => []);
      const isOfUse = names.some((name) => name.endsWith('.checkpoint') || name === KNOWN);
      if (!isOfUse) await rm(path, { recursive: true, force: true });
    },
  };
}

async function readStatus(path: string): Promise<TrainingStatus | undefined> {
  try {
    return parseJson(statusSchema, await readFile(join(path, STATUS), 'utf8'), STATUS);
  } catch {
    // A torn one says nothing; checkpoints are found without it.
    return undefined;
  }
}

/** Process numbers come again after the machine has started anew. */
function refuseBusy(path: string, { state, process: owner, startedAt }: TrainingStatus) {
  const isHere = owner.host === hostname() && owner.pid !== process.pid;
  const apart = Math.abs(Date.parse(owner.machineStartedAt) - Date.parse(machineStartedAt(new Date())));
  if (state !== 'training' || !isHere || apart > 1_000 * SAME_START_S || !isRunning(owner.pid)) return;
  throw new BusyError(`Process ${owner.pid} has been training there since ${startedAt}, see "${path}"`, {
    hint: 'Wait for it or end it, or choose another folder with --out.',
  });
}

const machineStartedAt = (now: Date): string => new Date(now.getTime() - 1_000 * uptime()).toISOString();

function refuseOthers(
  path: string,
  before: Readonly<Record<string, Setting>>,
  now: Readonly<Record<string, Setting>>,
) {
  const differing = differingSettings(before, now);
  if (differing.length === 0) return;
  const reasons = differing.map((setting) =>
    setting.name === 'images'
      ? 'the images have changed'
      : `${setting.name} was ${setting.before ?? 'not given'} and is ${setting.now ?? 'not given'}`,
  );
  throw new InvalidInputError(
    `The training in "${path}" cannot go on with this command: ${reasons.join(', ')}`,
    { hint: 'Run the command that began it (its README.txt has it), or begin anew with --restart.' },
  );
}

const readme = ({ out, command, startedAt, step, steps, state }: TrainingStatus): string =>
  `This folder belongs to a training of Graft that is not finished.

The model will be in   ${out}
It began at            ${startedAt}
${state === 'training' ? 'It was running' : 'It was interrupted'}${step === 0 ? ', and nothing was saved yet.' : `, and saved at step ${step}${steps === null ? '' : ` of ${steps}`}.`}

To go on where it was saved, run the same command again:

  ${command}

With --restart it begins anew. To give it up, remove this folder. When the model is there, the folder
disappears by itself. status.json says the same for programs.
`;
