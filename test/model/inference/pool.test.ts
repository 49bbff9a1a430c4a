import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Input } from '#core/contracts/common.ts';
import { augment } from '#model/data/augment.ts';
import { decodeImage } from '#model/data/image.ts';
import { openGraph } from '#model/inference/open-graph.ts';
import { type InferencePool, openPool } from '#model/inference/pool.ts';
import { referenceImages } from '#model/inference/reference-images.ts';
import { node, toBytes } from '#model/onnx/build.ts';
import { openSession, RUNTIME } from '#model/onnx/session.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { generalInput, makeGeneralModel } from '../general-fixture.ts';

/** Threads, in the order of their start. */
const started: Worker[] = [];
vi.mock('#model/threads/start-thread.ts', async (original) => {
  const { startThread } = await original<typeof import('#model/threads/start-thread.ts')>();
  return {
    startThread(task: Parameters<typeof startThread>[0]) {
      const thread = startThread(task);
      started.push(thread);
      return thread;
    },
  };
});

const outputs = ['vector', 'map'];
const inputs: Input[] = [generalInput, { ...generalInput, resize: { fit: 'cover', crop: 0.5 } }];

let folder: string;
let paths: string[];
let pool: InferencePool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'graft-pool-'));
  paths = await makeImageFolder(join(folder, 'images'), { labels: ['a', 'b', 'c'], perLabel: 5 });
  await writeFile(join(folder, 'bad.png'), 'no pixels');
  const { model } = await makeGeneralModel();
  await writeFile(join(folder, 'model.onnx'), toBytes(model));
  pool = await open();
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true, force: true });
});

const open = (threads = 2) => openPool({ model: join(folder, 'model.onnx'), inputs, outputs, threads });

/** What the model computes without a pool. */
async function alone(path: string, input: Input, seed?: string): Promise<number[][]> {
  const session = await openSession(join(folder, 'model.onnx'));
  const pixels = await decodeImage(path, input);
  const data = augment({ pixels, seeds: [seed] }, input);
  const values = await session.run({ image: { dims: [1, 3, 16, 16], data } });
  await session.close();
  return outputs.map((name) => [...values[name]!.data]);
}

const listed = (result: Float32Array[][]) => result.map((row) => row.map((values) => [...values]));

