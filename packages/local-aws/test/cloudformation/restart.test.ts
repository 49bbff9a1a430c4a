import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFormationClient,
  CreateStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { stackEngineOf } from '../../src/services/cloudformation/engine.ts';
import { createCloudFormation } from '../../src/services/cloudformation/index.ts';
import { startStack } from '../../src/services/cloudformation/start.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { type Things, thing, things } from './things.ts';

let state: string;
let local: LocalAws;
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-stacks-'));
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

async function start(all: Things, template?: object): Promise<CloudFormationClient> {
  local = await startLocal({
    services: [all.create, createCloudFormation],
    state,
    ...(template === undefined ? {} : { template }),
  });
  return local.client(CloudFormationClient);
}
const describeStack = async (client: CloudFormationClient, StackName: string) =>
  (await client.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;

it('finds a stack that came through the API again, with what services keep in memory only', async () => {
  let client = await start(things());
  const TemplateBody = JSON.stringify({
    Resources: { A: thing({ Name: 'a' }) },
    Outputs: { A: { Value: { Ref: 'A' } } },
  });
  await client.send(new CreateStackCommand({ StackName: 'one', TemplateBody }));
  await stackEngineOf(local.world).settled();
  const before = await describeStack(client, 'one');
  await local.stop();
  const again = things();
  client = await start(again);

  expect(await describeStack(client, 'one')).toMatchObject({
    StackId: before.StackId,
    StackStatus: 'CREATE_COMPLETE',
    Outputs: [{ OutputKey: 'A', OutputValue: 'a' }],
  });
  expect(again.done).toEqual(['change A']);
});

it('rolls back an operation that a kill interrupted', async () => {
  let client = await start(things(), { Resources: { A: thing({ Name: 'a', size: 1 }) } });
  // As a kill leaves it: begun, one resource changed and one made, and no more.
  const { stacks } = stackEngineOf(local.world);
  const record = stacks.get('test');
  const target = {
    ...record,
    templateBody: JSON.stringify({
      Resources: { A: thing({ Name: 'a', size: 2 }), B: thing({ Name: 'b' }) },
    }),
  };
  stacks.put({ ...record, status: 'UPDATE_IN_PROGRESS', target });
  const [made] = record.resources;
  stacks
    .changes(record)
    .append(
      { logicalId: 'A', resource: { ...made!, properties: { Name: 'a', size: 2 } } },
      { logicalId: 'B', resource: { ...made!, logicalId: 'B', physicalId: 'b', properties: { Name: 'b' } } },
    );
  await local.stop();
  const again = things();
  client = await start(again);

  expect((await describeStack(client, 'test')).StackStatus).toBe('UPDATE_ROLLBACK_COMPLETE');
  expect([...again.there]).toEqual([['a', { Name: 'a', size: 1 }]]);
  const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName: 'test' }));
  expect(StackEvents?.map((event) => event.ResourceStatusReason)).toContain(
    'The local AWS was stopped in the middle of it.',
  );
});

it('a start with another template changes the stack, and one that is refused leaves it', async () => {
  await start(things(), { Resources: { A: thing({ Name: 'a' }), Gone: thing({ Name: 'gone' }) } });
  await local.stop();
  const again = things();
  await start(again, { Resources: { A: thing({ Name: 'a' }), New: thing({ Name: 'new' }) } });
  expect([...again.there.keys()]).toEqual(['a', 'new']);

  const body = JSON.stringify({ Resources: { A: thing({ Name: 'a' }), Bad: thing({ Fail: 'no room' }) } });
  await expect(startStack(local.world, 'test', { body, folder: '.' })).rejects.toThrow(
    '"Bad" (AWS::Test::Thing) could not be created: no room',
  );
  expect([...again.there.keys()]).toEqual(['a', 'new']);
  expect((await describeStack(local.client(CloudFormationClient), 'test')).StackStatus).toBe(
    'UPDATE_ROLLBACK_COMPLETE',
  );
});
