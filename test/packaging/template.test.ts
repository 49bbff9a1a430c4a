import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';

interface Resource {
  Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation properties of many types
  Properties: Record<string, any>;
}

const path = inject('template');
const template = JSON.parse(readFileSync(path, 'utf8')) as {
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
    (policy: { PolicyDocument: { Statement: Statement[] } }) => policy.PolicyDocument.Statement,
  );

describe('the packaged template', () => {
  const found = spawnSync('cfn-lint', ['--version']).status === 0;
  test.skipIf(!found)(
    `has no error in cfn-lint${found ? '' : ' (skipped: cfn-lint is not installed)'}`,
    () => {
      const result = spawnSync('cfn-lint', ['--format', 'parseable', path], { encoding: 'utf8' });
      const errors = result.stdout.split('\n').filter((line) => /:E\d{4}:/.test(line));
      expect(errors).toEqual([]);
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
      const policy = template.Resources[`${name}Policy`]!.Properties;
      expect(policy.Bucket).toEqual({ Ref: name });
      expect(policy.PolicyDocument.Statement[0]).toMatchObject({
        Effect: 'Deny',
        Principal: '*',
        Condition: { Bool: { 'aws:SecureTransport': false } },
      });
    },
  );

  test('gives every function a role of its own', () => {
    const roles = ofType('AWS::Lambda::Function').map(
      ([, { Properties }]) => Properties.Role['Fn::GetAtt'][0],
    );

    expect(roles.length).toBeGreaterThan(10);
    expect(new Set(roles).size).toBe(roles.length);
  });

  test('allows no role a whole service, and "*" as resource only where AWS knows no narrower one', () => {
    const unnarrowable =
      /^(xray:|logs:(Create|Get|Update|Delete|List)LogDeliver|logs:PutResourcePolicy|logs:Describe|ecr:GetAuthorizationToken|cloudwatch:PutMetricData|sagemaker:ListModelPackages$)/;
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

  test('gives every rule a dead-letter queue, every queue and failed execution an alarm that tells somebody', () => {
    const targets = ofType('AWS::Events::Rule').flatMap(([, { Properties }]) => Properties.Targets);
    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets) expect(target.DeadLetterConfig.Arn).toBeDefined();

    const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => Properties);
    expect(alarms.map((alarm) => alarm.MetricName)).toEqual(
      expect.arrayContaining(['ExecutionsFailed', 'ApproximateNumberOfMessagesVisible']),
    );
    for (const alarm of alarms) expect(alarm.AlarmActions).toEqual([{ Ref: 'NoticesTopic' }]);
  });

  test('guards the REST API with a key, a throttle and a quota', () => {
    const [[, method]] = ofType('AWS::ApiGateway::Method').filter(
      ([, { Properties }]) => Properties.HttpMethod === 'POST',
    ) as [[string, Resource]];
    expect(method.Properties.ApiKeyRequired).toBe(true);
    const [[, plan]] = ofType('AWS::ApiGateway::UsagePlan') as [[string, Resource]];
    expect(plan.Properties).toMatchObject({ Throttle: { RateLimit: 50 }, Quota: { Period: 'MONTH' } });
  });

  test('keeps logs for a limited time', () => {
    for (const [name, group] of ofType('AWS::Logs::LogGroup')) {
      expect(group.Properties.RetentionInDays, name).toBe(30);
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
