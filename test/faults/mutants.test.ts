import { S3Client } from '@aws-sdk/client-s3';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isRunning } from '#cloud/aws/executions.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { buckets } from '../functions/stage.ts';
import { callFunction } from '../statemachines/functions.ts';
import { plainPlan } from './evidence.ts';
import { DOMAIN, ENDPOINT } from './observe.ts';
import { Player } from './player.ts';
import { type Plan, versions } from './schedule.ts';

/** Functions that are wrong on purpose: what the checker is there for. */

let player: Player;
beforeAll(() => {
  player = new Player();
});
afterAll(() => player.close());

const store = () => promotionStore(new S3Client({ forcePathStyle: true }), buckets.artifacts);

type Call = typeof callFunction;
type Event = { 'detail-type'?: string; detail?: { EndpointStatus?: string } } & Record<string, unknown>;

async function violations(plan: Partial<Plan>, call: Call): Promise<string[]> {
  const whole = { ...plainPlan, ...plan };
  const result = await player.playPlan(whole, { call });
  return result.violations.map(({ kind, text }) => `${kind}: ${text}`);
}

describe('the checker', () => {
  test('finds nothing where the functions are as they are', async () => {
    expect(await violations({}, callFunction)).toEqual([]);
  });

  test('finds a success that is reported after a silent rollback', async () => {
    const trusting: Call = async (name, event) => {
      const { detail } = event as Event;
      if (name === 'ConfirmEndpoint') return { goldenImages: 2 };
      if (name !== 'ResumePromotion' || detail?.EndpointStatus !== 'IN_SERVICE')
        return callFunction(name, event);
      const sfn = new SFNClient({});
      for (const { token, output } of await store().endpointCallbacks.list(ENDPOINT)) {
        await sfn.send(new SendTaskSuccessCommand({ taskToken: token, output: JSON.stringify(output) }));
      }
    };

    expect(await violations({ unhealthy: [versions.next] }, trusting)).toContainEqual(
      expect.stringMatching(/^wrong model live: champion\.json says .* and the endpoint is InService on/),
    );
  });

  test('finds a model that is deployed though the gate refused it', async () => {
    const lenient: Call = async (name, event) => {
      const result = (await callFunction(name, event)) as object;
      return name === 'EvaluateGate' ? { ...result, decision: 'PROMOTE' } : result;
    };

    const found = await violations({ models: { [versions.next]: 'poor' } }, lenient);

    expect(found).toContainEqual(expect.stringMatching(/^wrong model live: .* is live, which is poor/));
    expect(found).toContainEqual(expect.stringMatching(/^wrong model live: the gate never said yes/));
  });

  test('finds a model that answers wrongly and is not asked', async () => {
    const trusting: Call = async (name, event) =>
      name === 'ConfirmEndpoint' ? { goldenImages: 2 } : callFunction(name, event);

    expect(await violations({ models: { [versions.next]: 'liar' } }, trusting)).toContainEqual(
      expect.stringMatching(/^wrong model live/),
    );
  });

  test('finds a task token that is never answered', async () => {
    const forgetful: Call = async (name, event) =>
      name === 'StartBaseline' || (event as Event)['detail-type']?.includes('Training')
        ? 'running'
        : callFunction(name, event);

    expect(await violations({}, forgetful)).toContainEqual(expect.stringMatching(/^stuck: .* still runs/));
  });

  test('finds an outcome that is never written', async () => {
    const careless: Call = async (name, event) => {
      if (name === 'FinishDomain') throw new TypeError('cannot read properties of undefined');
      return callFunction(name, event);
    };

    expect(await violations({}, careless)).toContainEqual(
      expect.stringMatching(/^lost model: .* without an outcome\.json/),
    );
  });

  test('finds a deployment lock that its holder keeps', async () => {
    const keeping: Call = async (name, event) => {
      const result = await callFunction(name, event);
      if (name === 'FinishDomain') {
        const sfn = new SFNClient({});
        const { execution } = event as { execution: string };
        const holder = { execution, executionArn: execution };
        await store().locks.take(DOMAIN, holder, (arn) => isRunning(sfn, arn));
      }
      return result;
    };

    expect(await violations({}, keeping)).toContainEqual(
      expect.stringMatching(/^stuck: the lock is held by/),
    );
  });
});
