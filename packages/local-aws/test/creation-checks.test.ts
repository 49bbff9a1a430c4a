import { describe, expect, it } from 'vitest';
import { createIam } from '../src/services/iam/index.ts';
import { createLambda } from '../src/services/lambda/index.ts';
import { createLogs } from '../src/services/logs/index.ts';
import { createSns } from '../src/services/sns/index.ts';
import { createSqs } from '../src/services/sqs/index.ts';
import { createStepFunctions } from '../src/services/step-functions/index.ts';
import { startLocal } from '../src/testing/harness.ts';

const QUEUE = 'arn:aws:sqs:eu-central-1:000000000000:letters';
const allow = (Action: string | string[], Resource = '*') => ({ Effect: 'Allow', Action, Resource });
const role = (Service: string, Statement: object[], Condition: object = {}) => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    RoleName: 'its-role',
    AssumeRolePolicyDocument: {
      Statement: [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole', Condition }],
    },
    Policies: [{ PolicyName: 'inline', PolicyDocument: { Version: '2012-10-17', Statement } }],
  },
});

/** Why a template cannot be provisioned, or `fine`. */
async function provision(Resources: Record<string, object>): Promise<string> {
  const services = [createIam, createLogs, createSqs, createSns, createLambda, createStepFunctions];
  try {
    const local = await startLocal({ services, template: { Resources } });
    await local.stop();
    return 'fine';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('Lambda asks of a function’s role', () => {
  const withFunction = (Role: object, more: object, config?: object) =>
    provision({
      Role,
      Letters: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'letters' } },
      Function: {
        Type: 'AWS::Lambda::Function',
        Properties: {
          Code: { ZipFile: '' },
          Handler: 'index.handler',
          Runtime: 'nodejs24.x',
          Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
          ...more,
        },
      },
      ...(config && {
        Config: {
          Type: 'AWS::Lambda::EventInvokeConfig',
          Properties: { FunctionName: { Ref: 'Function' }, Qualifier: '$LATEST', DestinationConfig: config },
        },
      }),
    });
  const traced = { TracingConfig: { Mode: 'Active' } };
  const lambda = 'lambda.amazonaws.com';

  it('that Lambda may assume it', async () => {
    expect(await withFunction(role('ec2.amazonaws.com', [allow('sqs:SendMessage')]), {})).toContain(
      'The role defined for the function cannot be assumed by Lambda.',
    );
    expect(
      await withFunction(role(lambda, []), { Role: 'arn:aws:iam::000000000000:role/not-there' }),
    ).toContain('The role defined for the function cannot be assumed by Lambda.');
    expect(await withFunction(role(lambda, []), {})).toBe('fine');
  });

  it('that it may write traces, where the function is traced', async () => {
    expect(await withFunction(role(lambda, [allow('s3:GetObject')]), traced)).toContain(
      '"Function" (AWS::Lambda::Function) could not be created: ' +
        'The provided execution role does not have permissions to call PutTraceSegments on XRAY',
    );
    expect(await withFunction(role(lambda, [allow('xray:PutTraceSegments')]), traced)).toContain(
      'does not have permissions to call PutTelemetryRecords on XRAY',
    );
    const both = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
    expect(await withFunction(role(lambda, [allow(both)]), traced)).toBe('fine');
    const denied = { Effect: 'Deny', Action: 'xray:*', Resource: '*' };
    expect(await withFunction(role(lambda, [allow(both), denied]), traced)).toContain('on XRAY');
    const passing = { TracingConfig: { Mode: 'PassThrough' } };
    expect(await withFunction(role(lambda, [allow('s3:GetObject')]), passing)).toBe('fine');
  });

  it('that it may send to the dead-letter queue', async () => {
    const letters = { DeadLetterConfig: { TargetArn: QUEUE } };
    expect(await withFunction(role(lambda, [allow('sqs:SendMessage', `${QUEUE}-other`)]), letters)).toContain(
      'The provided execution role does not have permissions to call SendMessage on SQS',
    );
    expect(await withFunction(role(lambda, [allow('sqs:SendMessage', QUEUE)]), letters)).toBe('fine');
  });

  it('that it may send to its destinations', async () => {
    const config = { OnFailure: { Destination: QUEUE } };
    expect(await withFunction(role(lambda, [allow('s3:GetObject')]), {}, config)).toContain(
      `The function's execution role does not have permissions to call SendMessage on ${QUEUE}`,
    );
    expect(await withFunction(role(lambda, [allow('sqs:SendMessage', QUEUE)]), {}, config)).toBe('fine');
    const topic = { OnSuccess: { Destination: 'arn:aws:sns:eu-central-1:000000000000:topic' } };
    expect(await withFunction(role(lambda, [allow('sqs:SendMessage')]), {}, topic)).toContain(
      'does not have permissions to call Publish on arn:aws:sns:eu-central-1:000000000000:topic',
    );
  });
});

