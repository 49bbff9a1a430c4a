import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findKeptImages } from '#cloud/data/golden-images.ts';
import type { EndpointSettings } from '#core/contracts/domain.ts';
import type { Evaluation } from '#core/contracts/evaluation.ts';
import type { OfferedChampion } from '#core/contracts/promotion-state.ts';
import { championKey, domainSnapshotKey, evaluationKey } from '#core/keys.ts';
import { createEvaluateGate } from '../../functions/evaluate-gate.ts';
import { champion, evaluation, olderVersion, prepared, subject, trainedModels } from './samples.ts';
import { aSecondLater, buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
const { rows } = evaluation('transfer', 18);
beforeAll(async () => {
  stage = await startStage();
  for (const { id } of rows) await stage.put(buckets.data, `domains/produce/test/${id}`, `pixels of ${id}`);
});
afterAll(() => stage.stop());

const evaluate = (champion: OfferedChampion | null = null) =>
  createEvaluateGate(stage.services())({
    ...subject,
    training: trainedModels,
    gate: prepared.gate,
    champion,
  });

/** As SageMaker packs `/opt/ml/output/data`. */
async function tarGz(members: Record<string, string>): Promise<Buffer> {
  const tar = pack();
  for (const [name, text] of Object.entries(members)) tar.entry({ name }, text);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return gzipSync(Buffer.concat(chunks));
}
async function put(mode: 'transfer' | 'baseline', what: object, member = 'evaluation.json') {
  const archive = await tarGz({ 'notes.txt': 'first', [member]: JSON.stringify(what), 'more.txt': 'last' });
  await stage.put(buckets.artifacts, trainedModels[mode].outputKey, archive);
}
beforeEach(async () => {
  await put('transfer', evaluation('transfer', 18));
  await put('baseline', evaluation('baseline', 8));
});

describe('evaluate-gate', () => {
  test('promotes a better model, and writes down the reasons and the evaluations', async () => {
    const gated = await evaluate();

    expect(gated).toMatchObject({ decision: 'PROMOTE', transferAccuracy: 0.9, baselineAccuracy: 0.4 });
    expect(gated.rows.every((row) => row.passed)).toBe(true);
    expect(await stage.json(buckets.artifacts, gated.decisionKey)).toMatchObject({
      decision: 'PROMOTE',
      rows: gated.rows,
    });
    const { transfer, baseline } = gated.evaluationKeys;
    expect(await stage.json(buckets.artifacts, transfer)).toEqual(evaluation('transfer', 18));
    expect(await stage.json(buckets.artifacts, baseline)).toEqual(evaluation('baseline', 8));
  });

  test('records who forces a rejected model, and no one for an accepted model', async () => {
    const manual = { force: { by: 'jane', reason: 'Monday' } };
    const ask = () =>
      createEvaluateGate(stage.services())({
        ...subject,
        training: trainedModels,
        gate: prepared.gate,
        champion: null,
        manual,
      });
    expect((await ask()).forced).toBeUndefined();
    await put('transfer', evaluation('transfer', 9));

    const gated = await ask();

    expect(gated).toMatchObject({ decision: 'REJECT', forced: manual.force });
    expect(await stage.json(buckets.artifacts, gated.decisionKey)).toMatchObject({
      decision: 'REJECT',
      forced: manual.force,
    });
  });

  describe('with the baseline of an earlier promotion', () => {
    const key = evaluationKey('promote-before', 'produce', 'baseline');
    const reused = { ...trainedModels.baseline, reusedFrom: 'promote-before', evaluationKey: key };
    const ask = (manual = {}) =>
      createEvaluateGate(stage.services())({
        ...subject,
        training: { ...trainedModels, baseline: reused },
        gate: prepared.gate,
        champion: null,
        manual,
      });
    const earlier = (changes: Partial<Evaluation> = {}) =>
      evaluation('baseline', 8, 20, { general: { model: 'icons', version: olderVersion }, ...changes });

    test('decides on it, whatever its version of the general model, and says which promotion trained it', async () => {
      await stage.put(buckets.artifacts, key, earlier());

      const gated = await ask();

      expect(gated).toMatchObject({
        decision: 'PROMOTE',
        baselineAccuracy: 0.4,
        baselineReusedFrom: 'promote-before',
        evaluationKeys: { baseline: evaluationKey(subject.execution, 'produce', 'baseline') },
      });
      expect(await stage.json(buckets.artifacts, gated.evaluationKeys.baseline)).toEqual(earlier());
      expect(await stage.json(buckets.artifacts, gated.decisionKey)).toMatchObject({
        baselineReusedFrom: 'promote-before',
      });
    });

    test.each<[string, object | string | undefined, RegExp]>([
      ['gone', undefined, /is gone/],
      ['damaged', 'half a fi', /not JSON/],
      ['of another domain', earlier({ domain: 'tools' }), /domain is "tools"/],
      ['a transfer', { ...earlier(), mode: 'transfer' }, /mode is "transfer"/],
      ['inconsistent with its rows', earlier({ accuracy: 0.9 }), /not that of its rows/],
      [
        'of other test images',
        earlier({ data: { ...earlier().data, testDigest: 'f'.repeat(64) } }),
        /not get the same test images/,
      ],
      ['of other labels', earlier({ labels: ['banana', 'apple'] }), /not get the same labels/],
    ])('needs a baseline of its own where that is %s', async (_what, found, message) => {
      if (found === undefined) await stage.remove(buckets.artifacts, key);
      else await stage.put(buckets.artifacts, key, found);

      const unfit = { name: 'BaselineUnfit', message: expect.stringMatching(message) };
      await expect(ask()).rejects.toMatchObject(unfit);
      // Gate-only trains nothing, so there would be no other baseline.
      await expect(ask({ gateOnly: { trainingOf: 'promote-before' } })).rejects.toMatchObject({
        name: 'IntegrityViolation',
      });
    });
  });

  test('rejects a worse model, naming the rules', async () => {
    await put('transfer', evaluation('transfer', 9));

    const gated = await evaluate();

    expect(gated.decision).toBe('REJECT');
    const failed = gated.rows.filter((row) => !row.passed).map((row) => row.rule);
    expect(failed).toEqual(['minimum-accuracy', 'uplift-over-baseline']);
  });

  describe('where a model is live', () => {
    const live = champion(olderVersion);
    const offered = { trainingJob: live.trainingJob, version: live.version, modelKey: live.modelKey };
    const scoresOf = ({ accuracy, interval, recall, rows }: Evaluation, trainingJob = live.trainingJob) => ({
      champion: { trainingJob, model: 'icons', version: olderVersion, accuracy, interval, recall, rows },
    });
    const regression = async (given: OfferedChampion | null) => {
      const gated = await evaluate(given);
      return { decision: gated.decision, row: gated.rows.find(({ rule }) => rule === 'no-regression')! };
    };
    beforeEach(() => stage.put(buckets.artifacts, championKey('produce'), live));
    afterEach(async () => {
      await stage.remove(buckets.artifacts, championKey('produce'));
      await stage.remove(buckets.artifacts, live.evaluationKey);
    });

    test('compares with its scores from the transfer job', async () => {
      await put('transfer', evaluation('transfer', 18, 20, scoresOf(evaluation('transfer', 19))));

      const { decision, row } = await regression(offered);

      expect(decision).toBe('REJECT');
      expect(row).toMatchObject({
        passed: false,
        observed: `-0.050 against champion ${olderVersion} (p of a loss = 0.250)`,
      });
      const gated = await evaluate(offered);
      expect(gated.champion).toBe('job-before');
      expect(await stage.json(buckets.artifacts, gated.decisionKey)).toMatchObject({
        championAccuracy: 0.95,
      });
    });

    test('rejects when the job has not evaluated it', async () => {
      expect(await regression(offered)).toMatchObject({
        decision: 'REJECT',
        row: { passed: false, observed: expect.stringContaining('was not scored') },
      });
    });

    test('rejects when the job has evaluated another champion', async () => {
      await put(
        'transfer',
        evaluation('transfer', 18, 20, scoresOf(evaluation('transfer', 5), 'another-job')),
      );

      expect(await regression(offered)).toMatchObject({ row: { passed: false } });
    });

    test('compares with a champion that went live meanwhile by its own evaluation on the same images', async () => {
      await stage.put(buckets.artifacts, live.evaluationKey, evaluation('transfer', 17));

      expect(await regression(null)).toMatchObject({
        decision: 'PROMOTE',
        row: { observed: expect.stringContaining('+0.050 against champion') },
      });
    });

    test('does not compare with a champion that went live meanwhile on other images', async () => {
      const data = { ...evaluation('transfer', 1).data, testDigest: 'b'.repeat(64) };
      await stage.put(buckets.artifacts, live.evaluationKey, evaluation('transfer', 1, 20, { data }));

      expect(await regression(null)).toMatchObject({
        row: { passed: false, observed: expect.stringContaining('other test images') },
      });
    });
  });

  test('passes on the job’s warnings about the images', async () => {
    await put('transfer', evaluation('transfer', 18, 20, { warnings: ['two look the same'] }));

    expect((await evaluate()).warnings).toEqual(['two look the same']);
  });

  test('finds the member under ./ too', async () => {
    await put('transfer', evaluation('transfer', 18), './evaluation.json');

    await expect(evaluate()).resolves.toMatchObject({ decision: 'PROMOTE' });
  });

  const digest = 'a'.repeat(64);
  const good = evaluation('transfer', 18);
  test.each([
    ['another mode', evaluation('baseline', 18), /mode is "baseline", expected "transfer"/],
    ['another domain', { ...good, domain: 'tools' }, /domain is "tools"/],
    [
      'another general model',
      { ...good, general: { ...good.general, version: 'other' } },
      /general\.version/,
    ],
    ['other test images', { ...good, data: { ...good.data, testDigest: digest } }, /test images/],
    ['other training images', { ...good, data: { ...good.data, trainDigest: digest } }, /training images/],
    ['other labels', { ...good, labels: ['banana', 'apple'] }, /labels/],
    ['rows that are missing', { ...good, rows: good.rows.slice(1) }, /testImages/],
    ['an accuracy that its rows do not have', { ...good, accuracy: 0.99 }, /accuracy/],
  ])('refuses an evaluation of %s', async (_what, given, message) => {
    await put('transfer', given);

    await expect(evaluate()).rejects.toMatchObject({
      name: 'IntegrityViolation',
      message: expect.stringMatching(message),
    });
  });

  test('refuses an evaluation with a field that it does not know', async () => {
    await put('transfer', { ...good, colour: 1 });

    await expect(evaluate()).rejects.toMatchObject({
      name: 'InvalidInput',
      message: expect.stringMatching(/produce-transfer-0.*colour/),
    });
  });

  test.each([
    [
      'does not contain evaluation.json',
      () => put('transfer', good, 'other.json'),
      'IntegrityViolation',
      /does not contain evaluation\.json/,
    ],
    [
      'is cut off',
      async () => {
        const whole = await tarGz({ 'evaluation.json': JSON.stringify(good) });
        await stage.put(
          buckets.artifacts,
          trainedModels.transfer.outputKey,
          whole.subarray(0, whole.length / 2),
        );
      },
      'IntegrityViolation',
      /not a complete tar\.gz/,
    ],
    [
      'is no archive',
      () => stage.put(buckets.artifacts, trainedModels.transfer.outputKey, 'x'),
      'IntegrityViolation',
      /not a complete tar\.gz/,
    ],
    [
      'is missing',
      () => stage.remove(buckets.artifacts, trainedModels.transfer.outputKey),
      'NotFound',
      /output\.tar\.gz/,
    ],
  ])('fails, naming the archive, when it %s', async (_what, damage, name, message) => {
    await damage();

    await expect(evaluate()).rejects.toMatchObject({ name, message: expect.stringMatching(message) });
  });

  describe('keeps the golden images', () => {
    let execution: string;
    let count = 0;
    beforeEach(() => {
      execution = `promote-golden-${++count}`;
    });
    const ask = (more: object = {}) =>
      createEvaluateGate(stage.services())({
        ...subject,
        execution,
        training: trainedModels,
        gate: prepared.gate,
        champion: null,
        ...more,
      });
    const transferKey = () => evaluationKey(execution, 'produce', 'transfer');
    const kept = async () => {
      const images = await findKeptImages(stage.artifacts, transferKey());
      return images?.map(({ row }) => row.id);
    };
    const imageOf = (id: string) => `domains/produce/test/${id}`;
    const putBack = (id: string) => stage.put(buckets.data, imageOf(id), `pixels of ${id}`);

    test('of a model that may be deployed, byte for byte, even if the originals change later', async () => {
      await ask();
      await stage.put(buckets.data, imageOf('apple/00.png'), 'another image');
      await ask();
      await putBack('apple/00.png');

      const images = await findKeptImages(stage.artifacts, transferKey());
      expect(images?.map(({ row }) => row)).toEqual([rows[0], rows[20]]);
      const [apple] = images!;
      const bytes = await apple!.bucket.read(apple!.key);
      expect(Buffer.from(bytes).toString()).toBe('pixels of apple/00.png');
    });

    test('of no other model', async () => {
      await ask({ manual: { gateOnly: { trainingOf: 'promote-before' } } });
      expect(await kept()).toBeUndefined();
      await put('transfer', evaluation('transfer', 9));
      await ask();
      expect(await kept()).toBeUndefined();
    });

    test('of a forced model', async () => {
      await put('transfer', evaluation('transfer', 9));
      await ask({ manual: { force: { by: 'jane', reason: 'Monday' } } });
      expect(await kept()).toEqual(['apple/00.png', 'banana/00.png']);
    });

    test.each<[string, EndpointSettings, number, string]>([
      ['a serverless endpoint', prepared.endpoint.settings, 4_194_304, 'apple/00.png'],
      ['a serverless endpoint', prepared.endpoint.settings, 4_194_305, 'apple/01.png'],
      [
        'one on instances',
        { type: 'instances', instanceType: 'ml.c5.large', instanceCount: 1 },
        6_291_456,
        'apple/00.png',
      ],
      [
        'one on instances',
        { type: 'instances', instanceType: 'ml.c5.large', instanceCount: 1 },
        6_291_457,
        'apple/01.png',
      ],
    ])('that %s takes: %# (%o, %i bytes: %s)', async (_what, settings, bytes, first) => {
      await stage.put(buckets.data, imageOf('apple/00.png'), new Uint8Array(bytes));
      await ask({ endpoint: { name: 'graft-dev-produce', settings } });
      await putBack('apple/00.png');

      expect((await kept())?.[0]).toBe(first);
    });

    test('of the other classes where one has no image that the endpoint accepts', async () => {
      const apples = rows.filter(({ truth }) => truth === 'apple');
      for (const { id } of apples) await stage.remove(buckets.data, imageOf(id));
      await ask();
      for (const { id } of apples) await putBack(id);

      expect(await kept()).toEqual(['banana/00.png']);
    });

    test('that have not changed since the promotion began, and fails where all have', async () => {
      await stage.put(buckets.artifacts, domainSnapshotKey(execution, 'produce'), '{}');
      await aSecondLater();
      await putBack('apple/00.png');
      await ask();
      expect(await kept()).toEqual(['apple/01.png', 'banana/00.png']);

      execution += '-again';
      await stage.put(buckets.artifacts, domainSnapshotKey(execution, 'produce'), '{}');
      await aSecondLater();
      for (const { id } of rows) await putBack(id);
      await expect(ask()).rejects.toMatchObject({
        name: 'IntegrityViolation',
        message: expect.stringMatching(/None of the test images of "produce" .*unchanged/),
      });
    });
  });
});
