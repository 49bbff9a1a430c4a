import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  ListStackResourcesCommand,
  UpdateStackCommand,
  UpdateTerminationProtectionCommand,
  waitUntilStackDeleteComplete,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stackEngineOf } from '../../src/services/cloudformation/engine.ts';
import { createCloudFormation } from '../../src/services/cloudformation/index.ts';
import { createIam } from '../../src/services/iam/index.ts';
import { createS3 } from '../../src/services/s3/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { type Things, thing, things } from './things.ts';

let all: Things;
let local: LocalAws;
let client: CloudFormationClient;
beforeEach(async () => {
  all = things();
  local = await startLocal({
    services: [all.create, createIam, createS3, createCloudFormation],
    clock: new ManualClock(),
  });
  client = local.client(CloudFormationClient);
});
afterEach(() => local.stop());

type Resources = Record<string, object>;
const body = (Resources: Resources, others: object = {}) => JSON.stringify({ Resources, ...others });
/** Until nothing is in progress any more. */
const settled = () => stackEngineOf(local.world).settled();

async function create(Resources: Resources, others: object = {}) {
  await client.send(new CreateStackCommand({ StackName: 'one', TemplateBody: body(Resources), ...others }));
  await settled();
}
async function update(Resources: Resources, others: object = {}) {
  await client.send(new UpdateStackCommand({ StackName: 'one', TemplateBody: body(Resources), ...others }));
  await settled();
}
async function remove(others: object = {}) {
  await client.send(new DeleteStackCommand({ StackName: 'one', ...others }));
  await settled();
}
async function describeStack(StackName = 'one') {
  const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
  return Stacks![0]!;
}
const status = async () => (await describeStack()).StackStatus;
/** `logical id: status (reason)`, the oldest first. */
async function events(StackName = 'one') {
  const { StackEvents } = await client.send(new DescribeStackEventsCommand({ StackName }));
  return StackEvents!
    .map(({ LogicalResourceId, ResourceStatus, ResourceStatusReason: reason }) => {
      return `${LogicalResourceId}: ${ResourceStatus}${reason === undefined ? '' : ` (${reason.trim()})`}`;
    })
    .reverse();
}

