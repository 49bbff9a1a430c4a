import { CloudWatchClient, ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { championKey } from '#core/keys.ts';
import { type Machine, startMachine } from './machine.ts';

const first = '20261101T000000Z-aaaaaa';
const second = '20261115T000000Z-bbbbbb';
const endpoint = {
  type: 'instances',
  instanceType: 'ml.c5.large',
  instanceCount: 2,
  rollout: { type: 'canary', percent: 50, waitSeconds: 120 },
  alarms: { maximumServerErrors: 0, minimumConfidence: 0.6 },
} as const;

let machine: Machine;
let cloudwatch: CloudWatchClient;
beforeAll(async () => {
  machine = await startMachine();
  cloudwatch = new CloudWatchClient({ endpoint: process.env.AWS_ENDPOINT_URL! });
  await machine.pushModel(first);
  await machine.pushModel(second);
  await machine.pushDomain('timid', { endpoint });
});
afterAll(async () => {
  cloudwatch?.destroy();
  await machine?.stop();
});

/** Training jobs of whose models a container has reported its confidence. */
async function reported(): Promise<(string | undefined)[]> {
  const { Metrics } = await cloudwatch.send(
    new ListMetricsCommand({ Namespace: 'Graft/Endpoints', MetricName: 'Confidence' }),
  );
  return Metrics!.map(({ Dimensions }) => Dimensions![0]!.Value);
}

test('a canary that says itself that it is unsure is taken back', async () => {
  await machine.promote('sure', { model: 'icons', version: first, domains: ['timid'] });
  expect(await machine.outcome('sure', 'timid')).toMatchObject({ outcome: 'DEPLOYED' });
  const before = await machine.endpoint('timid');

  let over = false;
  const promotion = machine.promote('unsure', { model: 'icons', version: second, domains: ['timid'] });
  void promotion.finally(() => {
    over = true;
  });
  while (!over) {
    const { status } = (await machine.endpoint('timid'))!;
    // The containers tell the machine's own time, so the clock is put forward once both fleets have been
    // heard.
    if (status === 'Updating' && (await reported()).length < 2) await machine.ask('timid');
    else if (status === 'Updating') machine.advance(2_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }

  expect((await promotion).status).toBe('SUCCEEDED');
  const { outcome, reason } = await machine.outcome('unsure', 'timid');
  expect(outcome).toBe('ROLLED_BACK');
  expect(reason).toMatch(
    /SageMaker rolled back.*ALARM state: rollout-graft-test-timid-\w+-confidence \(Threshold Crossed.*0\.3/,
  );
  expect(await machine.endpoint('timid')).toEqual(before);
  expect(await machine.json(championKey('timid'))).toMatchObject({ version: first });
});
