import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createLambdaWith } from '../../src/services/lambda/index.ts';
import { createLogs } from '../../src/services/logs/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';

/** How often this environment has been invoked, and which it is. */
const CODE = `
  let calls = 0;
  exports.handler = async () => ({ calls: ++calls, pid: process.pid });`;
const names = ['a', 'b', 'c', 'd'];

let local: LocalAws;
let lambda: LambdaClient;
beforeAll(async () => {
  local = await startLocal({
    services: [createLogs, createLambdaWith({ running: 2, environments: 3 })],
    template: {
      Resources: Object.fromEntries(
        names.map((FunctionName) => [
          FunctionName,
          {
            Type: 'AWS::Lambda::Function',
            Properties: {
              FunctionName,
              Code: { ZipFile: CODE },
              Handler: 'index.handler',
              Role: ANY_ROLE,
              Runtime: 'nodejs24.x',
            },
          },
        ]),
      ),
    },
  });
  lambda = local.client(LambdaClient);
});
afterAll(() => local.stop());

async function invoke(FunctionName: string): Promise<{ calls: number; pid: number }> {
  const { Payload, FunctionError } = await lambda.send(new InvokeCommand({ FunctionName }));
  expect(FunctionError).toBeUndefined();
  return JSON.parse(Payload!.transformToString());
}

test('ends the environment that was used longest ago where there would be more than the machine holds', async () => {
  for (const name of names) expect((await invoke(name)).calls).toBe(1);

  // The first gave way to the last; the others are warm.
  for (const name of ['d', 'c', 'b']) expect((await invoke(name)).calls, name).toBe(2);
  expect((await invoke('a')).calls).toBe(1);
});

test('answers more invocations at once than it runs', async () => {
  const answers = await Promise.all(Array.from({ length: 12 }, () => invoke('a')));

  expect(new Set(answers.map(({ pid }) => pid)).size).toBeLessThanOrEqual(2);
});
