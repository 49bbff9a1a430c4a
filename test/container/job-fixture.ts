import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomainInput } from '../../core/contracts/domain.ts';
import { MODEL_FILE } from '../../core/contracts/manifest.ts';
import { buildNetwork } from '../../model/network/build-network.ts';
import { finishNetwork } from '../../model/network/finish-network.ts';
import { networkInput } from '../../model/network/input.ts';
import { useBackend } from '../../model/tensorflow/backend.ts';
import { writeManifest } from '../../onprem-agent/model-folder/manifest.ts';
import { makeImageFolder } from '../fixtures/images.ts';
import { trainedOrigin } from '../functions/samples.ts';

export { startContainer } from './container.ts';

export const labels = ['apple', 'pear'];
const input = networkInput(16);
/** What a baseline is told about the promotion's general model. */
const GENERAL = { model: 'shapes', version: '20261123T154200Z-3f2a9c' };

export interface JobOptions {
  mode: string;
  recipe?: DomainInput['recipe'];
}

/** A folder as SageMaker mounts it at `/opt/ml`; transfer gets a small general model of random weights. */
export async function makeJob(root: string, options: JobOptions): Promise<void> {
  const data = join(root, 'input', 'data');
  await mkdir(join(root, 'input', 'config'), { recursive: true });
  await writeFile(
    join(root, 'input', 'config', 'hyperparameters.json'),
    JSON.stringify({
      mode: options.mode,
      domain: 'produce',
      ...(options.mode === 'baseline' ? GENERAL : {}),
    }),
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
  if (options.mode !== 'baseline') await makeGeneralModel(join(data, 'model'));
}

async function makeGeneralModel(folder: string): Promise<void> {
  await useBackend('wasm');
  const network = buildNetwork({ input, labelCount: 3, filters: [4, 8], seed: 1 });
  const { bytes, millisecondsPerImage: _, ...graph } = await finishNetwork(network, input, ['a', 'b', 'c']);
  network.dispose();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILE), bytes);
  const description = { model: GENERAL.model, ...graph, origin: trainedOrigin };
  await writeManifest(folder, [MODEL_FILE], description, {
    createdAt: new Date('2026-11-23T15:42:00Z'),
    privateKey: undefined,
  });
}
