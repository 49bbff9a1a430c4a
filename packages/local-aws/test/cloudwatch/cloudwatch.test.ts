import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricAlarmCommand,
  type PutMetricAlarmCommandInput,
  PutMetricDataCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BusEvent, ServiceFactory } from '../../src/service.ts';
import { createCloudWatch } from '../../src/services/cloudwatch/index.ts';
import { createSns } from '../../src/services/sns/index.ts';
import { createSqs } from '../../src/services/sqs/index.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

/** As long as a busy machine may take. */
const SOON = { timeout: 20_000, interval: 20 };
const TOPIC = 'arn:aws:sns:eu-central-1:000000000000:notices';
const template = {
  Resources: {
    Topic: { Type: 'AWS::SNS::Topic', Properties: { TopicName: 'notices' } },
    Queue: { Type: 'AWS::SQS::Queue', Properties: { QueueName: 'dead-letters' } },
    Letters: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'letters',
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': 'Queue.QueueName' } }],
        Statistic: 'Maximum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'Topic' }],
      },
    },
    Failures: {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: {
        AlarmName: 'failures',
        Namespace: 'AWS/States',
        MetricName: 'ExecutionsFailed',
        Dimensions: [{ Name: 'StateMachineArn', Value: 'arn:machine' }],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 1,
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        TreatMissingData: 'notBreaching',
        AlarmActions: [{ Ref: 'Topic' }],
      },
    },
  },
  Outputs: { Arn: { Value: { 'Fn::GetAtt': 'Letters.Arn' } } },
};

let clock: ManualClock;
let local: LocalAws;
let cloudwatch: CloudWatchClient;
let events: BusEvent[];
beforeEach(async () => {
  clock = new ManualClock();
  events = [];
  const listener: ServiceFactory = () => ({
    signingName: 'listener',
    protocol: 'json-1.0',
    schemas: {},
    operations: {},
    onBusEvent: (event) => void events.push(event),
  });
  local = await startLocal({ services: [listener, createSns, createSqs, createCloudWatch], template, clock });
  cloudwatch = local.client(CloudWatchClient);
});
afterEach(() => local.stop());

const measure = (value: number, MetricName = 'load') =>
  cloudwatch.send(
    new PutMetricDataCommand({
      Namespace: 'shop/test',
      MetricData: [
        {
          MetricName,
          Dimensions: [{ Name: 'host', Value: 'a' }],
          Value: value,
          Timestamp: new Date(clock.now()),
        },
      ],
    }),
  );
const put = (changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'busy',
      Namespace: 'shop/test',
      MetricName: 'load',
      Dimensions: [{ Name: 'host', Value: 'a' }],
      Statistic: 'Average',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
      ...changes,
    }),
  );
const alarm = async (name = 'busy') => {
  const { MetricAlarms } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: [name] }));
  return MetricAlarms?.[0];
};
const state = async (name?: string) => (await alarm(name))?.StateValue;
const notices = async () =>
  (await (await fetch(`${local.endpoint}/_local/sns/notices`)).json()) as {
    subject: string;
    message: string;
  }[];

