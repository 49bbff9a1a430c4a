import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { EventBridgeClient, ListRulesCommand, TestEventPatternCommand } from '@aws-sdk/client-eventbridge';
import { type DeployedStack, type LocalAws, startLocalAws } from 'local-aws';
import { roleMay, rolesOf } from 'local-aws/permissions';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { endpointConfigName, endpointName, modelName, trainingJobName } from '#core/names.ts';

const path = inject('template');
const text = readFileSync(path, 'utf8');
const stages = ['dev', 'prod'] as const;
type Stage = (typeof stages)[number];

/** Two deployments in one account and region: the packaged stage, and the same package for another stage. */
let local: LocalAws;
const stacks = {} as Record<Stage, DeployedStack>;
beforeAll(async () => {
  local = await startLocalAws();
  for (const stage of stages) {
    const template = JSON.parse(text.replaceAll(/\bdev\b/g, stage));
    stacks[stage] = await local.deploy({ template, stack: `graft-${stage}`, folder: dirname(path) });
  }
});
afterAll(() => local.stop());

/** What SageMaker holds for the same domain, model and execution of a stage, by kind of resource. */
const namesOf = (stage: Stage) => {
  const prefix = `graft-${stage}`;
  const job = trainingJobName(prefix, 'promote-icons', 'produce', 'transfer');
  return {
    'training-job': job,
    model: modelName(prefix, 'produce', job, 'etag'),
    'endpoint-config': endpointConfigName(prefix, 'produce', '{}'),
    endpoint: endpointName(prefix, 'produce'),
    'model-package-group': endpointName(prefix, 'produce'),
    'model-package': `${endpointName(prefix, 'produce')}/1`,
  };
};
const arnsOf = (stage: Stage) =>
  Object.entries(namesOf(stage)).map(
    ([kind, name]) => `arn:aws:sagemaker:${local.region}:${local.accountId}:${kind}/${name}`,
  );

describe('two stages in one account', () => {
  test('share no resource', () => {
    const ids = (stage: Stage) =>
      stacks[stage].resources.map(({ type, physicalId }) => `${type} ${physicalId}`);

    expect(ids('dev').length).toBeGreaterThan(50);
    expect(ids('prod').filter((id) => ids('dev').includes(id))).toEqual([]);
  });

  test('have roles that reach nothing of the other in SageMaker, and all kinds of their own', () => {
    const roles = rolesOf(local.world).list();
    /** Every action of the roles, so that none is forgotten here. */
    const actions = new Set(
      roles
        .flatMap(({ value }) => Object.values(value.policies).flat())
        .filter(({ Effect, Resource }) => Effect === 'Allow' && Resource !== '*')
        .flatMap(({ Action }) => Action ?? [])
        .filter((action) => action.startsWith('sagemaker:')),
    );
    const reached = (stage: Stage, other: Stage) =>
      roles
        .filter(({ value }) => stacks[stage].resources.some(({ physicalId }) => physicalId === value.name))
        .flatMap(({ value }) =>
          [...actions].flatMap((action) =>
            arnsOf(other)
              .filter((arn) => roleMay(local.world, value.arn, action, arn))
              .map((arn) => `${value.name}: ${action} ${arn}`),
          ),
        );

    expect(actions.size).toBeGreaterThan(10);
    expect(reached('dev', 'prod')).toEqual([]);
    expect(reached('prod', 'dev')).toEqual([]);
    for (const arn of arnsOf('dev')) {
      expect(
        reached('dev', 'dev').some((line) => line.endsWith(arn)),
        arn,
      ).toBe(true);
    }
  });

  test('hear nothing of each other’s jobs and endpoints', async () => {
    const events = local.client(EventBridgeClient);
    const { Rules } = await events.send(new ListRulesCommand({}));
    const heard = async (detailType: string, detail: object) => {
      const Event = JSON.stringify({
        id: '1',
        account: local.accountId,
        source: 'aws.sagemaker',
        time: '2026-11-28T06:00:00Z',
        region: local.region,
        resources: [],
        'detail-type': detailType,
        detail,
      });
      const names: string[] = [];
      for (const { Name, EventPattern } of Rules!) {
        const { Result } = await events.send(new TestEventPatternCommand({ EventPattern, Event }));
        if (Result) names.push(Name!);
      }
      return names;
    };
    for (const stage of stages) {
      const names = namesOf(stage);
      const ofStage = [expect.stringMatching(`^graft-${stage}-`)];
      expect(
        await heard('SageMaker Training Job State Change', {
          TrainingJobName: names['training-job'],
          TrainingJobStatus: 'Completed',
        }),
      ).toEqual(ofStage);
      expect(
        await heard('SageMaker Endpoint State Change', {
          EndpointName: names.endpoint,
          EndpointStatus: 'IN_SERVICE',
        }),
      ).toEqual(ofStage);
    }
    const TrainingJobName = 'somebody-elses-job';
    expect(
      await heard('SageMaker Training Job State Change', { TrainingJobName, TrainingJobStatus: 'Completed' }),
    ).toEqual([]);
  });
});
