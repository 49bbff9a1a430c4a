// biome-ignore-all lint/suspicious/noTemplateCurlyInString: CloudFormation has placeholders of the same form
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
  ListStackResourcesCommand,
  ListStacksCommand,
} from '@aws-sdk/client-cloudformation';
import * as sfn from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { ServiceFactory } from '../../src/service.ts';
import { createCloudFormation } from '../../src/services/cloudformation/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

let local: LocalAws | undefined;
afterEach(async () => {
  await local?.stop();
  local = undefined;
});

/** Every resource that was created, in order, with its resolved properties. */
let created: { logicalId: string; properties: Record<string, unknown>; name: string }[];

/** A service with one resource type, `AWS::Test::Thing`, whose `Arn` is made of its name. */
const createThings: ServiceFactory = () => {
  created = [];
  return {
    signingName: 'things',
    protocol: 'json-1.0',
    schemas: sfn,
    operations: {},
    resources: {
      'AWS::Test::Thing': {
        put(logicalId, properties, stack) {
          if (properties.Fail) throw new Error('no room');
          const name = (properties.Name as string | undefined) ?? stack.physicalName(logicalId, 30);
          created.push({ logicalId, properties, name });
          return { ref: name, attributes: { Arn: `arn:thing:${name}`, 'Nested.Value': '7' } };
        },
        remove() {},
      },
    },
  };
};

const start = (template: object, options: { state?: string; clock?: ManualClock } = {}) =>
  startLocal({ services: [createThings, createCloudFormation], template, ...options });

const thing = (Properties: Record<string, unknown> = {}, others: Record<string, unknown> = {}) => ({
  Type: 'AWS::Test::Thing',
  Properties,
  ...others,
});

describe('provisioning a template', () => {
  it('resolves every intrinsic function', async () => {
    local = await start({
      Parameters: {
        Size: { Type: 'Number', Default: 3 },
        Zones: { Type: 'CommaDelimitedList', Default: 'a,b' },
      },
      Mappings: { Sizes: { small: { cpu: '1' } } },
      Conditions: {
        Yes: { 'Fn::Equals': [{ Ref: 'Size' }, '3'] },
        No: { 'Fn::Not': [{ Condition: 'Yes' }] },
        Both: {
          'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Or': [{ Condition: 'No' }, { Condition: 'Yes' }] }],
        },
      },
      Resources: {
        Second: thing({
          Name: 'second',
          ref: { Ref: 'First' },
          arn: { 'Fn::GetAtt': ['First', 'Arn'] },
          dotted: { 'Fn::GetAtt': 'First.Nested.Value' },
          sub: { 'Fn::Sub': 'a:${AWS::Region}:${AWS::AccountId}:${First}/${First.Arn}/${!Literal}/${Size}' },
          subWith: { 'Fn::Sub': ['${x}-${y}', { x: { Ref: 'First' }, y: 'z' }] },
          join: { 'Fn::Join': ['-', ['a', { Ref: 'AWS::Partition' }, { Ref: 'AWS::URLSuffix' }]] },
          split: { 'Fn::Split': [',', 'x,y'] },
          select: { 'Fn::Select': [1, { Ref: 'Zones' }] },
          base64: { 'Fn::Base64': 'hi' },
          map: { 'Fn::FindInMap': ['Sizes', 'small', 'cpu'] },
          if: { 'Fn::If': ['Both', ['yes', { Ref: 'AWS::NoValue' }], 'no'] },
          gone: { 'Fn::If': ['No', 'there', { Ref: 'AWS::NoValue' }] },
          // Of the state machine, not of the template.
          Choices: [{ Condition: '{% $states.input.ok %}', Next: 'A' }],
          stack: { Ref: 'AWS::StackName' },
        }),
        First: thing({ Name: 'first' }),
        Never: thing({}, { Condition: 'No' }),
      },
      Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Second', 'Arn'] } }, None: { Value: 'x', Condition: 'No' } },
    });

    expect(created.map(({ logicalId }) => logicalId)).toEqual(['First', 'Second']);
    expect(created[1]?.properties).toEqual({
      Name: 'second',
      ref: 'first',
      arn: 'arn:thing:first',
      dotted: '7',
      sub: 'a:eu-central-1:000000000000:first/arn:thing:first/${Literal}/3',
      subWith: 'first-z',
      join: 'a-aws-amazonaws.com',
      split: ['x', 'y'],
      select: 'b',
      base64: 'aGk=',
      map: '1',
      if: ['yes'],
      Choices: [{ Condition: '{% $states.input.ok %}', Next: 'A' }],
      stack: 'test',
    });
    expect(local.outputs).toEqual({ Arn: 'arn:thing:second' });
  });

  it('creates everything after what it depends on', async () => {
    local = await start({
      Resources: {
        A: thing({}, { DependsOn: ['B', 'C'] }),
        B: thing({ of: { 'Fn::Sub': 'x${C}y' } }),
        C: thing({ deep: [{ of: { 'Fn::GetAtt': 'D.Arn' } }] }),
        D: thing(),
      },
    });

    expect(created.map(({ logicalId }) => logicalId)).toEqual(['D', 'C', 'B', 'A']);
  });

  it('gives resources without a name the same one after every restart, within its limit', async () => {
    const template = { Resources: { AResourceWithALongName: thing() } };
    local = await start(template);
    const [first] = created;
    await local.stop();
    local = await start(template);

    expect(first?.name).toMatch(/^test-AResourceWit-[0-9A-F]{12}$/);
    expect(created).toEqual([first]);
  });

  it('gives the API its address on this machine', async () => {
    local = await start({
      Resources: { A: thing({ Name: 'abc123' }) },
      Outputs: {
        Url: { Value: { 'Fn::Sub': 'https://${A}.execute-api.${AWS::Region}.${AWS::URLSuffix}/dev' } },
      },
    });

    expect(local.outputs.Url).toBe(`${local.endpoint}/_aws/execute-api/abc123/dev`);
  });

  it.each([
    ['a circle', { A: thing({ b: { Ref: 'B' } }), B: thing({}, { DependsOn: 'A' }) }, /circle: A → B → A/],
    [
      'an unknown type',
      { A: { Type: 'AWS::DynamoDB::Table' }, B: { Type: 'AWS::EC2::VPC' } },
      /does not emulate "A" \(AWS::DynamoDB::Table\), "B"/,
    ],
    [
      'an unknown function',
      { A: thing({ x: { 'Fn::ImportValue': 'y' } }) },
      /Fn::ImportValue in "A".* is not emulated/,
    ],
    [
      'a reference to nothing',
      { A: thing({ x: { Ref: 'Nobody' } }) },
      /"A".* refers to "Nobody", which is not in the template/,
    ],
    [
      'an unknown attribute',
      { A: thing({ x: { 'Fn::GetAtt': ['B', 'Colour'] } }), B: thing() },
      /no attribute "Colour" of "B"/,
    ],
    ['a DependsOn nothing', { A: thing({}, { DependsOn: 'Nobody' }) }, /"A" depends on "Nobody"/],
    ['an unknown resource attribute', { A: thing({}, { UpdatePolicy: {} }) }, /UpdatePolicy/],
    [
      'a resource that fails',
      { A: thing({ Fail: true }) },
      /"A" \(AWS::Test::Thing\) could not be created: no room/,
    ],
  ])('refuses %s by name', async (_what, Resources, message) => {
    await expect(start({ Resources })).rejects.toThrow(message);
  });

  it('lists everything that can be known at once, a name that is a parameter and a resource among it', async () => {
    const attempt = start({
      Parameters: { Same: { Type: 'String', Default: 'x' } },
      Resources: {
        Same: thing(),
        A: { Type: 'AWS::DynamoDB::Table' },
        B: thing({ x: { Ref: 'Nobody' } }),
        C: thing({}, { DependsOn: 'Nothing' }),
      },
    });

    await expect(attempt).rejects.toThrow(
      /"Same" is a parameter and a resource; .*"A" \(AWS::DynamoDB::Table\); "C" depends on "Nothing".*"Nobody"/s,
    );
    expect(created).toEqual([]);
  });

  it('names every resource that its service refuses', async () => {
    await expect(
      start({ Resources: { A: thing({ Fail: true }), B: thing(), C: thing({ Fail: true }) } }),
    ).rejects.toThrow(/"A" .* could not be created: no room\n"C" .* could not be created: no room/);
  });

  it('refuses a parameter without a value, and a section that it does not know', async () => {
    await expect(start({ Parameters: { P: { Type: 'String' } }, Resources: {} })).rejects.toThrow(
      /Parameters: \[P\] must have values/,
    );
    await expect(start({ Transform: 'AWS::Serverless-2016-10-31', Resources: {} })).rejects.toThrow(
      /Transform/,
    );
  });
});

