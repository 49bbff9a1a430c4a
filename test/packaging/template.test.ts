import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { definitionText } from '../statemachines/definition.ts';

interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties of many types
  Properties: Record<string, any>;
  Condition?: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

const path = inject('template');
const template = JSON.parse(readFileSync(path, 'utf8')) as {
  Parameters: Record<string, { Default: string }>;
  Resources: Record<string, Resource>;
  Outputs: Record<string, unknown>;
};
const ofType = (type: string) =>
  Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);

interface Statement {
  Effect: string;
  Action: string | string[];
  Resource: unknown;
}
const statementsOf = (role: Resource): Statement[] =>
  (role.Properties.Policies ?? []).flatMap(
    (policy: { PolicyDocument: { Statement: (Statement | { 'Fn::If': [string, Statement] })[] } }) =>
      policy.PolicyDocument.Statement.map((one) => ('Fn::If' in one ? one['Fn::If'][1] : one)),
  );
const trustOf = (role: Resource) => role.Properties.AssumeRolePolicyDocument.Statement[0];

describe('the packaged template', () => {
  const found = spawnSync('cfn-lint', ['--version']).status === 0;
  test.skipIf(!found)(
    `has no error and no warning in cfn-lint${found ? '' : ' (skipped: cfn-lint is not installed)'}`,
    () => {
      const result = spawnSync('cfn-lint', ['--format', 'parseable', path], { encoding: 'utf8' });
      // osls lets functions depend on their roles twice (W3005), which does no harm.
      const found = result.stdout.split('\n').filter((line) => /:[EW]\d{4}:/.test(line));
      expect(found.filter((line) => !line.includes(':W3005:'))).toEqual([]);
    },
  );

  test.each(['ModelsBucket', 'DataBucket', 'ArtifactsBucket'])(
    '%s is private, TLS only, encrypted and versioned',
    (name) => {
      const bucket = template.Resources[name]!.Properties;

      expect(bucket.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
      expect(bucket.VersioningConfiguration).toEqual({ Status: 'Enabled' });
      expect(bucket.BucketEncryption.ServerSideEncryptionConfiguration).toHaveLength(1);
      expect(bucket.LifecycleConfiguration.Rules).toContainEqual(
        expect.objectContaining({ NoncurrentVersionExpiration: { NoncurrentDays: 30 }, Status: 'Enabled' }),
      );
      const policy = template.Resources[`${name}Policy`]!.Properties;
      expect(policy.Bucket).toEqual({ Ref: name });
      expect(policy.PolicyDocument.Statement[0]).toMatchObject({
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': false } },
      });
    },
  );

  test('has the state machine in JSON: no alias is left, and no substitution is lost', () => {
    const { Definition } = template.Resources.PromoteModelStateMachine!.Properties;

    // The template is written by osls, whose YAML parser is another one.
    expect(Definition).toEqual(JSON.parse(definitionText));
    expect(JSON.stringify(Definition)).not.toContain('"<<"');
  });

  test('keeps the buckets, unless the deployment that makes them fails', () => {
    const kept = Object.entries(template.Resources).filter(([, one]) => one.DeletionPolicy !== undefined);

    expect(kept.map(([name]) => name)).toEqual(['ModelsBucket', 'DataBucket', 'ArtifactsBucket']);
    for (const [, { DeletionPolicy, UpdateReplacePolicy }] of kept) {
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['RetainExceptOnCreate', 'Retain']);
    }
  });

  test('lets services act as its roles for this account only, and for what they name where they do', () => {
    for (const [name, role] of ofType('AWS::IAM::Role')) {
      const { Principal, Condition } = trustOf(role);
      expect(Condition.StringEquals, name).toEqual({ 'aws:SourceAccount': { Ref: 'AWS::AccountId' } });
      // Lambda does not say for which function it acts.
      if (Principal.Service.includes('lambda.amazonaws.com')) continue;
      expect(Condition.ArnLike['aws:SourceArn'], name).toBeDefined();
    }
  });

  test('lets services in by what they act for, wherever a policy of a resource does', () => {
    for (const type of ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy']) {
      const policies = ofType(type);
      expect(policies.length).toBeGreaterThan(0);
      for (const [name, { Properties }] of policies) {
        for (const given of Properties.PolicyDocument.Statement) {
          const statement = given['Fn::If']?.[1] ?? given;
          expect(statement.Condition.ArnLike['aws:SourceArn'], name).toBeDefined();
        }
      }
    }
    for (const [name, { Properties }] of ofType('AWS::Lambda::Permission')) {
      expect(Properties.SourceArn, name).toBeDefined();
    }
  });

  test('lets no function make log groups, which would be in the way after a removal', () => {
    for (const [name, role] of ofType('AWS::IAM::Role')) {
      if (!trustOf(role).Principal.Service.includes('lambda.amazonaws.com')) continue;
      const actions = statementsOf(role).flatMap(({ Action }) => Action);
      expect(actions, name).toContain('logs:PutLogEvents');
      expect(actions, name).not.toContain('logs:CreateLogGroup');
    }
  });

  test('has nothing optional by default', () => {
    const { Dashboard, ...others } = template.Parameters;
    expect(Dashboard!.Default).toBe('false');
    for (const [name, { Default }] of Object.entries(others)) expect(Default, name).toBe('');

    const optional = Object.entries(template.Resources).filter(([, { Condition }]) => Condition);
    expect(optional.map(([, { Type, Condition }]) => [Type, Condition])).toEqual([
      ['AWS::IAM::Policy', 'HasVpc'],
      ['AWS::ApiGateway::DomainName', 'HasApiDomain'],
      ['AWS::ApiGateway::BasePathMapping', 'HasApiDomain'],
      ['AWS::WAFv2::WebACLAssociation', 'HasWebAcl'],
      ['AWS::Budgets::Budget', 'HasBudget'],
      ['AWS::CloudWatch::Dashboard', 'HasDashboard'],
    ]);
  });

  test('keeps images for longer than any endpoint is old, and forgets those without a tag', () => {
    const { LifecyclePolicy } = template.Resources.TrainingRepository!.Properties;
    const { rules } = JSON.parse(LifecyclePolicy.LifecyclePolicyText);

    expect(rules.map(({ selection }: { selection: object }) => selection)).toEqual([
      { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 14 },
      { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: 500 },
    ]);
  });

  test('has a dashboard that CloudWatch can read', () => {
    const body = template.Resources.OperationsDashboard!.Properties.DashboardBody['Fn::Sub'];
    const { widgets } = JSON.parse(body) as { widgets: { properties: { title: string } }[] };

    expect(widgets.map(({ properties }) => properties.title)).toContain('Promotions');
  });

  test('gives every function a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties.Role['Fn::GetAtt'][0],
    );

    expect(roles.length).toBeGreaterThan(10);
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('lets every traced function write its traces', () => {
    const traced = ofType('AWS::Lambda::Function').filter(
      ([, { Properties }]) => Properties.TracingConfig?.Mode === 'Active',
    );

    expect(traced.length).toBeGreaterThan(10);
    for (const [name, { Properties }] of traced) {
      const role = template.Resources[Properties.Role['Fn::GetAtt'][0]]!;
      const actions = statementsOf(role).flatMap(({ Action }) => Action);
      expect(actions, name).toEqual(
        expect.arrayContaining(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']),
      );
    }
  });

  test('allows no role a whole service, and "*" as resource only where AWS knows no narrower one', () => {
    const unnarrowable =
      /^(xray:|ec2:|logs:(Create|Get|Update|Delete|List)LogDeliver|logs:PutResourcePolicy|logs:Describe|ecr:GetAuthorizationToken|cloudwatch:PutMetricData|sagemaker:List(ModelPackages|TransformJobs)$)/;
    for (const [name, role] of ofType('AWS::IAM::Role')) {
      for (const statement of statementsOf(role).filter(({ Effect }) => Effect === 'Allow')) {
        const actions = [statement.Action].flat();
        expect(
          actions.filter((action) => action.includes('*')),
          name,
        ).toEqual([]);
        if ([statement.Resource].flat().includes('*')) {
          expect(
            actions.filter((action) => !unnarrowable.test(action)),
            name,
          ).toEqual([]);
        }
      }
    }
  });

  test('gives every rule a dead-letter queue, every queue and failed execution an alarm that sends a notice', () => {
    const targets = ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.Targets);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target.DeadLetterConfig.Arn).toBeDefined();

    const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms.map((alarm) => alarm.MetricName)).toEqual(
      expect.arrayContaining([
        'ExecutionsFailed',
        'ExecutionsTimedOut',
        'ExecutionsAborted',
        'ApproximateNumberOfMessagesVisible',
        '5XXError',
      ]),
    );
    for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([{ Ref: 'NoticesTopic' }]);
  });

  test('has an alarm for errors and throttles of every function that is called from outside the state machine', () => {
    const called = Object.values(
      template.Resources.PromoteModelStateMachine!.Properties.DefinitionSubstitutions,
    ).map((arn) => (arn as { 'Fn::GetAtt': [string] })['Fn::GetAtt'][0]);
    const others = ofType('AWS::Lambda::Function').filter(([name]) => !called.includes(name));
    expect(others.length).toBeGreaterThan(0);

    const watched = ofType('AWS::CloudWatch::Alarm')
      .filter(([, { Properties }]) => Properties.Namespace === 'AWS/Lambda')
      .map(([, { Properties }]) => `${Properties.Dimensions[0].Value.Ref} ${Properties.MetricName}`);
    expect(watched.sort()).toEqual(
      others.flatMap(([name]) => [`${name} Errors`, `${name} Throttles`]).sort(),
    );
  });

  test('guards the REST API with a key, a throttle and a quota; only what anybody may know needs no key', () => {
    const open = ofType('AWS::ApiGateway::Method').filter(
      ([, { Properties }]) => Properties.ApiKeyRequired !== true,
    );
    expect(open.map(([name]) => name).sort()).toEqual([
      'ApiGatewayMethodHealthGet',
      'ApiGatewayMethodOpenapijsonGet',
    ]);
    const [[, plan]] = ofType('AWS::ApiGateway::UsagePlan') as [[string, Resource]];
    expect(plan.Properties).toMatchObject({ Throttle: { RateLimit: 50 }, Quota: { Period: 'MONTH' } });
  });

  test('keeps logs for a limited time', () => {
    for (const [name, group] of ofType('AWS::Logs::LogGroup')) {
      expect(Number(group.Properties.RetentionInDays), name).toBe(30);
    }
  });

  test('names what a user needs in its outputs', () => {
    expect(Object.keys(template.Outputs)).toEqual(
      expect.arrayContaining([
        'ModelsBucket',
        'DataBucket',
        'ArtifactsBucket',
        'StateMachineArn',
        'ApiUrl',
        'TopicArn',
        'TrainingRepositoryUri',
      ]),
    );
  });
});

describe('the function archives', () => {
  const folder = dirname(path);
  const archives = readdirSync(folder).filter((name) => name.endsWith('.zip'));

  test('are there, one for each function, and small enough for a quick cold start', () => {
    const functions = ofType('AWS::Lambda::Function').map(
      ([, { Properties }]) => `${String(Properties.Code.S3Key).split('/').at(-1)}`,
    );
    expect([...archives].sort()).toEqual([...functions].sort());
    for (const archive of archives) {
      expect(statSync(join(folder, archive)).size, archive).toBeLessThan(3_000_000);
    }
  });
});

test('npm run package leaves the checkout clean', () => {
  const status = execFileSync('git', ['status', '--porcelain', '--ignored=no', '.serverless', '.build'], {
    encoding: 'utf8',
  });
  expect(status).toBe('');
});
