import { join } from 'node:path';
import type { MetricAlarm, PutMetricAlarmInput, StateValue } from '@aws-sdk/client-cloudwatch';
import { ServiceError, type World } from '../../service.ts';
import { Collection } from '../../store/collection.ts';
import { policyAllows } from '../resource-policy.ts';
import { type AlarmRecord, checkAlarm, evaluateAlarm } from './alarm.ts';
import { type Metrics, metricsOf } from './metrics.ts';

/** The alarms of the template and of clients, on disk, with their states. */
export class Alarms {
  readonly #world: World;
  readonly #metrics: Metrics;
  readonly #records: Collection<AlarmRecord>;

  constructor(world: World) {
    this.#world = world;
    this.#metrics = metricsOf(world);
    this.#records = new Collection(join(world.folder('cloudwatch'), 'alarms'));
  }

  arnOf(name: string): string {
    return `arn:aws:cloudwatch:${this.#world.region}:${this.#world.accountId}:alarm:${name}`;
  }

  /** Changes an alarm's settings; its state stays, as in CloudWatch. */
  put({ Tags: _tags, ...request }: PutMetricAlarmInput): AlarmRecord {
    checkAlarm(request);
    const name = request.AlarmName!;
    const now = this.#world.clock.now();
    const before = this.#records.get(name);
    const record: AlarmRecord = {
      ...(before ?? {
        arn: this.arnOf(name),
        state: 'INSUFFICIENT_DATA',
        reason: 'Unchecked: Initial alarm creation',
        changed: now,
      }),
      request,
      configured: now,
    };
    this.#records.put(name, record);
    return record;
  }

  has(name: string): boolean {
    return this.#records.has(name);
  }

  /** By name. */
  list(): AlarmRecord[] {
    return this.#records.list().map(({ value }) => value);
  }