describe('openPool', () => {
  it('gives the outputs that are asked for, in their order, of each image and each variant', async () => {
    expect(pool).toMatchObject({ threads: 2, outputNames: outputs, runtime: RUNTIME });

    const result = await pool.infer({ image: paths[3]!, seeds: [undefined, 'a seed'] });

    expect(listed(result)).toEqual([
      await alone(paths[3]!, generalInput),
      await alone(paths[3]!, generalInput, 'a seed'),
    ]);
  });

  it('takes bytes and pixels as well as paths, in each of its forms', async () => {
    const bytes = await readFile(paths[4]!);
    const [pixels] = referenceImages(generalInput);

    expect(listed(await pool.infer({ image: bytes }))).toEqual([await alone(paths[4]!, generalInput)]);
    expect(listed(await pool.infer({ image: bytes, form: 1 }))).toEqual([await alone(paths[4]!, inputs[1]!)]);
    expect(await pool.infer({ image: { pixels: pixels! } })).toEqual(
      await pool.infer({ image: { pixels: pixels! }, form: 1 }),
    );
  });

  it('answers each of many tasks with its own result, refused images among them', async () => {
    const tasks = Array.from({ length: 60 }, (_, i) =>
      i % 7 === 3 ? join(folder, 'bad.png') : paths[i % paths.length]!,
    );

    const answers = await Promise.allSettled(tasks.map((image) => pool.infer({ image })));

    const expected = new Map<string, number[][]>();
    for (const path of paths) expected.set(path, await alone(path, generalInput));
    for (const [i, answer] of answers.entries()) {
      if (answer.status === 'fulfilled') expect(listed(answer.value)).toEqual([expected.get(tasks[i]!)]);
      else {
        expect(i % 7).toBe(3);
        expect(answer.reason).toMatchObject({
          name: 'InvalidInput',
          message: expect.stringContaining('not a PNG, JPEG, WebP, GIF or AVIF'),
          hint: expect.stringContaining('Convert it'),
        });
      }
    }
    expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(9);
  });

  it('drops a task that waits when its signal aborts, and goes on with the others', async () => {
    const controller = new AbortController();
    const others = Array.from({ length: 8 }, () => pool.infer({ image: paths[0]! }));
    const dropped = pool.infer({ image: paths[0]! }, controller.signal);
    const last = pool.infer({ image: paths[1]! });

    controller.abort(new Error('no longer needed'));

    await expect(dropped).rejects.toThrow('no longer needed');
    await expect(pool.infer({ image: paths[0]! }, controller.signal)).rejects.toThrow('no longer needed');
    await Promise.all(others);
    expect(listed(await last)).toEqual([await alone(paths[1]!, generalInput)]);
  });

  it('fails what is not done when it is closed, and everything after', async () => {
    const own = await open();
    const tasks = Array.from({ length: 20 }, () => own.infer({ image: paths[0]! }));
    const settled = Promise.allSettled(tasks);

    await own.close();

    const reasons = (await settled).flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(reasons.length).toBeGreaterThan(0);
    for (const reason of reasons) expect(reason.message).toBe('The threads have been ended');
    await expect(own.infer({ image: paths[0]! })).rejects.toThrow('The threads have been ended');
    await own.close();
  });

  it('ends between two runs, however often it is closed while it computes', async () => {
    for (let round = 0; round < 2; round++) {
      const own = await open();
      const seeds = Array.from({ length: 2_000 }, (_, i) => `seed ${i}`);
      const busy = Promise.allSettled([
        own.infer({ image: paths[0]!, seeds }),
        own.infer({ image: paths[1]!, seeds }),
      ]);
      // So that the threads have begun.
      await own.infer({ image: paths[2]! });
      await own.close();
      for (const one of await busy) expect(one.status).toBe('rejected');
    }
  });

  it('fails all tasks when a thread dies, and says so', async () => {
    const own = await open();
    await own.infer({ image: paths[0]! });

    // While it computes nothing: see `answerTasks`.
    const died = started.at(-1)!.terminate();
    const broken = Promise.allSettled(Array.from({ length: 9 }, () => own.infer({ image: paths[0]! })));
    await died;

    expect((await own.failure).message).toBe('A thread ended with code 1');
    expect((await broken).at(-1)).toMatchObject({ status: 'rejected', reason: await own.failure });
    await expect(own.infer({ image: paths[0]! })).rejects.toBe(await own.failure);
    await own.close();
  });

  it('says why a file is no model', async () => {
    await expect(openPool({ model: join(folder, 'bad.png'), inputs, threads: 2 })).rejects.toThrow(
      /bad\.png/,
    );
    await expect(openPool({ model: join(folder, 'none.onnx'), inputs, threads: 1 })).rejects.toThrow(
      /none\.onnx/,
    );
  });
});

describe('openGraph', () => {
  it('loads a graph from memory and leaves no file behind, also when it cannot be loaded', async () => {
    // Other processes use the common folder.
    await mkdir(join(folder, 'tmp'));
    vi.stubEnv('TMPDIR', join(folder, 'tmp'));
    const { model } = await makeGeneralModel();

    const own = await openGraph(model, { inputs, outputs, threads: 1 });
    const result = listed(await own.infer({ image: paths[0]! }));
    await own.close();

    expect(result).toEqual([await alone(paths[0]!, generalInput)]);
    model.graph!.node.push(node('Nonsense', ['map'], ['nothing']));
    await expect(openGraph(model, { inputs, threads: 1 })).rejects.toThrow(/Nonsense/);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('graft-'))).toEqual([]);
    vi.unstubAllEnvs();
  });
});