describe('metrics', () => {
  it('are put and read by period, with every statistic', async () => {
    const start = clock.now();
    for (const value of [1, 2, 6]) await measure(value);
    clock.advance(60_000);
    await measure(10);

    const { Datapoints } = await cloudwatch.send(
      new GetMetricStatisticsCommand({
        Namespace: 'shop/test',
        MetricName: 'load',
        Dimensions: [{ Name: 'host', Value: 'a' }],
        StartTime: new Date(start),
        EndTime: new Date(start + 120_000),
        Period: 60,
        Statistics: ['Sum', 'Average', 'Minimum', 'Maximum', 'SampleCount'],
      }),
    );

    expect(Datapoints).toMatchObject([
      { Timestamp: new Date(start), Sum: 9, Average: 3, Minimum: 1, Maximum: 6, SampleCount: 3 },
      { Timestamp: new Date(start + 60_000), Sum: 10 },
    ]);
  });

  it('are asked for together, and listed', async () => {
    const start = clock.now();
    await measure(5);
    const Metric = {
      Namespace: 'shop/test',
      MetricName: 'load',
      Dimensions: [{ Name: 'host', Value: 'a' }],
    };

    const { MetricDataResults } = await cloudwatch.send(
      new GetMetricDataCommand({
        MetricDataQueries: [{ Id: 'm', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
        StartTime: new Date(start),
        EndTime: new Date(start + 60_000),
      }),
    );
    expect(MetricDataResults).toMatchObject([{ Id: 'm', Values: [5], Timestamps: [new Date(start)] }]);
    const { Metrics } = await cloudwatch.send(new ListMetricsCommand({ Namespace: 'shop/test' }));
    expect(Metrics).toEqual([Metric]);
  });

  it('are kept apart by their units', async () => {
    const start = clock.now();
    const put = (Value: number, Unit?: 'Seconds' | 'Milliseconds') =>
      cloudwatch.send(
        new PutMetricDataCommand({
          Namespace: 'shop/test',
          MetricData: [{ MetricName: 'time', Value, ...(Unit === undefined ? {} : { Unit }) }],
        }),
      );
    await put(2, 'Seconds');
    await put(30, 'Milliseconds');
    const times = { StartTime: new Date(start), EndTime: new Date(start + 60_000) };
    const statistics = async (Unit?: 'Seconds' | 'Bytes') => {
      const { Datapoints } = await cloudwatch.send(
        new GetMetricStatisticsCommand({
          ...{ Namespace: 'shop/test', MetricName: 'time', Period: 60, Statistics: ['Sum'], ...times },
          ...(Unit === undefined ? {} : { Unit }),
        }),
      );
      return Datapoints?.map(({ Sum, Unit: unit }) => [Sum, unit]);
    };
    const data = async (Unit?: 'Seconds') => {
      const Metric = { Namespace: 'shop/test', MetricName: 'time' };
      const MetricStat = { Metric, Period: 60, Stat: 'Sum', ...(Unit === undefined ? {} : { Unit }) };
      const { MetricDataResults } = await cloudwatch.send(
        new GetMetricDataCommand({ MetricDataQueries: [{ Id: 'm', MetricStat }], ...times }),
      );
      return MetricDataResults?.[0]?.Values;
    };

    expect(await statistics()).toEqual([
      [2, 'Seconds'],
      [30, 'Milliseconds'],
    ]);
    expect(await statistics('Seconds')).toEqual([[2, 'Seconds']]);
    expect(await statistics('Bytes')).toEqual([]);
    expect(await data('Seconds')).toEqual([2]);
    expect(await data()).toEqual([32]);
  });

  it.each([
    ['two forms of value', { Value: 1, Values: [1] }, 'InvalidParameterCombinationException'],
    ['counts without values', { Value: 1, Counts: [1] }, 'InvalidParameterCombinationException'],
    ['no value', {}, 'MissingRequiredParameterException'],
    ['a value that is no number', { Value: Number.NaN }, 'InvalidParameterValueException'],
    ['more counts than values', { Values: [1], Counts: [1, 2] }, 'InvalidParameterValueException'],
    ['a time two weeks ago', { Value: 1, age: 14 * 86_400_000 + 1 }, 'InvalidParameterValueException'],
    ['a time in three hours', { Value: 1, age: -3 * 3_600_000 }, 'InvalidParameterValueException'],
  ])('are refused with %s, and the others of the request with them', async (_what, given, name) => {
    const { age, ...datum } = given as { age?: number };
    const Timestamp = new Date(clock.now() - (age ?? 0));
    const good = { MetricName: 'good', Value: 1 };
    await expect(
      cloudwatch.send(
        new PutMetricDataCommand({
          Namespace: 'shop/test',
          MetricData: [good, { MetricName: 'bad', Timestamp, ...datum }],
        }),
      ),
    ).rejects.toMatchObject({ name });
    const list = new ListMetricsCommand({ Namespace: 'shop/test' });
    expect((await cloudwatch.send(list)).Metrics).toEqual([]);
  });

  it('of AWS’s own namespaces come from the services alone', async () => {
    const datum = { MetricName: 'Invocations', Value: 1 };
    await expect(
      cloudwatch.send(new PutMetricDataCommand({ Namespace: 'AWS/SageMaker', MetricData: [datum] })),
    ).rejects.toThrow(/belongs to AWS services/);
  });
});

describe('an alarm', () => {
  it('begins without data, rings after a whole period, and stops ringing', async () => {
    await put();
    expect(await state()).toBe('INSUFFICIENT_DATA');

    await measure(50);
    clock.advance(50_000);
    expect(await state(), 'a minute that has not ended says nothing').toBe('INSUFFICIENT_DATA');
    clock.advance(10_000);
    expect(await alarm()).toMatchObject({
      StateValue: 'ALARM',
      StateReason: expect.stringMatching(/Threshold Crossed: 1 of the last 1 periods .*\[50\]/),
    });

    await measure(5);
    clock.advance(60_000);
    expect(await state()).toBe('OK');
  });

  it.each([
    ['missing', 'INSUFFICIENT_DATA'],
    ['ignore', 'ALARM'],
    ['notBreaching', 'OK'],
    ['breaching', 'ALARM'],
  ] as const)('treats missing data as %s: then %s', async (TreatMissingData, expected) => {
    await put({ TreatMissingData });
    await measure(50);
    clock.advance(60_000);
    expect(await state()).toBe('ALARM');

    clock.advance(60_000);
    expect(await state()).toBe(expected);
  });

  it('rings from so many of so many periods on', async () => {
    await put({ EvaluationPeriods: 3, DatapointsToAlarm: 2, TreatMissingData: 'notBreaching' });
    for (const [value, expected] of [
      [50, 'OK'],
      [1, 'OK'],
      [50, 'ALARM'],
      [1, 'OK'],
    ] as const) {
      await measure(value);
      clock.advance(60_000);
      expect(await state()).toBe(expected);
    }
  });

  it('sees its own dimensions only', async () => {
    await put({ Dimensions: [{ Name: 'host', Value: 'b' }], TreatMissingData: 'notBreaching' });
    await measure(50);
    clock.advance(60_000);

    expect(await state()).toBe('OK');
  });

  it('keeps its state when its settings are put again', async () => {
    await put();
    await measure(50);
    clock.advance(60_000);

    await put({ Threshold: 100 });
    expect(await alarm()).toMatchObject({ StateValue: 'ALARM', Threshold: 100 });
  });

  it('tells its topic and the bus', async () => {
    await put({ AlarmActions: [TOPIC] });
    await measure(50);
    clock.advance(60_000);

    await expect.poll(notices).toHaveLength(1);
    const [notice] = await notices();
    expect(notice!.subject).toBe('ALARM: "busy" in eu-central-1');
    expect(JSON.parse(notice!.message)).toMatchObject({
      AlarmName: 'busy',
      NewStateValue: 'ALARM',
      OldStateValue: 'INSUFFICIENT_DATA',
      Trigger: { MetricName: 'load', Statistic: 'AVERAGE', Threshold: 10 },
    });
    const ringing = (event: BusEvent) => event.detail.alarmName === 'busy';
    await expect.poll(() => events.filter(ringing)).toHaveLength(1);
    expect(events.filter(ringing)).toMatchObject([
      {
        source: 'aws.cloudwatch',
        'detail-type': 'CloudWatch Alarm State Change',
        detail: {
          alarmName: 'busy',
          state: { value: 'ALARM' },
          previousState: { value: 'INSUFFICIENT_DATA' },
        },
      },
    ]);
  });

  it('is set by hand until it is evaluated', async () => {
    await put();
    await measure(1);
    clock.advance(60_000);

    const by = { StateValue: 'ALARM', StateReason: 'a drill' } as const;
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'busy', ...by }));
    expect(await alarm()).toMatchObject(by);
    await measure(1);
    clock.advance(60_000);
    expect(await state()).toBe('OK');
  });

  it('is deleted with all others that are named, or none is', async () => {
    await put();

    await expect(
      cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['busy', 'none'] })),
    ).rejects.toMatchObject({ name: expect.stringMatching(/^ResourceNotFound/) });
    expect(await state()).toBeDefined();
    await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['busy'] }));
    expect(await state()).toBeUndefined();
  });

  it.each([
    [{ ExtendedStatistic: 'p95', Statistic: undefined }, /does not emulate ExtendedStatistic/],
    [{ Statistic: undefined }, /Statistic is required/],
    [{ Period: 45 }, /Period must be/],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' as const }, /does not emulate the comparison/],
    [{ DatapointsToAlarm: 2 }, /DatapointsToAlarm/],
    [{ AlarmActions: ['arn:aws:lambda:eu-central-1:0:function:f'] }, /SNS topics/],
  ])('with %j is refused', async (changes, message) => {
    await expect(put(changes as Partial<PutMetricAlarmCommandInput>)).rejects.toThrow(message);
  });
});