  /** @throws ServiceError ResourceNotFound naming the alarms; none is deleted then */
  delete(names: readonly string[]): void {
    const missing = names.filter((name) => !this.#records.has(name));
    if (missing.length > 0) throw notFound(missing);
    for (const name of names) this.#records.delete(name);
  }

  /** Until the next evaluation says otherwise. */
  setState(name: string, state: StateValue, reason: string, reasonData: string | undefined): void {
    if (!this.#records.has(name)) throw notFound([name]);
    this.#change(name, state, reason, reasonData);
  }

  enable(names: readonly string[], ActionsEnabled: boolean): void {
    for (const name of names) {
      const record = this.#records.get(name);
      if (record !== undefined) {
        this.#records.put(name, { ...record, request: { ...record.request, ActionsEnabled } });
      }
    }
  }

  evaluate(): void {
    const now = this.#world.clock.now();
    for (const { key, value } of this.#records.list()) {
      const verdict = evaluateAlarm(this.#metrics, value, now);
      if (verdict !== undefined && verdict.state !== value.state) {
        this.#change(key, verdict.state, verdict.reason, verdict.reasonData);
      }
    }
  }

  #change(name: string, state: StateValue, reason: string, reasonData: string | undefined): void {
    const before = this.#records.get(name)!;
    const { reasonData: _, ...rest } = before;
    const after: AlarmRecord = {
      ...rest,
      state,
      reason,
      changed: this.#world.clock.now(),
      ...(reasonData === undefined ? {} : { reasonData }),
    };
    this.#records.put(name, after);
    this.#world.log.info({ alarm: name, from: before.state, to: state, reason }, 'alarm');
    if (before.state === state) return;
    this.#publish(before, after);
    if (after.request.ActionsEnabled ?? true) void this.#act(before, after);
  }

  #publish(before: AlarmRecord, after: AlarmRecord): void {
    const { request } = after;
    this.#world.publish({
      source: 'aws.cloudwatch',
      'detail-type': 'CloudWatch Alarm State Change',
      resources: [after.arn],
      detail: {
        alarmName: request.AlarmName,
        state: stateOf(after),
        previousState: stateOf(before),
        configuration: {
          ...(request.AlarmDescription === undefined ? {} : { description: request.AlarmDescription }),
          metrics: [
            {
              id: 'm1',
              metricStat: {
                metric: {
                  namespace: request.Namespace,
                  name: request.MetricName,
                  dimensions: Object.fromEntries(
                    (request.Dimensions ?? []).map(({ Name, Value }) => [Name, Value]),
                  ),
                },
                period: request.Period,
                stat: request.Statistic,
              },
              returnData: true,
            },
          ],
        },
      },
    });
  }

  /** Tells the topics of the new state. One that cannot be told keeps no other from being told. */
  async #act(before: AlarmRecord, after: AlarmRecord): Promise<void> {
    const { request, state } = after;
    const topics = {
      ALARM: request.AlarmActions,
      OK: request.OKActions,
      INSUFFICIENT_DATA: request.InsufficientDataActions,
    }[state as 'ALARM'];
    for (const TopicArn of topics ?? []) {
      try {
        await this.#refuseForbidden(TopicArn, after.arn);
        await this.#world.call('sns', 'Publish', {
          TopicArn,
          Subject: `${state}: "${request.AlarmName}" in ${this.#world.region}`.slice(0, 100),
          Message: JSON.stringify({
            AlarmName: request.AlarmName,
            AlarmDescription: request.AlarmDescription ?? null,
            AWSAccountId: this.#world.accountId,
            AlarmConfigurationUpdatedTimestamp: new Date(after.configured).toISOString(),
            NewStateValue: state,
            NewStateReason: after.reason,
            StateChangeTime: new Date(after.changed).toISOString(),
            Region: this.#world.region,
            AlarmArn: after.arn,
            OldStateValue: before.state,
            OKActions: request.OKActions ?? [],
            AlarmActions: request.AlarmActions ?? [],
            InsufficientDataActions: request.InsufficientDataActions ?? [],
            Trigger: {
              MetricName: request.MetricName,
              Namespace: request.Namespace,
              StatisticType: 'Statistic',
              Statistic: request.Statistic?.toUpperCase(),
              Unit: request.Unit ?? null,
              Dimensions: (request.Dimensions ?? []).map(({ Name, Value }) => ({
                name: Name,
                value: Value,
              })),
              Period: request.Period,
              EvaluationPeriods: request.EvaluationPeriods,
              ComparisonOperator: request.ComparisonOperator,
              Threshold: request.Threshold,
              TreatMissingData: request.TreatMissingData ?? 'missing',
            },
          }),
        });
      } catch (error) {
        this.#world.log.warn(
          { err: error, alarm: request.AlarmName, TopicArn },
          'an alarm could not notify its topic',
        );
      }
    }
  }

  /** A topic without a policy of its own lets everything of its account publish. */
  async #refuseForbidden(topicArn: string, alarmArn: string): Promise<void> {
    const { Attributes } = (await this.#world.call('sns', 'GetTopicAttributes', {
      TopicArn: topicArn,
    })) as { Attributes?: Record<string, string> };
    const policy = Attributes?.Policy;
    if (policy === undefined) return;
    const call = {
      principal: 'cloudwatch.amazonaws.com',
      action: 'sns:Publish',
      resource: topicArn,
      sourceArn: alarmArn,
      sourceAccount: this.#world.accountId,
    };
    if (!policyAllows(policy, call))
      throw new Error(`the policy of ${topicArn} does not let CloudWatch publish`);
  }
}

const notFound = (names: readonly string[]) =>
  new ServiceError('ResourceNotFound', `There is no alarm named ${names.join(', ')}.`, 404);

const stateOf = ({ state, reason, reasonData, changed }: AlarmRecord) => ({
  value: state,
  reason,
  ...(reasonData === undefined ? {} : { reasonData }),
  timestamp: new Date(changed).toISOString().replace('Z', '+0000'),
});

/** As `DescribeAlarms` shows it. */
export function shownAlarm({
  request,
  arn,
  state,
  reason,
  reasonData,
  configured,
  changed,
}: AlarmRecord): MetricAlarm {
  return {
    ...request,
    AlarmArn: arn,
    ActionsEnabled: request.ActionsEnabled ?? true,
    OKActions: request.OKActions ?? [],
    AlarmActions: request.AlarmActions ?? [],
    InsufficientDataActions: request.InsufficientDataActions ?? [],
    Dimensions: request.Dimensions ?? [],
    AlarmConfigurationUpdatedTimestamp: new Date(configured),
    StateValue: state,
    StateReason: reason,
    ...(reasonData === undefined ? {} : { StateReasonData: reasonData }),
    StateUpdatedTimestamp: new Date(changed),
    StateTransitionedTimestamp: new Date(changed),
  };
}