describe('creating a stack', () => {
  it('records an event for every step', async () => {
    await create({ B: thing({ of: { Ref: 'A' } }), A: thing({ Name: 'a' }) });

    expect(await status()).toBe('CREATE_COMPLETE');
    expect(await events()).toEqual([
      'one: CREATE_IN_PROGRESS (User Initiated)',
      'A: CREATE_IN_PROGRESS',
      'A: CREATE_COMPLETE',
      'B: CREATE_IN_PROGRESS',
      'B: CREATE_COMPLETE',
      'one: CREATE_COMPLETE',
    ]);
  });

  it('is rolled back when resources are refused, and names each of them', async () => {
    await create({
      A: thing({ Name: 'a' }),
      B: thing({ Fail: 'no room' }),
      C: thing({ Fail: 'no time' }),
      D: thing({ of: { Ref: 'B' } }),
    });

    expect(await status()).toBe('ROLLBACK_COMPLETE');
    expect(all.there.size).toBe(0);
    expect(await events()).toEqual([
      'one: CREATE_IN_PROGRESS (User Initiated)',
      'A: CREATE_IN_PROGRESS',
      'A: CREATE_COMPLETE',
      'B: CREATE_IN_PROGRESS',
      'B: CREATE_FAILED (no room)',
      'C: CREATE_IN_PROGRESS',
      'C: CREATE_FAILED (no time)',
      'one: ROLLBACK_IN_PROGRESS (The following resource(s) failed to create: [B, C].)',
      'A: DELETE_IN_PROGRESS',
      'A: DELETE_COMPLETE',
      'one: ROLLBACK_COMPLETE',
    ]);
    // Such a stack can only be deleted.
    await expect(update({ A: thing() })).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(/^Stack:arn:.* is in ROLLBACK_COMPLETE state and can not be updated\.$/),
    });
    await expect(create({ A: thing() })).rejects.toMatchObject({
      name: 'AlreadyExistsException',
      message: 'Stack [one] already exists',
    });
    await remove();
    await create({ A: thing() });
    expect(await status()).toBe('CREATE_COMPLETE');
  });

  it('keeps resources with Retain when it is rolled back, not those with RetainExceptOnCreate', async () => {
    await create({
      Kept: thing({ Name: 'kept' }, { DeletionPolicy: 'Retain' }),
      Gone: thing({ Name: 'gone' }, { DeletionPolicy: 'RetainExceptOnCreate' }),
      Bad: thing({ Fail: 'no room' }),
    });

    expect([...all.there.keys()]).toEqual(['kept']);
    expect(await events()).toContain('Kept: DELETE_SKIPPED');
    // What was kept is in the way of the next try, as it is in AWS.
    await remove();
    await create({ Kept: thing({ Name: 'kept' }) });
    expect(await events()).toContain(
      "Kept: CREATE_FAILED (Resource of type 'AWS::Test::Thing' with identifier 'kept' already exists.)",
    );
    expect([...all.there.keys()]).toEqual(['kept']);
  });

  it.each([
    ['DELETE', {}, 'DELETE_COMPLETE', 0],
    ['DO_NOTHING', {}, 'CREATE_FAILED', 1],
  ])('that fails is left as OnFailure %s says', async (OnFailure, _others, ends, left) => {
    const Resources = { A: thing(), B: thing({ Fail: 'no room' }) };
    const { StackId } = await client.send(
      new CreateStackCommand({
        StackName: 'one',
        TemplateBody: body(Resources),
        OnFailure: OnFailure as 'DELETE',
      }),
    );
    await settled();

    expect((await describeStack(StackId)).StackStatus).toBe(ends);
    expect(all.there.size).toBe(left);
  });

  it('refuses a template at once, with everything that can be known before anything is made', async () => {
    const attempt = create(
      {
        A: { Type: 'AWS::EC2::VPC' },
        B: thing({ of: { Ref: 'Nobody' }, also: { 'Fn::ImportValue': 'x' } }),
        C: thing({}, { DependsOn: ['Nothing'] }),
        P: thing(),
      },
      {},
    );

    await expect(attempt).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(
        /"A" \(AWS::EC2::VPC\).*"C" depends on "Nothing".*refers to "Nobody".*Fn::ImportValue/,
      ),
    });
    expect(all.done).toEqual([]);
    await expect(describeStack()).rejects.toMatchObject({ message: 'Stack with id one does not exist' });
  });

  it.each([
    ['CAPABILITY_IAM', { Type: 'AWS::IAM::Role', Properties: {} }, []],
    [
      'CAPABILITY_NAMED_IAM',
      { Type: 'AWS::IAM::Role', Properties: { RoleName: 'deployer' } },
      ['CAPABILITY_IAM' as const],
    ],
  ])('wants %s for a role, and creates nothing without', async (needed, role, Capabilities) => {
    const refused = create({ Role: role }, { Capabilities });

    await expect(refused).rejects.toMatchObject({
      name: 'InsufficientCapabilitiesException',
      message: `Requires capabilities : [${needed}]`,
    });
    await expect(describeStack()).rejects.toThrow('does not exist');
  });

  it('wants parameters to be as the template says', async () => {
    const Parameters = {
      Size: { Type: 'Number', MaxValue: '5' },
      Colour: { Type: 'String', AllowedValues: ['red', 'blue'] },
      Word: { Type: 'String', Default: 'w', NoEcho: true },
    };
    const send = (values: Record<string, string>) =>
      client.send(
        new CreateStackCommand({
          StackName: 'one',
          TemplateBody: body({ A: thing({ size: { Ref: 'Size' } }) }, { Parameters }),
          Parameters: Object.entries(values).map(([ParameterKey, ParameterValue]) => ({
            ParameterKey,
            ParameterValue,
          })),
        }),
      );

    await expect(send({ Other: 'x' })).rejects.toThrow(
      'Parameters: [Other] do not exist in the template; Parameters: [Size, Colour] must have values',
    );
    await expect(send({ Size: '6', Colour: 'green' })).rejects.toThrow(
      "Parameter 'Size' must be a number not greater than 5; Parameter 'Colour' must be one of AllowedValues: red, blue",
    );
    await send({ Size: '4', Colour: 'blue' });
    await settled();
    expect((await describeStack()).Parameters).toContainEqual({
      ParameterKey: 'Word',
      ParameterValue: '****',
    });
  });
});

