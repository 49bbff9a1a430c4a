import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLogs } from '../../src/services/logs/index.ts';
import { LogStream } from '../../src/services/logs/log-stream.ts';
import { filterPattern } from '../../src/services/logs/pattern.ts';
import { type LocalAws, startLocal } from '../../src/testing/harness.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';
import { provisioned } from '../../src/testing/provisioned.ts';

const DAY = 86_400_000;
const template = provisioned(createLogs, {
  Group: { Type: 'AWS::Logs::LogGroup', Properties: { LogGroupName: '/app', RetentionInDays: 2 } },
});

let state: string;
let clock: ManualClock;
let local: LocalAws;
let logs: CloudWatchLogsClient;

async function start(): Promise<void> {
  local = await startLocal({ services: [template], clock, state });
  logs = local.client(CloudWatchLogsClient);
}
async function write(logStreamName: string, ...messages: string[]): Promise<void> {
  const names = { logGroupName: '/app', logStreamName };
  await logs.send(new CreateLogStreamCommand(names)).catch(() => {});
  const logEvents = messages.map((message, index) => ({ timestamp: clock.now() + index, message }));
  await logs.send(new PutLogEventsCommand({ ...names, logEvents }));
}

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-logs-'));
  clock = new ManualClock();
  await start();
});
afterEach(async () => {
  await local.stop();
  rmSync(state, { recursive: true, force: true });
});

test('pages through a stream forward to its end, and again when there is more', async () => {
  await write('s', 'a', 'b', 'c');
  const names = { logGroupName: '/app', logStreamName: 's' };
  const first = await logs.send(new GetLogEventsCommand({ ...names, startFromHead: true, limit: 2 }));
  const second = await logs.send(new GetLogEventsCommand({ ...names, nextToken: first.nextForwardToken }));
  const end = await logs.send(new GetLogEventsCommand({ ...names, nextToken: second.nextForwardToken }));
  expect(first.events?.map((event) => event.message)).toEqual(['a', 'b']);
  expect(second.events?.map((event) => event.message)).toEqual(['c']);
  expect(end.events).toEqual([]);
  expect(end.nextForwardToken).toBe(second.nextForwardToken);
  clock.advance(1000);
  await write('s', 'd');
  const more = await logs.send(new GetLogEventsCommand({ ...names, nextToken: end.nextForwardToken }));
  expect(more.events?.map((event) => event.message)).toEqual(['d']);
  const back = await logs.send(new GetLogEventsCommand({ ...names, nextToken: second.nextBackwardToken }));
  expect(back.events?.map((event) => event.message)).toEqual(['a', 'b']);
});

test('filters over all streams by time and pattern, in order of time', async () => {
  await write('one', 'ERROR first');
  clock.advance(1000);
  await write('two', 'fine', 'ERROR second');
  clock.advance(1000);
  await write('one', 'ERROR third');
  const found = await logs.send(
    new FilterLogEventsCommand({ logGroupName: '/app', filterPattern: 'ERROR -first', limit: 1 }),
  );
  const rest = await logs.send(
    new FilterLogEventsCommand({
      logGroupName: '/app',
      filterPattern: 'ERROR -first',
      nextToken: found.nextToken,
    }),
  );
  expect([...found.events!, ...rest.events!].map((event) => [event.logStreamName, event.message])).toEqual([
    ['two', 'ERROR second'],
    ['one', 'ERROR third'],
  ]);
  const late = await logs.send(new FilterLogEventsCommand({ logGroupName: '/app', startTime: clock.now() }));
  expect(late.events).toHaveLength(1);
});

test('describes groups and streams, the latest first', async () => {
  await write('b', 'x');
  clock.advance(5000);
  await write('a', 'x');
  const groups = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/app' }));
  expect(groups.logGroups).toMatchObject([
    {
      logGroupName: '/app',
      retentionInDays: 2,
      arn: 'arn:aws:logs:eu-central-1:000000000000:log-group:/app:*',
    },
  ]);
  const streams = await logs.send(
    new DescribeLogStreamsCommand({ logGroupName: '/app', orderBy: 'LastEventTime', descending: true }),
  );
  expect(streams.logStreams?.map((one) => one.logStreamName)).toEqual(['a', 'b']);
  expect(streams.logStreams?.[0]?.lastEventTimestamp).toBe(clock.now());
  expect(streams.logStreams?.[0]?.lastIngestionTime).toBe(clock.now());
});

test('rejects events that are too old, past the retention or too far ahead, one by one', async () => {
  const put = async (...ages: number[]) => {
    const logEvents = ages.map((age) => ({ timestamp: clock.now() - age, message: `${age / DAY}` }));
    const names = { logGroupName: '/app', logStreamName: 's' };
    return (await logs.send(new PutLogEventsCommand({ ...names, logEvents }))).rejectedLogEventsInfo;
  };
  const hour = DAY / 24;
  await write('s', 'now');

  expect(await put(2.5 * DAY, 2.2 * DAY, 1.9 * DAY)).toEqual({ expiredLogEventEndIndex: 2 });
  expect(await put(14.5 * DAY, 14.1 * DAY)).toEqual({
    tooOldLogEventEndIndex: 2,
    expiredLogEventEndIndex: 2,
  });
  expect(await put(hour, -hour, -3 * hour, -4 * hour)).toEqual({ tooNewLogEventStartIndex: 2 });
  const { events } = await logs.send(
    new GetLogEventsCommand({ logGroupName: '/app', logStreamName: 's', startFromHead: true }),
  );
  // What came later and happened earlier is read earlier.
  expect(events?.map(({ message }) => message)).toEqual(['1.9', `${hour / DAY}`, 'now', `${-hour / DAY}`]);
});

