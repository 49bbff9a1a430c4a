import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DomainInput } from '#core/contracts/domain.ts';
import { type Evaluation, evaluationSchema, type Mode } from '#core/contracts/evaluation.ts';
import { parseJson } from '#core/parse.ts';
import { containerFolder } from '../../scripts/build-container.ts';
import { linkOthers, linkPhotographs } from '../shared/photographs.ts';
import { watchMemory } from '../shared/process-memory.ts';

/** Photographs of a domain: which of each label are trained on, and what it is tested with. */
export interface Photographs {
  /** Folder with `train` and `test`. */
  folder: string;
  labels: readonly string[];
  /** Training photographs of each label, by name. */
  from: number;
  to: number;
  /** Test photographs of each label, at the most. */
  testPerLabel: number;
  /** Photographs of none of the classes. */
  other?: { folder: string; labels: readonly string[]; perLabel: number };
}

export interface JobOptions {
  mode: Mode;
  /** Folder of the general model. */
  general: string;
  photographs: Photographs;
  recipe?: DomainInput['recipe'];
}

export interface MeasuredJob {
  evaluation: Evaluation;
  /** From the process's start to its end. */
  seconds: number;
  peakMb: number;
}

/** Runs `<image> train` on a folder as SageMaker mounts it, in a process of its own. */
export async function runTrainingJob({
  mode,
  general,
  photographs,
  recipe,
}: JobOptions): Promise<MeasuredJob> {
  const root = await mkdtemp(join(tmpdir(), 'graft-real-'));
  const channel = (name: string) => join(root, 'input', 'data', name);
  try {
    const { folder, labels, from, to, testPerLabel, other } = photographs;
    await linkPhotographs(join(folder, 'train'), channel('train'), { labels, from, to });
    await linkPhotographs(join(folder, 'test'), channel('test'), { labels, from: 0, to: testPerLabel });
    if (other) await linkOthers(other.folder, channel('other'), other);
    const domain: DomainInput = {
      schemaVersion: 1,
      domain: 'photographs',
      labels: [...labels],
      recipe,
      gate: { minimumAccuracy: 0, minimumUplift: -1, minimumRecall: 0, minimumTestImages: 1 },
    };
    await mkdir(channel('domain'));
    await writeFile(join(channel('domain'), 'domain.json'), JSON.stringify(domain));
    const manifest = JSON.parse(await readFile(join(general, 'manifest.json'), 'utf8'));
    const baseline = { model: manifest.model, version: manifest.version };
    const hyperparameters = { mode, domain: 'photographs', ...(mode === 'baseline' ? baseline : {}) };
    await mkdir(join(root, 'input', 'config'));
    await writeFile(join(root, 'input', 'config', 'hyperparameters.json'), JSON.stringify(hyperparameters));
    if (mode === 'transfer') await symlink(general, channel('model'));
    const measured = await run(root);
    const text = await readFile(join(root, 'output', 'data', 'evaluation.json'), 'utf8');
    return { evaluation: parseJson(evaluationSchema, text, 'evaluation.json'), ...measured };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function run(root: string): Promise<{ seconds: number; peakMb: number }> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [join(containerFolder, 'train.mjs')], {
    env: { ...process.env, GRAFT_OPT_ML: root, GRAFT_LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const memory = watchMemory(child.pid!);
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const seconds = (performance.now() - startedAt) / 1_000;
  const { processes } = memory.stop();
  if (code !== 0) throw new Error(`The training job ended with code ${code}: ${errors.slice(-2_000)}`);
  return { seconds, peakMb: Math.max(...processes.map(({ peakKb }) => peakKb)) / 1_024 };
}
