import { DescribeTrainingJobCommand } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reportSchema } from '#core/contracts/report.ts';
import { decisionKey, evaluationKey, reportKey } from '#core/keys.ts';
import { trainingJobName } from '#core/names.ts';
import { buckets } from '../functions/stage.ts';
import { type Machine, startMachine } from './machine.ts';
import { pushSettings } from './stack.ts';

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.pushModel(first);
  await machine.pushModel(second);
  await machine.pushDomain('good');
});
afterAll(() => machine?.stop());

const promote = (name: string, version = second, more = {}) =>
  machine.promote(name, { model: 'icons', version, domains: ['good'], ...more });
const ran = (execution: string, mode: string) =>
  machine.sagemaker
    .send(
      new DescribeTrainingJobCommand({
        TrainingJobName: trainingJobName('graft-test', execution, 'good', mode),
      }),
    )
    .then(
      () => true,
      () => false,
    );
const decided = (execution: string) => machine.json(decisionKey(execution, 'good'));
const rewrite = async (execution: string, change: (text: string) => string) => {
  const Key = evaluationKey(execution, 'good', 'baseline');
  const text = JSON.stringify(await machine.json(Key));
  await machine.put(buckets.artifacts, Key, change(text));
};

/** The tests follow one another. */
describe.sequential('the baseline of a promotion', () => {
  test('is trained by the first', async () => {
    await promote('one', first);

    expect(await ran('one', 'baseline')).toBe(true);
    expect(await decided('one')).not.toHaveProperty('baselineReusedFrom');
  });

  test('is taken over by the next model of the same architecture, which pays for none', async () => {
    await promote('two');

    expect(await machine.outcome('two', 'good')).toMatchObject({
      outcome: 'DEPLOYED',
      baselineAccuracy: 0.5,
    });
    expect([await ran('two', 'transfer'), await ran('two', 'baseline')]).toEqual([true, false]);
    expect(await decided('two')).toMatchObject({ baselineReusedFrom: 'one' });
    const { cost } = reportSchema.parse(await machine.json(reportKey('two', 'good', 'json')));
    expect(cost.jobs[1]).toMatchObject({ mode: 'baseline', reusedFrom: 'one', cost: 0 });
  });

  test('is found by the gate alone, too', async () => {
    await promote('judged', second, { gateOnly: { trainingOf: 'two' } });

    expect(await machine.outcome('judged', 'good')).toMatchObject({ outcome: 'EVALUATED' });
    expect(await decided('judged')).toMatchObject({ baselineReusedFrom: 'one' });
  });

  test('is trained again where it was made on other images than it seemed', async () => {
    await rewrite('one', (text) => text.replace(/"testDigest":"0/, '"testDigest":"f'));

    await promote('three');

    expect(await machine.outcome('three', 'good')).toMatchObject({ outcome: 'DEPLOYED' });
    expect(await ran('three', 'baseline')).toBe(true);
    expect(await decided('three')).not.toHaveProperty('baselineReusedFrom');
  });

  test('and that one is taken from then on', async () => {
    await promote('four');

    expect(await decided('four')).toMatchObject({ baselineReusedFrom: 'three' });
  });

  test('is trained again where its file is damaged', async () => {
    await rewrite('three', (text) => text.slice(0, 100));

    await promote('five');

    expect(await ran('five', 'baseline')).toBe(true);
  });

  test('is trained again with another seed, and with other images', async () => {
    await machine.pushDomain('good', { recipe: { seed: 2 } });
    await promote('six');
    await machine.put(buckets.data, 'domains/good/train/apple/0.png', 'another apple');
    // Says that the data are complete again.
    await pushSettings(machine.s3, 'good', { recipe: { seed: 2 } });
    await promote('seven');

    expect([await ran('six', 'baseline'), await ran('seven', 'baseline')]).toEqual([true, true]);
  });
});