test.each([
  [
    'is not in order of time',
    [
      { at: 1, message: 'b' },
      { at: 0, message: 'a' },
    ],
    /chronological order/,
  ],
  [
    'spans more than a day',
    [
      { at: -DAY - 1, message: 'a' },
      { at: 0, message: 'b' },
    ],
    /24 hours/,
  ],
  ['is larger than 1 MiB', [{ at: 0, message: 'x'.repeat(1_048_551) }], /exceeds limit of 1048576/],
  ['has an event without a message', [{ at: 0, message: '' }], /logEvents.1.member.message/],
  ['has no event', [], /logEvents/],
])('refuses a batch that %s', async (_what, batch, message) => {
  const logEvents = batch.map(({ at, message }) => ({ timestamp: clock.now() + at, message }));
  const names = { logGroupName: '/app', logStreamName: 's' };
  await logs.send(new CreateLogStreamCommand(names));
  await expect(logs.send(new PutLogEventsCommand({ ...names, logEvents }))).rejects.toThrow(message);
});

test('keeps events over a restart, and drops what is older than the retention', async () => {
  await write('old', 'long ago');
  clock.advance(1.5 * DAY);
  await write('new', 'yesterday');
  clock.advance(DAY);
  await local.stop();
  await start();
  const found = await logs.send(new FilterLogEventsCommand({ logGroupName: '/app' }));
  expect(found.events?.map((event) => event.message)).toEqual(['yesterday']);
});

test('refuses what is not there or already there', async () => {
  await expect(logs.send(new CreateLogGroupCommand({ logGroupName: '/app' }))).rejects.toMatchObject({
    name: 'ResourceAlreadyExistsException',
  });
  await expect(logs.send(new CreateLogGroupCommand({ logGroupName: 'no spaces' }))).rejects.toMatchObject({
    name: 'InvalidParameterException',
  });
  const elsewhere = 'arn:aws:logs:eu-west-1:000000000000:log-group:/app';
  await expect(
    logs.send(new FilterLogEventsCommand({ logGroupIdentifier: elsewhere })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await expect(
    logs.send(
      new DescribeLogStreamsCommand({
        logGroupName: '/app',
        orderBy: 'LastEventTime',
        logStreamNamePrefix: 'a',
      }),
    ),
  ).rejects.toThrow(/Cannot order by LastEventTime/);
  await expect(
    logs.send(new GetLogEventsCommand({ logGroupName: '/app', logStreamName: 'none' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('streams and groups are deleted with their events', async () => {
  await write('first', 'a');
  await write('second', 'b');
  await logs.send(new DeleteLogStreamCommand({ logGroupName: '/app', logStreamName: 'first' }));
  const { logStreams } = await logs.send(new DescribeLogStreamsCommand({ logGroupName: '/app' }));
  expect(logStreams?.map((one) => one.logStreamName)).toEqual(['second']);

  await logs.send(new DeleteLogGroupCommand({ logGroupName: '/app' }));
  await expect(logs.send(new DeleteLogGroupCommand({ logGroupName: '/app' }))).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/app' }));
  expect((await logs.send(new DescribeLogStreamsCommand({ logGroupName: '/app' }))).logStreams).toEqual([]);
});

test('a stream that grows without end loses its older half, and keeps numbering', () => {
  const path = join(state, 'long.jsonl');
  const stream = new LogStream('s', 0, path, 1000);
  for (let n = 0; n < 200; n++) stream.append([{ timestamp: n, message: 'x'.repeat(50) }], n);
  expect(stream.events().at(-1)?.n).toBe(199);
  expect(stream.events().length).toBeLessThanOrEqual(20);
  expect(stream.events().length).toBeGreaterThanOrEqual(10);
  expect(statSync(path).size).toBeLessThan(3000);
});

test.each([
  ['', 'anything', true],
  ['one two', 'two, one', true],
  ['one two', 'one', false],
  ['"one two"', 'two one', false],
  ['?one ?two', 'two', true],
  ['one -two', 'one two', false],
])('pattern %s on "%s": %s', (pattern, message, matches) => {
  expect(filterPattern(pattern)(message)).toBe(matches);
});

test('a structured pattern is refused by name', () => {
  expect(() => filterPattern('{ $.level = "ERROR" }')).toThrow(/does not emulate structured/);
});

test('a group takes a retention that CloudWatch knows, and no other', async () => {
  const retain = (logGroupName: string, retentionInDays: number) =>
    logs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays }));
  await logs.send(new CreateLogGroupCommand({ logGroupName: '/made' }));

  await retain('/made', 30);

  const { logGroups } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/made' }));
  expect(logGroups).toMatchObject([{ logGroupName: '/made', retentionInDays: 30 }]);
  await expect(retain('/made', 31)).rejects.toMatchObject({ name: 'InvalidParameterException' });
  await expect(retain('/none', 30)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});
