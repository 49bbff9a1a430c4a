import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { networkInput } from '#model/network/input.ts';
import { type Manifest, MODEL_FILE, REFERENCE_IMAGES } from '../../core/contracts/manifest.ts';
import { sha256 } from '../../core/digest.ts';
import { type ModelDescription, writeManifest } from '../../onprem-agent/model-folder/manifest.ts';

const description: ModelDescription = {
  model: 'icons',
  input: { ...networkInput(32), layout: 'NHWC' },
  features: [{ name: 'vector', width: 2, reference: Array.from({ length: REFERENCE_IMAGES }, () => [0, 1]) }],
  classifier: { name: 'probabilities', labels: ['car', 'tree'] },
  parameters: 10,
  origin: {
    kind: 'trained',
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
  },
};

/** A folder as `graft train` leaves it, with a graph that nobody will load. */
export async function makeModelFolder(
  folder: string,
  options: { bytes?: number; createdAt?: Date } = {},
): Promise<Manifest> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, MODEL_FILE), graphOf(options.bytes ?? 1000));
  const createdAt = options.createdAt ?? new Date('2026-11-23T15:42:00Z');
  return writeManifest(folder, [MODEL_FILE], description, { createdAt, privateKey: undefined });
}

/**
 * Bytes without any meaning, a block at a time, so that a large file takes no memory. No two blocks are
 * alike.
 */
function* graphOf(bytes: number): Generator<Buffer> {
  const block = Buffer.alloc(1024 * 1024);
  for (let i = 0; i < block.length; i += 101) block[i] = (i * 7) % 251;
  for (let at = 0; at < bytes; at += block.length) {
    block.writeUInt32LE(at / block.length);
    yield Buffer.from(block.subarray(0, Math.min(block.length, bytes - at)));
  }
}