describe('the template’s alarms', () => {
  it('ring for a message that waits in a queue', async () => {
    clock.advance(60_000);
    expect(await state('letters')).toBe('OK');
    expect(local.outputs.Arn).toBe((await alarm('letters'))!.AlarmArn);

    const sqs = local.client(SQSClient);
    const QueueUrl = `${local.endpoint}/000000000000/dead-letters`;
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'late' }));
    await expect
      .poll(async () => {
        clock.advance(10_000);
        return state('letters');
      }, SOON)
      .toBe('ALARM');
    await expect.poll(notices, SOON).toHaveLength(1);
  });

  it('ring for an execution that fails', async () => {
    local.world.publish({
      source: 'aws.states',
      'detail-type': 'Step Functions Execution Status Change',
      resources: [],
      detail: { status: 'FAILED', stateMachineArn: 'arn:machine', startDate: 1000, stopDate: 2000 },
    });
    await expect.poll(() => events.at(-1)?.source).toBe('aws.states');
    clock.advance(60_000);

    expect(await state('failures')).toBe('ALARM');
  });

  it('that say what is not emulated are refused by name', async () => {
    const Alarm = { Type: 'AWS::CloudWatch::Alarm', Properties: { Metrics: [] } };
    await expect(
      startLocal({ services: [createCloudWatch], template: { Resources: { Alarm } } }),
    ).rejects.toThrow(/"Alarm"/);
  });
});
