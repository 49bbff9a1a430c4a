import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toBytes } from '../../../model/onnx/build.ts';
import { readOnnx } from '../../../model/onnx/read.ts';
import { images, Network, runModel } from './network-fixture.ts';

const SIDE = 8;
const POOLED = 4;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'graft-padding-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Zeros around a map, and a pooling of 3 × 3 in steps of 2: so a converter writes Keras's ResNet50V2. */
function paddedAndPooled() {
  const net = new Network();
  const padded = net.op('Pad', ['pixels', net.integers(0, 0, 1, 1, 0, 0, 1, 1)]);
  const attributes = { kernel_shape: [3n, 3n], strides: [2n, 2n] };
  return net.model(net.op('MaxPool', [padded], attributes), [1, 3, SIDE, SIDE]);
}

/** Below zero everywhere, so that each padding of zeros is the largest value that its places see. */
const negative = () => {
  const { dims, data } = images([1, 3, SIDE, SIDE]);
  return { dims, data: data.map((each) => -1 - Math.abs(each)) };
};

/** The same by plain arithmetic. */
function expected(data: Float32Array): number[] {
  const at = (channel: number, row: number, column: number) =>
    row < 0 || column < 0 || row >= SIDE || column >= SIDE
      ? 0
      : data[(channel * SIDE + row) * SIDE + column]!;
  return Array.from({ length: 3 * POOLED * POOLED }, (_, index) => {
    const channel = Math.floor(index / POOLED ** 2);
    const row = 2 * (Math.floor(index / POOLED) % POOLED) - 1;
    const column = 2 * (index % POOLED) - 1;
    const seen = [0, 1, 2].flatMap((down) =>
      [0, 1, 2].map((right) => at(channel, row + down, column + right)),
    );
    return Math.max(...seen);
  });
}

it('zeros around a map are not ignored by the pooling behind them', async () => {
  const file = join(root, 'padded.onnx');
  await writeFile(file, toBytes(paddedAndPooled()));

  const { model } = await readOnnx(file);

  const input = negative();
  const [{ data } = expect.unreachable()] = Object.values(await runModel(model, input));
  expect([...data]).toEqual(expected(input.data));
});

it('ONNX Runtime alone still ignores them; once this fails, model/onnx/keep-padding.ts can go', async () => {
  const input = negative();
  const [{ data } = expect.unreachable()] = Object.values(await runModel(paddedAndPooled(), input));

  expect([...data]).not.toEqual(expected(input.data));
});
