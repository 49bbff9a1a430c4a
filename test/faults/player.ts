import { join } from 'node:path';
import { prepare } from './before.ts';
import { playMortal } from './mortal.ts';
import { play, type RunOptions, type RunResult } from './run.ts';
import { type Before, type Plan, schedule } from './schedule.ts';
import { copyFolder, removeFolder, saveKeys, temporaryFolder } from './stage.ts';

/** Plays one run after the other, each on a copy of the state folder that it begins with. */
export class Player {
  readonly #parent = temporaryFolder();
  readonly #prepared = new Map<Before, string>();

  constructor() {
    // For the processes that are killed, which continue with what this one has signed.
    const path = join(this.#parent, 'keys.json');
    saveKeys(path);
    process.env.GRAFT_FAULTS_KEYS = path;
  }

  play(seed: number, options: Pick<RunOptions, 'call'> = {}): Promise<RunResult> {
    return this.playPlan(schedule(seed), options);
  }

  async playPlan(plan: Plan, options: Pick<RunOptions, 'call'> = {}): Promise<RunResult> {
    const prepared = this.#prepared.get(plan.before) ?? (await prepare(plan.before, this.#parent));
    this.#prepared.set(plan.before, prepared);
    const folder = join(this.#parent, `run-${plan.seed}`);
    copyFolder(prepared, folder);
    try {
      return await (plan.processKills.length > 0
        ? playMortal(plan, folder)
        : play(plan, { folder, ...options }));
    } finally {
      removeFolder(folder);
    }
  }

  close(): void {
    removeFolder(this.#parent);
  }
}
