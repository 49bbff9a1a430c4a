import { execFileSync, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODEL_FILE } from '#core/contracts/manifest.ts';
import type { ServedModel } from '#core/contracts/served-model.ts';
import { decodeImage } from '#model/data/image.ts';
import { prepare } from '#model/data/prepare.ts';
import { openServedModel } from '#model/prediction/served-model.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { makeServedModel } from './served-model-fixture.ts';

const labels = ['apple', 'pear', 'plum'];
let root: string;
let folder: string;
let images: string[];
let served: ServedModel;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-served-'));
  folder = join(root, 'model');
  served = await makeServedModel(folder, { labels });
  images = await makeImageFolder(join(root, 'images'), { labels, perLabel: 1, size: 40 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A copy of the model, with changes. */
async function changed(change: (copy: string) => Promise<unknown>): Promise<string> {
  const copy = await mkdtemp(join(root, 'copy-'));
  await cp(folder, copy, { recursive: true });
  await change(copy);
  return copy;
}
const rewrite = (changes: object) =>
  changed((copy) => writeFile(join(copy, 'served-model.json'), JSON.stringify({ ...served, ...changes })));

describe('openServedModel', () => {
  it('answers alike for a path and for bytes, on any number of threads', async () => {
    const one = await openServedModel(folder, 1);
    const three = await openServedModel(folder, 3);
    try {
      const [path] = images;
      const answer = await one.predict({ image: path! });
      const bytes = await readFile(path!);
      const others = await Promise.all(Array.from({ length: 6 }, () => three.predict({ image: bytes })));

      expect(others).toEqual(new Array(6).fill(answer));
      expect(answer).toMatchObject({ domain: 'produce', trainingJob: 'produce-job-1' });
      expect(answer.predictions.map(({ label }) => label).sort()).toEqual(labels);
      expect(one.pool.runtime).toMatch(/^onnxruntime \d+\.\d+\.\d+$/);
      expect(three.pool.threads).toBe(3);
    } finally {
      await Promise.all([one.close(), three.close()]);
    }
  });

  it.each<[string, () => Promise<string>, object]>([
    [
      'of an earlier form',
      () => rewrite({ schemaVersion: 1, reference: undefined, input: { height: 16 } }),
      {
        name: 'InvalidInput',
        // Nothing about fields that an earlier form did not have.
        message: expect.stringMatching(
          /schemaVersion: expected 2, found 1: .* another version of Graft wrote it$/,
        ),
        hint: expect.stringMatching(/Promote the domain once with `force`/),
      },
    ],
    [
      'without its graph',
      () => changed((copy) => rm(join(copy, MODEL_FILE))),
      { name: 'NotFound', message: expect.stringMatching(/model\.onnx cannot be read/) },
    ],
    [
      'with half of its graph',
      () =>
        changed(async (copy) => {
          const bytes = await readFile(join(copy, MODEL_FILE));
          await writeFile(join(copy, MODEL_FILE), bytes.subarray(0, bytes.length / 2));
        }),
      { name: 'IntegrityViolation', message: expect.stringMatching(/model\.onnx is not the file/) },
    ],
    [
      'with another input than its graph has',
      () => rewrite({ input: { ...served.input, name: 'pixels' } }),
      {
        name: 'IntegrityViolation',
        message: expect.stringMatching(/cannot compute what served-model\.json describes/),
      },
    ],
    [
      'whose graph has fewer labels',
      () =>
        rewrite({ labels: [...labels, 'cherry'], reference: served.reference.map((row) => [0.1, ...row]) }),
      {
        name: 'IntegrityViolation',
        message: expect.stringMatching(/outputs of the model of domain "produce" .* differ/),
      },
    ],
    [
      'that computes other values than where it was made',
      () =>
        rewrite({
          reference: served.reference.map((row, i) => (i === 1 ? row.map((value) => value + 0.002) : row)),
        }),
      {
        name: 'IntegrityViolation',
        message: expect.stringMatching(
          /"produce" from produce-job-1 for synthetic image 2 differ .* \(by 0\.00200/,
        ),
        hint: expect.stringMatching(/same version of ONNX Runtime/),
      },
    ],
  ])('refuses a model %s', async (_what, make, error) => {
    await expect(openServedModel(await make(), 1)).rejects.toMatchObject(error);
  });
});

const python = process.env.GRAFT_PYTHON ?? 'python3';
const hasRuntime = spawnSync(python, ['-c', 'import numpy, onnxruntime']).status === 0;

describe('a served model', () => {
  it.skipIf(!hasRuntime)(
    `gives the same numbers in Python's onnxruntime (skipped where ${python} lacks onnxruntime)`,
    async () => {
      const program = [
        'import sys, json, numpy, onnxruntime',
        'x = numpy.fromfile(sys.argv[2], dtype="<f4").reshape(-1, 3, 16, 16)',
        'session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])',
        'outputs = session.run(["probabilities", "out_of_domain"], {"image": x})',
        'print(json.dumps([output.tolist() for output in outputs]))',
      ].join('\n');
      const { input } = served;
      const prepared = await Promise.all(
        images.map(async (path) => prepare(await decodeImage(path, input), input)),
      );
      const file = join(root, 'prepared.f32');
      await writeFile(file, Buffer.concat(prepared.map((values) => new Uint8Array(values.buffer))));
      const answer = execFileSync(python, ['-c', program, join(folder, MODEL_FILE), file], {
        encoding: 'utf8',
      });
      const [probabilities, outOfDomain] = JSON.parse(answer) as [number[][], number[][]];

      const model = await openServedModel(folder, 1);
      try {
        for (const [i, image] of images.entries()) {
          const own = await model.predict({ image });
          for (const { label, probability } of own.predictions) {
            expect(probability).toBeCloseTo(probabilities[i]![labels.indexOf(label)]!, 5);
          }
          expect(own.outOfDomain).toBeCloseTo(outOfDomain[i]![0]!, 5);
        }
      } finally {
        await model.close();
      }
    },
  );
});
