import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runInChild } from '../shared/child-process.ts';
import type { ImportMeasurement, ImportRow } from './measurement.ts';

/** Keras's image applications, and the format in which each is saved. */
const APPLICATIONS: readonly (readonly [name: string, format: 'keras' | 'h5'])[] = [
  ['MobileNet', 'h5'],
  ['MobileNetV2', 'keras'],
  ['MobileNetV3Small', 'h5'],
  ['MobileNetV3Large', 'keras'],
  ['ResNet50', 'keras'],
  ['ResNet50V2', 'h5'],
  ['EfficientNetB0', 'keras'],
  ['EfficientNetB1', 'keras'],
  ['EfficientNetB2', 'keras'],
  ['EfficientNetB3', 'h5'],
  ['EfficientNetV2B0', 'h5'],
  ['EfficientNetV2S', 'keras'],
  ['DenseNet121', 'h5'],
  ['InceptionV3', 'keras'],
  ['Xception', 'keras'],
  ['VGG16', 'keras'],
  ['ConvNeXtTiny', 'keras'],
  ['NASNetMobile', 'keras'],
];

const file = (name: string) => join(import.meta.dirname, name);
const worker = (name: string) => ['--import', 'tsx', file(name)];

/**
 * Converts Keras's applications with random weights, one after the other, each in processes of its own.
 *
 * @param python an interpreter that has Keras and TensorFlow
 * @param only names of applications; all when left out
 */
export async function* measureApplications(
  python: string,
  only?: readonly string[],
): AsyncGenerator<ImportRow> {
  for (const [architecture, format] of APPLICATIONS) {
    if (only && !only.includes(architecture)) continue;
    const folder = await mkdtemp(join(tmpdir(), 'graft-bench-import-'));
    try {
      yield { architecture, format, measured: await measure(python, { architecture, format, folder }) };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
}

async function measure(
  python: string,
  { architecture, format, folder }: { architecture: string; format: string; folder: string },
): Promise<ImportMeasurement | string> {
  const peer = file('../peers/keras_application.py');
  const reference = await runInChild({
    command: python,
    args: [peer, '--application', architecture, '--format', format, '--out', folder],
  });
  if (typeof reference === 'string') return reference;
  const args = [...worker('keras-worker.ts'), folder, `model.${format}`, JSON.stringify(reference)];
  return runInChild<ImportMeasurement>({ command: process.execPath, args });
}

/**
 * Converts the MobileNet V1 of TensorFlow.js in the data for benchmarks.
 *
 * @param data the folder of the data, which only some machines have
 */
export async function measureLayersModel(data: string): Promise<ImportRow | undefined> {
  if (!existsSync(join(data, 'mobilenet-v1-imagenet'))) return undefined;
  const args = [...worker('layers-model-worker.ts'), data];
  const measured = await runInChild<ImportMeasurement>({ command: process.execPath, args });
  return { architecture: 'MobileNet (ImageNet, without its last block)', format: 'tfjs', measured };
}