describe('updating a stack', () => {
  it('creates, changes, replaces and removes resources', async () => {
    await create({
      Same: thing({ Name: 'same' }),
      Changed: thing({ Name: 'changed', size: 1 }),
      Replaced: thing({ Name: 'before' }),
      Unnamed: thing({ Kind: 'x' }),
      Removed: thing({ Name: 'removed' }),
    });
    all.done.length = 0;
    await update({
      Same: thing({ Name: 'same' }),
      Changed: thing({ Name: 'changed', size: 2 }),
      Replaced: thing({ Name: 'after' }),
      Unnamed: thing({ Kind: 'y' }),
      New: thing({ of: { Ref: 'Replaced' } }),
    });

    expect(await status()).toBe('UPDATE_COMPLETE');
    expect(all.done).toEqual([
      'change Changed',
      'make Replaced',
      'make Unnamed',
      'make New',
      'remove Unnamed',
      'remove Replaced',
      'remove Removed',
    ]);
    expect([...all.there.keys()]).toEqual(expect.arrayContaining(['same', 'changed', 'after']));
    expect(all.there.size).toBe(5);
    expect(await events()).toContain('one: UPDATE_COMPLETE_CLEANUP_IN_PROGRESS');
  });

  it('is refused when nothing differs', async () => {
    await create({ A: thing({ size: 1 }) });

    await expect(update({ A: thing({ size: 1 }) })).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'No updates are to be performed.',
    });
  });

  it('is rolled back when it fails', async () => {
    await create({
      Changed: thing({ Name: 'changed', size: 1 }),
      Replaced: thing({ Name: 'before' }),
      Removed: thing({ Name: 'removed' }),
    });
    const before = structuredClone([...all.there]);
    await update({
      Changed: thing({ Name: 'changed', size: 2 }),
      Replaced: thing({ Name: 'after' }),
      New: thing({ Name: 'new' }),
      Bad: thing({ Fail: 'no room' }),
    });

    expect(await status()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect([...all.there]).toEqual(before);
    expect(await events()).toEqual(
      expect.arrayContaining([
        'Bad: CREATE_FAILED (no room)',
        'one: UPDATE_ROLLBACK_IN_PROGRESS (The following resource(s) failed to create: [Bad].)',
        'Changed: UPDATE_COMPLETE',
        'New: DELETE_COMPLETE',
        'one: UPDATE_ROLLBACK_COMPLETE',
      ]),
    );
    // And the next try goes on from there.
    await update({ Changed: thing({ Name: 'changed', size: 3 }) });
    expect(await status()).toBe('UPDATE_COMPLETE');
    expect([...all.there.keys()]).toEqual(['changed']);
  });

  it('keeps the template, parameters and tags that it is asked to keep', async () => {
    const Tags = [{ Key: 'stage', Value: 'dev' }];
    await create({ A: thing() }, { Tags });
    await expect(
      client.send(new UpdateStackCommand({ StackName: 'one', UsePreviousTemplate: true })),
    ).rejects.toThrow('No updates are to be performed.');
    await client.send(new UpdateStackCommand({ StackName: 'one', UsePreviousTemplate: true, Tags: [] }));
    await settled();

    expect((await describeStack()).Tags ?? []).toEqual([]);
  });
});

