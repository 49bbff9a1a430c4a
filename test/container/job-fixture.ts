import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DomainInput } from '../../core/contracts/domain.ts';
import { sha256 } from '../../core/digest.ts';
import { buildNetwork, CUT_LAYER } from '../../model/network/build-network.ts';
import { saveModel } from '../../model/network/files.ts';
import { useBackend } from '../../model/tensorflow/backend.ts';
import { writeManifest } from '../../onprem-agent/model-folder/manifest.ts';
import { makeImageFolder } from '../fixtures/images.ts';

export const labels = ['apple', 'pear'];
const input = {
  height: 16,
  width: 16,
  channels: 3 as const,
  normalisation: { scale: 1 / 127.5, offset: -1 },
};

export interface JobOptions {
  mode: string;
  recipe?: DomainInput['recipe'];
}

/** A folder as SageMaker mounts it at `/opt/ml`, with a small general model of random weights. */
export async function makeJob(root: string, options: JobOptions): Promise<void> {
  const data = join(root, 'input', 'data');
  await mkdir(join(root, 'input', 'config'), { recursive: true });
  await writeFile(
    join(root, 'input', 'config', 'hyperparameters.json'),
    JSON.stringify({ mode: options.mode, domain: 'produce' }),
  );
  await mkdir(join(data, 'domain'), { recursive: true });
  const domain: DomainInput = {
    schemaVersion: 1,
    domain: 'produce',
    labels,
    recipe: { augmentation: 2, epochs: 4, ...options.recipe },
    gate: { minimumAccuracy: 0, minimumUplift: 0, minimumRecall: 0, minimumTestImages: 1 },
  };
  await writeFile(join(data, 'domain', 'domain.json'), JSON.stringify(domain));
  await makeImageFolder(join(data, 'train'), { labels, perLabel: 5 });
  await makeImageFolder(join(data, 'test'), { labels, perLabel: 4, seed: 2, style: 'noisy' });
  await makeGeneralModel(join(data, 'model'));
}

async function makeGeneralModel(folder: string): Promise<void> {
  await useBackend('wasm');
  const network = buildNetwork({ input, labelCount: 3, filters: [4, 8], seed: 1 });
  const files = await saveModel(network, folder);
  network.dispose();
  await writeManifest(
    folder,
    files,
    {
      model: 'shapes',
      input,
      labels: ['a', 'b', 'c'],
      cutLayer: CUT_LAYER,
      metrics: { trainingAccuracy: 0.5, validationAccuracy: 0.5, validationLoss: 1 },
      dataSet: { name: 'shapes', digest: sha256('shapes'), images: 3, classes: 3 },
      training: {
        epochs: 1,
        imagesSeen: 3,
        seconds: 1,
        batchSize: 3,
        learningRate: 0.1,
        seed: 1,
        hyperparameters: {},
        backend: 'wasm',
        device: 'a processor',
      },
    },
    { createdAt: new Date('2026-11-23T15:42:00Z'), privateKey: undefined },
  );
}

export interface ContainerRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `<image> train` or `<image> serve`, from source. */
export function startContainer(
  program: 'train' | 'serve',
  root: string,
  environment: NodeJS.ProcessEnv = {},
) {
  const file = fileURLToPath(new URL(`../../container/${program}/${program}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file], {
    env: {
      PATH: process.env.PATH,
      GRAFT_OPT_ML: root,
      GRAFT_HOST: '127.0.0.1',
      GRAFT_PORT: '0',
      GRAFT_BACKEND: 'wasm',
      TRAINING_JOB_NAME: 'produce-job-1',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const run: ContainerRun = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    run.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    run.stderr += chunk;
  });
  const done = new Promise<ContainerRun>((resolve) => {
    child.once('close', (code) => resolve({ ...run, code }));
  });
  /** Resolves when a line of either stream contains the text; rejects when the process ends before. */
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${run.stdout}\n${run.stderr}`.includes(text)) resolve();
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.once('close', () => reject(new Error(`ended without "${text}": ${run.stderr}`)));
      look();
    });
  return { child, done, says, run };
}
