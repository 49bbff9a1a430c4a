import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Manifest } from '../../core/contracts/manifest.ts';
import { sha256 } from '../../core/digest.ts';
import { type TrainedModel, writeManifest } from '../../onprem-agent/model-folder/manifest.ts';

const trained: TrainedModel = {
  model: 'icons',
  input: { height: 32, width: 32, channels: 3, normalisation: { scale: 1 / 127.5, offset: -1 } },
  labels: ['car', 'tree'],
  cutLayer: 'features',
  metrics: { trainingAccuracy: 0.9, validationAccuracy: 0.8, validationLoss: 0.5 },
  dataSet: { name: 'icons', digest: sha256('data'), images: 100, classes: 2 },
  training: {
    epochs: 1,
    imagesSeen: 100,
    seconds: 1,
    batchSize: 10,
    learningRate: 0.01,
    seed: 1,
    hyperparameters: { epochs: 1 },
    backend: 'wasm',
    device: 'a processor',
  },
};

/** A folder as `graft train` leaves it, with weights that nobody will load. */
export async function makeModelFolder(
  folder: string,
  options: { bytes?: number; createdAt?: Date } = {},
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  const weights = Buffer.alloc(options.bytes ?? 1000);
  for (let i = 0; i < weights.length; i += 101) weights[i] = (i * 7) % 251;
  await writeFile(join(folder, 'model.json'), '{"modelTopology":{},"weightsManifest":[]}');
  await writeFile(join(folder, 'weights.bin'), weights);
  const createdAt = options.createdAt ?? new Date('2026-11-23T15:42:00Z');
  return writeManifest(folder, ['model.json', 'weights.bin'], trained, { createdAt, privateKey: undefined });
}
