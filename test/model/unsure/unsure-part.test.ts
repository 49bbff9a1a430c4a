import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '#core/random.ts';
import { modelOf, toBytes, value } from '#model/onnx/build.ts';
import { openSession } from '#model/onnx/session.ts';
import { createFeatureRows, type FeatureRows } from '#model/transfer/feature-rows.ts';
import { distanceOf } from '#model/unsure/class-statistics.ts';
import { measureDomain, type OutOfDomain } from '#model/unsure/measure-domain.ts';
import { unsurePart } from '#model/unsure/unsure-part.ts';

const WIDTH = 10;
const VARIANTS = 3;
const labels = ['a', 'b', 'c', 'd'];
const options = { keep: 0.95, seed: 1 };

/** Features of `perLabel` images a class, each with three variants, around a mean of the class. */
function makeFeatures(perLabel: number) {
  const size = perLabel * labels.length;
  const rows = createFeatureRows(size * VARIANTS, WIDTH, 1e6);
  const classIndices = Int32Array.from({ length: size }, (_, image) => Math.floor(image / perLabel));
  for (const [image, label] of classIndices.entries()) {
    const random = createRandom('unsure', image);
    for (let variant = 0; variant < VARIANTS; variant++) {
      const values = Array.from({ length: WIDTH }, (_, i) => random.normal() + (i % 4 === label ? 5 : 0));
      rows.write(Float32Array.from(values), image * VARIANTS + variant);
    }
  }
  return { rows, images: { labels, classIndices, size } };
}

let features: ReturnType<typeof makeFeatures>;
beforeAll(() => {
  features = makeFeatures(8);
});
afterAll(() => features.rows.close());

/** What the graph makes of rows. */
async function scoresOf(measured: OutOfDomain, rows: FeatureRows): Promise<Float32Array> {
  const { nodes, constants } = unsurePart('features', 'out_of_domain', measured);
  const session = await openSession(
    toBytes(
      modelOf({
        name: 'unsure',
        inputs: [value('features', ['n', WIDTH])],
        outputs: [value('out_of_domain', ['n', 1])],
        nodes,
        constants,
      }),
    ),
  );
  const data = rows.read(0, rows.rows);
  const result = await session.run({ features: { dims: [rows.rows, WIDTH], data } });
  await session.close();
  expect(result.out_of_domain!.dims).toEqual([rows.rows, 1]);
  return result.out_of_domain!.data;
}

describe('unsurePart', () => {
  it('computes in the graph what the statistics say, for one image and for many', async () => {
    const measured = await measureDomain(features, options);
    const { statistics, threshold, spread } = measured;
    // Images from inside, and others from farther and farther outside.
    const rows = createFeatureRows(40, WIDTH, 1e6);
    for (let row = 0; row < 40; row++) {
      const random = createRandom('other', row);
      rows.write(
        Float32Array.from({ length: WIDTH }, () => random.normal() * (1 + row / 10)),
        row,
      );
    }

    const scores = await scoresOf(measured, rows);

    const beyonds: number[] = [];
    for (const [row, score] of scores.entries()) {
      const beyond = (distanceOf(statistics, rows.read(row, row + 1)) - threshold) / spread;
      beyonds.push(beyond);
      expect(score).toBeCloseTo(1 / (1 + Math.exp(-beyond)), 4);
    }
    expect(Math.min(...beyonds)).toBeLessThan(0);
    expect(Math.max(...beyonds)).toBeGreaterThan(0);
    const one = createFeatureRows(1, WIDTH, 1e6);
    one.write(rows.read(7, 8), 0);
    expect((await scoresOf(measured, one))[0]).toBeCloseTo(scores[7]!, 6);
  });

  it('calls few of the domain’s own images unsure, and noise', async () => {
    const measured = await measureDomain(features, options);
    const noise = createFeatureRows(20, WIDTH, 1e6);
    const random = createRandom('noise');
    noise.write(
      Float32Array.from({ length: 20 * WIDTH }, () => 12 * random.normal()),
      0,
    );

    const own = await scoresOf(measured, features.rows);

    expect(own.filter((score) => score > 0.5).length / own.length).toBeLessThan(0.1);
    expect((await scoresOf(measured, noise)).every((score) => score > 0.5)).toBe(true);
  });
});

describe('measureDomain', () => {
  it('holds out every image of a small domain, and gives the same for the same seed', async () => {
    const first = await measureDomain(features, options);

    expect(first.heldOut).toBe(32);
    expect(await measureDomain(features, options)).toEqual(first);
  });

  it('catches the fewer, the more of its own images a domain wants to keep', async () => {
    const thresholds = [];
    for (const keep of [0.5, 0.8, 0.95, 1]) {
      thresholds.push((await measureDomain(features, { ...options, keep })).threshold);
    }

    expect(thresholds).toEqual(thresholds.toSorted((a, b) => a - b));
    expect(new Set(thresholds).size).toBeGreaterThan(2);
  });

  it('manages with two images of a class', async () => {
    const few = makeFeatures(2);

    const { threshold, heldOut } = await measureDomain(few, options);

    few.rows.close();
    expect(heldOut).toBe(8);
    expect(Number.isFinite(threshold)).toBe(true);
  });

  it('stops when it is told to', async () => {
    await expect(measureDomain(features, options, AbortSignal.abort(new Error('stop')))).rejects.toThrow(
      'stop',
    );
  });
});
