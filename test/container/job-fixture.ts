import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DomainInput } from '../../core/contracts/domain.ts';
import { sha256 } from '../../core/digest.ts';
import { buildNetwork, CUT_LAYER } from '../../model/network/build-network.ts';
import { saveModel } from '../../model/network/files.ts';
import { useBackend } from '../../model/tensorflow/backend.ts';
import { writeManifest } from '../../onprem-agent/model-folder/manifest.ts';
import { makeImageFolder } from '../fixtures/images.ts';

export { startContainer } from './container.ts';

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
