import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DataSet, loadDataSet } from '#model/data/data-set.ts';
import { trainingImagesOf } from '#model/data/training-images.ts';
import { rowsOfImages, UNVARIED } from '#model/data/variants.ts';
import { networkInput } from '#model/network/input.ts';
import { useBackend } from '#model/tensorflow/backend.ts';
import { trainGeneral } from '#model/training/general.ts';
import { validate } from '#model/training/validate.ts';
import { labelsIn, linkPhotographs, unpacked } from '../shared/photographs.ts';
import { BATCH, SIDE, type Task } from './rates.ts';

const IMAGE_BYTES = SIDE * SIDE * 3;
const PARTS = ['train', 'test'] as const;

/**
 * Decodes CIFAR-10 once for all subjects, into `<part>.pixels` and `<part>.classes`.
 *
 * @param perClass images of each class in both parts, at the most
 * @returns the folder, which the caller removes
 */
export async function prepareCifar(perClass: number): Promise<string> {
  const source = await unpacked('cifar10.zip');
  const folder = await mkdtemp(join(tmpdir(), 'graft-cifar-'));
  for (const part of PARTS) {
    const labels = await labelsIn(join(source, part));
    const linked = join(folder, 'links', part);
    await mkdir(linked, { recursive: true });
    await linkPhotographs(join(source, part), linked, { labels, from: 0, to: perClass });
    const data = await loadDataSet(linked, networkInput(SIDE));
    await writeFile(join(folder, `${part}.pixels`), data.gather(data.classIndices.map((_, i) => i)));
    await writeFile(join(folder, `${part}.classes`), Uint8Array.from(data.classIndices));
    data.close();
  }
  await rm(join(folder, 'links'), { recursive: true });
  return folder;
}

async function readPart(folder: string, part: (typeof PARTS)[number]): Promise<DataSet> {
  const pixels = new Uint8Array(await readFile(join(folder, `${part}.pixels`)));
  const classIndices = Int32Array.from(await readFile(join(folder, `${part}.classes`)));
  const labels = Array.from({ length: Math.max(...classIndices) + 1 }, (_, i) => `class ${i}`);
  return {
    ...{ labels, classIndices, size: classIndices.length, damaged: [], digest: '0'.repeat(64) },
    ids: Array.from(classIndices, (_, i) => String(i)),
    input: networkInput(SIDE),
    gather(indices) {
      const chosen = new Uint8Array(indices.length * IMAGE_BYTES);
      for (let i = 0; i < indices.length; i++) {
        const from = indices[i]! * IMAGE_BYTES;
        chosen.set(pixels.subarray(from, from + IMAGE_BYTES), i * IMAGE_BYTES);
      }
      return chosen;
    },
    close: () => {},
  };
}

/** Trains for so long by the network's own method. @returns accuracy on the test images */
export async function measureAccuracy(
  folder: string,
  { backend, network, width, workers, seconds }: Task,
): Promise<{ accuracy: number; version: string; device: string }> {
  const { version, device } = await useBackend(backend);
  const [train, test] = [await readPart(folder, 'train'), await readPart(folder, 'test')];
  const options = {
    ...{ network, width, workers, epochs: 100_000, maxSeconds: seconds, batchSize: BATCH },
    ...{ seed: 1, validationShare: 0.01 },
  };
  const { model } = await trainGeneral(trainingImagesOf(train), options);
  const rows = rowsOfImages(
    test.classIndices.map((_, i) => i),
    UNVARIED,
  );
  const { validationAccuracy } = await validate(model, { data: test, variants: UNVARIED, rows });
  return { accuracy: validationAccuracy, version, device };
}
