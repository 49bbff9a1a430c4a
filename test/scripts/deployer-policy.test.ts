import { readFileSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { endpointAlarmName, rolloutAlarmName } from '#core/names.ts';

interface Statement {
  Sid: string;
  Effect: string;
  Action: string | string[];
  Resource: string | string[];
}

interface Resource {
  Type: string;
  /** Only with a setting; docs/deploy.md says what such a setting needs. */
  Condition?: string;
  Properties: Record<string, unknown>;
}

const text = readFileSync('docs/deployer-policy.json', 'utf8');
const template: { Resources: Record<string, Resource> } = JSON.parse(
  readFileSync(inject('template'), 'utf8'),
);

const list = (value: string | string[]) => (Array.isArray(value) ? value : [value]);
const statementsFor = (stage: string): Statement[] => JSON.parse(text.replaceAll('STAGE', stage)).Statement;

/** `*` stands for any text. */
function fits(pattern: string, value: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`).test(value);
}

function allows(stage: string, action: string, resource: string): boolean {
  return statementsFor(stage).some(
    ({ Action, Resource }) =>
      list(Action).some((one) => fits(one, action)) && list(Resource).some((one) => fits(one, resource)),
  );
}

const place = 'eu-central-1:123456789012';

/** What `npm run remove` deletes beside the stack (`scripts/remove/operations.ts`). */
const rolloutAlarm = (endpoint: string) => rolloutAlarmName(endpoint, 'produce-1', 'server-errors');
const LOG_GROUPS = ['/aws/lambda/', '/aws/sagemaker/Endpoints/', '/aws/vendedlogs/states/'];

/**
 * How a resource is created, and its ARN, by its type. API Gateway's have no names; policies belong to what
 * they are of.
 */
const creations: Record<string, (name: string) => [action: string, arn: string]> = {
  'AWS::CloudWatch::Alarm': (name) => [
    'cloudwatch:PutMetricAlarm',
    `arn:aws:cloudwatch:${place}:alarm:${name}`,
  ],
  'AWS::ECR::Repository': (name) => ['ecr:CreateRepository', `arn:aws:ecr:${place}:repository/${name}`],
  'AWS::Events::Rule': (name) => ['events:PutRule', `arn:aws:events:${place}:rule/${name}`],
  'AWS::IAM::Role': (name) => ['iam:CreateRole', `arn:aws:iam::123456789012:role/${name}`],
  'AWS::Lambda::Function': (name) => ['lambda:CreateFunction', `arn:aws:lambda:${place}:function:${name}`],
  'AWS::Logs::LogGroup': (name) => ['logs:CreateLogGroup', `arn:aws:logs:${place}:log-group:${name}`],
  'AWS::S3::Bucket': (name) => ['s3:CreateBucket', `arn:aws:s3:::${name}`],
  'AWS::SNS::Topic': (name) => ['sns:CreateTopic', `arn:aws:sns:${place}:${name}`],
  'AWS::SQS::Queue': (name) => ['sqs:CreateQueue', `arn:aws:sqs:${place}:${name}`],
  'AWS::StepFunctions::StateMachine': (name) => [
    'states:CreateStateMachine',
    `arn:aws:states:${place}:stateMachine:${name}`,
  ],
};

const NAMES = [
  ...['AlarmName', 'BucketName', 'FunctionName', 'LogGroupName', 'Name', 'QueueName'],
  ...['RepositoryName', 'RoleName', 'StateMachineName', 'TopicName'],
];

/** The name as the template gives it, or as CloudFormation makes it up: stack, logical id, random. */
function nameOf(logicalId: string, { Properties }: Resource): string {
  const given = NAMES.map((member) => Properties?.[member]).find((name) => name !== undefined);
  const resolved = (value: unknown): string => {
    if (typeof value === 'string') return value.replace(/\$\{AWS::\w+\}/g, 'x');
    const [name, argument] = Object.entries(value as Record<string, unknown>)[0]!;
    if (name === 'Fn::Join') {
      const [separator, parts] = argument as [string, unknown[]];
      return parts.map(resolved).join(separator);
    }
    return name === 'Fn::Sub' ? resolved(argument) : 'x';
  };
  return given === undefined ? `graft-dev-${logicalId}-1ABC` : resolved(given);
}

describe('the deployer’s policy', () => {
  const named = Object.entries(template.Resources).filter(([, { Type }]) => creations[Type] !== undefined);

  test('is small enough for a managed policy', () => {
    expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(6144);
  });

  test('lets everything of the packaged template be made, and nothing of another stage', () => {
    expect(named.length).toBeGreaterThan(50);
    for (const [logicalId, resource] of named) {
      const [action, arn] = creations[resource.Type]!(nameOf(logicalId, resource));
      expect(allows('dev', action, arn), `${action} on ${arn}`).toBe(true);
      expect(allows('prod', action, arn), `${action} on ${arn}, with prod’s policy`).toBe(false);
    }
  });

  test('knows every service of the packaged template', () => {
    const always = Object.values(template.Resources).filter(({ Condition }) => Condition === undefined);
    const services = new Set(always.map(({ Type }) => Type.split('::')[1]!));
    const iamNames: Record<string, string> = { StepFunctions: 'states' };
    const actions = statementsFor('dev').flatMap(({ Action }) => list(Action));
    for (const service of services) {
      const prefix = `${iamNames[service] ?? service.toLowerCase()}:`;
      expect(
        actions.some((action) => action.startsWith(prefix)),
        service,
      ).toBe(true);
    }
  });

  test('lets a stage be removed, and no other', () => {
    for (const [action, kind] of [
      ['DeleteEndpoint', 'endpoint'],
      ['DescribeEndpoint', 'endpoint'],
      ['DeleteEndpointConfig', 'endpoint-config'],
      ['DeleteModel', 'model'],
      ['StopTrainingJob', 'training-job'],
      ['DescribeTrainingJob', 'training-job'],
      ['DeleteTrainingJob', 'training-job'],
      ['StopTransformJob', 'transform-job'],
      ['DescribeTransformJob', 'transform-job'],
      ['DeleteModelPackageGroup', 'model-package-group'],
    ]) {
      const arn = `arn:aws:sagemaker:${place}:${kind}/graft-dev-produce`;
      expect(allows('dev', `sagemaker:${action}`, arn), action).toBe(true);
      expect(allows('dev2', `sagemaker:${action}`, arn), action).toBe(false);
      expect(allows('dev', 'sagemaker:CreateEndpoint', arn)).toBe(false);
    }
    const others: [action: string, name: (stage: string) => string][] = [
      ['states:StopExecution', (stage) => `states:${place}:execution:graft-${stage}-promote-model:promote-1`],
      ...[endpointAlarmName, rolloutAlarm].map((alarm): (typeof others)[number] => [
        'cloudwatch:DeleteAlarms',
        (stage) => `cloudwatch:${place}:alarm:${alarm(`graft-${stage}-produce`)}`,
      ]),
      ...LOG_GROUPS.map((group): (typeof others)[number] => [
        'logs:DeleteLogGroup',
        (stage) => `logs:${place}:log-group:${group}graft-${stage}-produce`,
      ]),
    ];
    for (const [action, name] of others) {
      expect(allows('dev', action, `arn:aws:${name('dev')}`), name('dev')).toBe(true);
      expect(allows('dev2', action, `arn:aws:${name('dev')}`), name('dev')).toBe(false);
    }
    // Names without a hyphen at their end, which begin another stage's.
    for (const [action, arn] of [
      ['logs:DeleteLogGroup', `arn:aws:logs:${place}:log-group:/aws/api-gateway/graft-dev2`],
      ['cloudwatch:DeleteDashboards', 'arn:aws:cloudwatch::123456789012:dashboard/graft-dev2'],
    ] as const) {
      expect(allows('dev2', action, arn), arn).toBe(true);
      expect(allows('dev', action, arn), arn).toBe(false);
    }
    for (const kind of ['TrainingJobs', 'TransformJobs']) {
      const streams = `arn:aws:logs:${place}:log-group:/aws/sagemaker/${kind}:log-stream:graft-dev-1`;
      expect(allows('dev', 'logs:DeleteLogStream', streams)).toBe(true);
      expect(allows('dev', 'logs:DeleteLogGroup', streams)).toBe(false);
    }
  });

  test('narrows whatever has a name', () => {
    const wide = statementsFor('dev').filter(
      ({ Resource }) => !list(Resource).every((one) => one.includes('graft-dev')),
    );
    expect(wide.map(({ Sid }) => Sid)).toEqual([
      'LogsOfJobs',
      'ApiGatewayHasNoNamesInItsArns',
      'NothingToNarrowTo',
    ]);
    for (const { Action } of wide) for (const action of list(Action)) expect(action).not.toContain('*');
  });
});