describe('Step Functions asks of a state machine’s role', () => {
  const withMachine = (Role: object, Level: string) =>
    provision({
      Role,
      Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/machine' } },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          StateMachineName: 'its-machine',
          RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] },
          Definition: { QueryLanguage: 'JSONata', StartAt: 'End', States: { End: { Type: 'Succeed' } } },
          LoggingConfiguration: {
            Level,
            Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: { 'Fn::GetAtt': ['Group', 'Arn'] } } }],
          },
        },
      },
    });
  const delivery = ['Create', 'Get', 'Update', 'Delete'].map((verb) => `logs:${verb}LogDelivery`);
  const describing = ['logs:ListLogDeliveries', 'logs:DescribeResourcePolicies', 'logs:DescribeLogGroups'];

  it('that Step Functions may assume it', async () => {
    expect(await withMachine(role('lambda.amazonaws.com', [allow('logs:*')]), 'ALL')).toContain(
      'Neither the global service principal states.amazonaws.com, nor the regional one is authorized',
    );
    expect(await withMachine(role('states.eu-central-1.amazonaws.com', [allow('logs:*')]), 'ALL')).toBe(
      'fine',
    );
  });

  it('that it may deliver logs, where the machine is logged', async () => {
    const states = 'states.amazonaws.com';
    const most = role(states, [allow([...delivery, ...describing])]);
    expect(await withMachine(most, 'ALL')).toContain(
      'The state machine IAM Role is not authorized to access the Log Destination',
    );
    expect(await withMachine(most, 'OFF')).toBe('fine');
    const only = (machine: string) =>
      withMachine(
        role('states.amazonaws.com', [allow('logs:*')], {
          ArnLike: { 'aws:SourceArn': `arn:aws:states:eu-central-1:000000000000:stateMachine:${machine}` },
        }),
        'ALL',
      );
    expect(await only('its-machine')).toBe('fine');
    expect(await only('another')).toContain('is authorized to assume the provided role');
    const all = role(states, [allow([...delivery, ...describing, 'logs:PutResourcePolicy'])]);
    expect(await withMachine(all, 'ALL')).toBe('fine');
  });
});

describe('IAM takes of a role', () => {
  const long = (length: number) => [allow('s3:GetObject', `arn:aws:s3:::${'x'.repeat(length)}`)];

  it('10,240 characters of inline policies in all', async () => {
    const Role = role('lambda.amazonaws.com', long(6000));
    const more = (length: number) => ({
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'more',
        PolicyDocument: { Version: '2012-10-17', Statement: long(length) },
        Roles: [{ Ref: 'Role' }],
      },
    });
    expect(await provision({ Role, More: more(4300) })).toContain(
      'Maximum policy size of 10240 bytes exceeded for role its-role',
    );
    expect(await provision({ Role, More: more(3900) })).toBe('fine');
    expect(await provision({ Role: role('lambda.amazonaws.com', long(10_300)) })).toContain('10240 bytes');
  });

  it('a trust policy of 2,048 characters', async () => {
    expect(await provision({ Role: role(`${'x'.repeat(2100)}.amazonaws.com`, []) })).toContain(
      'Cannot exceed quota for ACLSizePerRole: 2048',
    );
  });
});