describe('deleting a stack', () => {
  it('removes resources in reverse order, except retained ones', async () => {
    await create({
      B: thing({ of: { Ref: 'A' } }),
      A: thing({ Name: 'a' }),
      Kept: thing({ Name: 'kept' }, { DeletionPolicy: 'RetainExceptOnCreate' }),
    });
    const { StackId } = await describeStack();
    all.done.length = 0;
    await remove();

    expect(all.done).toEqual(['remove B', 'remove A']);
    expect([...all.there.keys()]).toEqual(['kept']);
    await expect(describeStack()).rejects.toThrow('Stack with id one does not exist');
    expect((await describeStack(StackId)).StackStatus).toBe('DELETE_COMPLETE');
    expect((await events(StackId)).at(-1)).toBe('one: DELETE_COMPLETE');
    await waitUntilStackDeleteComplete({ client, maxWaitTime: 60, minDelay: 1 }, { StackName: 'one' });
    // A stack that is not there is deleted already.
    await remove();
  });

  it('keeps a resource that cannot be removed, and leaves it behind when asked to', async () => {
    await create({ A: thing({ Stuck: true }), B: thing() });
    await remove();

    expect(await status()).toBe('DELETE_FAILED');
    expect(await events()).toContain('A: DELETE_FAILED (somebody sits on it)');
    const { StackResourceSummaries } = await client.send(new ListStackResourcesCommand({ StackName: 'one' }));
    expect(StackResourceSummaries?.map((one) => one.LogicalResourceId)).toEqual(['A']);
    await remove({ RetainResources: ['A'] });
    await expect(describeStack()).rejects.toThrow('does not exist');
    expect(all.there.size).toBe(1);
  });

  it('is refused while the stack is protected', async () => {
    await create({ A: thing() }, { EnableTerminationProtection: true });
    await expect(remove()).rejects.toThrow('cannot be deleted while TerminationProtection is enabled');
    await client.send(
      new UpdateTerminationProtectionCommand({ StackName: 'one', EnableTerminationProtection: false }),
    );
    await remove();
    expect(all.there.size).toBe(0);
  });
});

it('reads templates from S3, in YAML with short tags too, by every form of address', async () => {
  const s3 = local.client(S3Client);
  await s3.send(new CreateBucketCommand({ Bucket: 'templates' }));
  const Body = [
    'AWSTemplateFormatVersion: 2010-09-09',
    'Resources:',
    '  A: {Type: AWS::Test::Thing, Properties: {Name: a}}',
    '  B:',
    '    Type: AWS::Test::Thing',
    '    Properties:',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudFormation has placeholders of the same form
    '      text: !Sub "${A}-${A.Arn}-${AWS::Region}"',
    '      list: !Split [",", !Join [",", [!Ref A, !GetAtt A.Arn]]]',
    'Outputs:',
    '  Name: {Value: !Ref A}',
  ].join('\n');
  await s3.send(new PutObjectCommand({ Bucket: 'templates', Key: 'a b/t.yml', Body }));
  for (const TemplateURL of [
    'https://s3.eu-central-1.amazonaws.com/templates/a%20b/t.yml',
    'https://templates.s3.amazonaws.com/a%20b/t.yml',
    `${local.endpoint}/templates/a%20b/t.yml`,
  ]) {
    await client.send(new CreateStackCommand({ StackName: 'one', TemplateURL }));
    await settled();
    expect((await describeStack()).Outputs).toMatchObject([{ OutputKey: 'Name', OutputValue: 'a' }]);
    expect([...all.there.values()]).toContainEqual({
      text: 'a-arn:thing:a-eu-central-1',
      list: ['a', 'arn:thing:a'],
    });
    await remove();
  }
  await expect(
    client.send(new CreateStackCommand({ StackName: 'one', TemplateURL: 'https://example.org/t.yml' })),
  ).rejects.toThrow('TemplateURL must be a supported URL');
});