describe('CloudFormation', () => {
  const template = {
    Description: 'd',
    Resources: { A: thing({ Name: 'a' }) },
    Outputs: { Name: { Value: { Ref: 'A' }, Description: 'The name' } },
  };

  it('describes the stack', async () => {
    const clock = new ManualClock();
    local = await start(template, { clock });
    const client = local.client(CloudFormationClient);

    const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: 'test' }));
    const { StackSummaries } = await client.send(
      new ListStacksCommand({ StackStatusFilter: ['CREATE_COMPLETE'] }),
    );
    const { StackResourceSummaries } = await client.send(
      new ListStackResourcesCommand({ StackName: 'test' }),
    );
    const { TemplateBody } = await client.send(new GetTemplateCommand({ StackName: 'test' }));

    expect(Stacks).toMatchObject([
      {
        StackName: 'test',
        Description: 'd',
        StackStatus: 'CREATE_COMPLETE',
        CreationTime: new Date(clock.now()),
        Outputs: [{ OutputKey: 'Name', OutputValue: 'a', Description: 'The name' }],
      },
    ]);
    expect(StackSummaries).toMatchObject([{ StackName: 'test', StackId: Stacks?.[0]?.StackId }]);
    expect(StackResourceSummaries).toMatchObject([
      { LogicalResourceId: 'A', PhysicalResourceId: 'a', ResourceType: 'AWS::Test::Thing' },
    ]);
    expect(JSON.parse(TemplateBody as string)).toEqual(template);
  });

  it('says that a stack does not exist', async () => {
    local = await start(template);

    const described = local
      .client(CloudFormationClient)
      .send(new DescribeStacksCommand({ StackName: 'other' }));

    await expect(described).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Stack with id other does not exist',
    });
  });
});
