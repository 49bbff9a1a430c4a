import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEvents } from '../../src/services/events/index.ts';
import { createLambda } from '../../src/services/lambda/index.ts';
import { createSns } from '../../src/services/sns/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { createStepFunctions } from '../../src/services/step-functions/index.ts';
import { ANY_ROLE, type LocalAws, startLocal } from '../../src/testing/harness.ts';

const arn = (name: string) => ({ 'Fn::GetAtt': [name, 'Arn'] });
const rule = (source: string, target: Record<string, unknown>) => ({
  Type: 'AWS::Events::Rule',
  Properties: { EventPattern: { source: [source] }, Targets: [{ Id: 'one', ...target }] },
});
const permission = (Principal: string, SourceArn: unknown) => ({
  Type: 'AWS::Lambda::Permission',
  Properties: { FunctionName: { Ref: 'Echo' }, Action: 'lambda:InvokeFunction', Principal, SourceArn },
});

/** Everything that happens to the function reaches the queue, as its on-success destination. */
const template = {
  Resources: {
    Results: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'results' } },
    Echo: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'echo',
        Code: { ZipFile: 'exports.handler = async (event) => event;' },
        Handler: 'index.handler',
        Role: ANY_ROLE,
        Runtime: 'nodejs24.x',
      },
    },
    EchoConfig: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: 'Echo' },
        Qualifier: '$LATEST',
        DestinationConfig: { OnSuccess: { Destination: arn('Results') } },
      },
    },
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: {
        StateMachineName: 'machine',
        RoleArn: ANY_ROLE,
        Definition: { QueryLanguage: 'JSONata', StartAt: 'Done', States: { Done: { Type: 'Succeed' } } },
      },
    },
    Topic: {
      Type: 'AWS::SNS::Topic',
      Properties: { TopicName: 'topic', Subscription: [{ Protocol: 'lambda', Endpoint: arn('Echo') }] },
    },
    ToFunction: rule('to-function', { Arn: arn('Echo'), InputPath: '$.detail' }),
    ToMachine: rule('to-machine', { Arn: { Ref: 'Machine' }, RoleArn: ANY_ROLE, Input: '{"from": "rule"}' }),
    FromRule: permission('events.amazonaws.com', arn('ToFunction')),
    FromTopic: permission('sns.amazonaws.com', { Ref: 'Topic' }),
  },
};

let local: LocalAws;
beforeAll(async () => {
  const services = [createSqs, createSns, createLambda, createStepFunctions, createEvents];
  local = await startLocal({ services, template });
});
afterAll(() => local.stop());

const put = (Source: string, detail: unknown) =>
  local
    .client(EventBridgeClient)
    .send(new PutEventsCommand({ Entries: [{ Source, DetailType: 'T', Detail: JSON.stringify(detail) }] }));

async function nextResult(): Promise<{ requestPayload: unknown }> {
  const { Messages } = await local.client(SQSClient).send(
    new ReceiveMessageCommand({
      QueueUrl: `${local.endpoint}/000000000000/results`,
      WaitTimeSeconds: 20,
    }),
  );
  return JSON.parse(Messages![0]!.Body!);
}

test('an event reaches a function, and the function’s result its destination', async () => {
  await put('to-function', { hello: 1 });
  expect(await nextResult()).toMatchObject({ requestPayload: { hello: 1 }, responsePayload: { hello: 1 } });
});

test('a notification reaches a function in the form of SNS', async () => {
  const TopicArn = 'arn:aws:sns:eu-central-1:000000000000:topic';
  await local.client(SNSClient).send(new PublishCommand({ TopicArn, Subject: 's', Message: 'm' }));
  expect(await nextResult()).toMatchObject({
    requestPayload: { Records: [{ EventSource: 'aws:sns', Sns: { TopicArn, Subject: 's', Message: 'm' } }] },
  });
});

test('an event starts an execution with the input of the rule', async () => {
  const sfn = local.client(SFNClient);
  const stateMachineArn = 'arn:aws:states:eu-central-1:000000000000:stateMachine:machine';
  await put('to-machine', {});
  for (;;) {
    const { executions } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
    const executionArn = executions?.[0]?.executionArn;
    if (executionArn === undefined) continue;
    const { input } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    expect(JSON.parse(input!)).toEqual({ from: 'rule' });
    break;
  }
});
