import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Bucket } from '#cloud/aws/bucket.ts';
import type { PredictionResponse } from '#core/contracts/served-model.ts';
import { localModels } from '../../console/server/local-models.ts';
import { startS3 } from './services.ts';

let s3: S3Client;
let stop: () => Promise<void>;
let folder: string;
let artifacts: Bucket;
let loaded: string[];
let closed: string[];

beforeAll(async () => {
  ({ s3, stop } = await startS3());
  artifacts = new Bucket(s3, 'artifacts');
});
afterAll(() => stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-local-models-'));
  [loaded, closed] = [[], []];
  return () => rm(folder, { recursive: true });
});

/** A training job's archive; the content of `model.onnx` is what the model is called. */
async function upload(key: string, name: string, members = ['model.onnx', 'served-model.json']) {
  const archive = pack();
  archive.entry({ name: './notes.txt' }, 'not wanted');
  for (const member of members) archive.entry({ name: member }, name);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  const Body = gzipSync(Buffer.concat(chunks));
  await s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: key, Body }));
}

const models = () =>
  localModels({
    artifacts,
    folder,
    async load(path) {
      const name = await readFile(join(path, 'model.onnx'), 'utf8');
      loaded.push(name);
      return {
        predict: async (image) => ({ trainingJob: `${name} ${image.length}` }) as PredictionResponse,
        close: async () => void closed.push(name),
      };
    },
  });
const image = new Uint8Array(3);

describe('models on this machine', () => {
  test('are fetched and loaded once, and again when their archive is another one', async () => {
    await upload('one', 'first');
    const { ask } = models();
    expect((await ask('one', image)).answer.trainingJob).toBe('first 3');
    await ask('one', image);
    expect(loaded).toEqual(['first']);

    // Another console finds the files.
    await models().ask('one', image);
    expect(await readdir(folder)).toHaveLength(1);
    await upload('one', 'second');
    expect((await models().ask('one', image)).answer.trainingJob).toBe('second 3');
  });

  test('are few: two in memory, four on the disk', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await upload(name, name);
    const { ask, close } = models();
    await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ask(name, image)));

    expect(closed).toEqual(['a', 'b', 'c', 'd']);
    expect(await readdir(folder)).toHaveLength(4);
    await close();
    expect(closed).toHaveLength(6);
  });

  test('are not asked where they are gone, damaged or too large, and leave nothing behind', async () => {
    await upload('half', 'x', ['model.onnx']);
    await s3.send(new PutObjectCommand({ Bucket: 'artifacts', Key: 'noise', Body: 'no archive' }));
    const { ask } = models();

    await expect(ask('nothing', image)).rejects.toThrow('no longer there');
    await expect(ask('half', image)).rejects.toThrow('does not contain served-model.json');
    await expect(ask('noise', image)).rejects.toThrow('not a complete tar.gz');
    expect(await readdir(folder)).toEqual([]);
    await upload('fine', 'fine');
    artifacts.head = async () => ({ ContentLength: 2 ** 30, $metadata: {} });
    await expect(ask('fine', image)).rejects.toMatchObject({
      message: 'The model has 1074 MB; the console loads at most 500 MB',
      hint: expect.stringContaining('graft predict --model'),
    });
    artifacts = new Bucket(s3, 'artifacts');
  });
});
