import { SFNClient, StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import type { LocalAws } from 'local-aws';
import { createStepFunctions } from 'local-aws/services';
import { ANY_ROLE, ManualClock, startLocal } from 'local-aws/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  listRunningExecutions,
  refuseRunningExecutions,
} from '../../../scripts/deploy/running-executions.ts';

const machine = 'arn:aws:states:eu-central-1:000000000000:stateMachine:graft-dev-promote-model';
let local: LocalAws;
let sfn: SFNClient;
beforeAll(async () => {
  local = await startLocal({
    clock: new ManualClock(Date.parse('2026-11-28T06:00:00Z')),
    services: [createStepFunctions],
    template: {
      Resources: {
        PromoteModel: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            StateMachineName: 'graft-dev-promote-model',
            RoleArn: ANY_ROLE,
            Definition: {
              QueryLanguage: 'JSONata',
              StartAt: 'Approval',
              States: { Approval: { Type: 'Wait', Seconds: 604800, End: true } },
            },
          },
        },
      },
    },
  });
  sfn = local.client(SFNClient);
});
afterAll(() => local.stop());

test('promotions that wait for a person are found and named, and those that are over are not', async () => {
  const start = (name: string) =>
    sfn.send(new StartExecutionCommand({ stateMachineArn: machine, name, input: '{}' }));
  await start('promote-icons-1');
  const { executionArn } = await start('promote-icons-2');
  await sfn.send(new StopExecutionCommand({ executionArn }));

  const running = await listRunningExecutions(sfn, machine);

  expect(running.map(({ name }) => name)).toEqual(['promote-icons-1']);
  expect(() => refuseRunningExecutions(running, machine)).toThrow(
    /^A promotion is under way, .*\n {2}promote-icons-1 \(since 2026-11-28T06:00:00.000Z\)$/,
  );
});

test('a deployment goes on when none is under way, and when there is no state machine yet', async () => {
  const none = await listRunningExecutions(sfn, machine.replace('dev', 'prod'));

  expect(none).toEqual([]);
  expect(() => refuseRunningExecutions(none, machine)).not.toThrow();
});

test('of many only the first are named', () => {
  const many = Array.from({ length: 12 }, (_, index) => ({ name: `e${index}`, startedAt: new Date(0) }));

  expect(() => refuseRunningExecutions(many, machine)).toThrow(/^12 promotions are under way.*and 2 more$/s);
});
