import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, test } from 'vitest';
import type { StateProgress } from '../../console/contracts/promotions.ts';
import { functionLogReader } from '../../console/server/function-log.ts';
import { recordingClient, serviceError } from '../cloud/recording-client.ts';

const arn = (name: string) => `arn:aws:lambda:eu-central-1:123456789012:function:graft-dev-${name}`;
const definition = JSON.stringify({
  StartAt: 'VerifyModel',
  States: {
    VerifyModel: { Type: 'Task', Arguments: { FunctionName: arn('verifyModel') }, Next: 'PrepareDomain' },
    PrepareDomain: { Type: 'Task', Arguments: { FunctionName: `${arn('prepareDomain')}:7` }, End: true },
  },
});
const owner = { execution: 'promote-icons', domain: 'produce', version: 'v1' };
const at = (second: number) => Date.UTC(2026, 0, 1, 0, 0, second);
const iso = (second: number) => new Date(at(second)).toISOString();

function event(second: number, line: object | string) {
  const message = typeof line === 'string' ? line : JSON.stringify({ level: 'INFO', ...line });
  return { eventId: `${second} ${message}`, timestamp: at(second), message };
}
const state = (name: string, from: number, to?: number): StateProgress => ({
  ...{ name, status: 'done', attempts: 1, startedAt: iso(from) },
  ...(to === undefined ? {} : { endedAt: iso(to) }),
});

/** A log of both functions. */
function logs(events: Record<string, ReturnType<typeof event>[]>) {
  return recordingClient<CloudWatchLogsClient>({
    FilterLogEvents: ({ logGroupName, nextToken }: { logGroupName: string; nextToken?: string }) => {
      const all = events[logGroupName.replace('/aws/lambda/graft-dev-', '')] ?? [];
      const from = Number(nextToken ?? 0);
      return { events: all.slice(from, from + 1), ...(from + 1 < all.length ? { nextToken: from + 1 } : {}) };
    },
  });
}

describe('the log of a promotion’s functions', () => {
  test('has the lines of this promotion and domain, in the order of time, page after page', async () => {
    const { client } = logs({
      verifyModel: [
        event(1, { message: 'started', version: 'v1', model: 'icons', service: 'graft' }),
        event(2, 'REPORT RequestId: 1 Duration: 12 ms'),
        event(3, { message: 'started', version: 'v1', execution: 'another' }),
      ],
      prepareDomain: [
        event(2, { message: 'started', version: 'v1', execution: 'promote-icons', domain: 'produce' }),
        event(4, { message: 'started', version: 'v1', execution: 'promote-icons', domain: 'tools' }),
        event(5, {
          ...{ level: 'ERROR', message: 'failed', execution: 'promote-icons', domain: 'produce' },
          error: { name: 'InvalidInput' },
        }),
      ],
    });
    const read = functionLogReader(client, definition, owner);

    const lines = await read([state('VerifyModel', 0, 2), state('PrepareDomain', 2, 6)], at(60));

    expect(lines).toEqual([
      { at: iso(1), text: 'VerifyModel: INFO started' },
      { at: iso(2), text: 'PrepareDomain: INFO started' },
      { at: iso(5), text: 'PrepareDomain: ERROR failed {"error":{"name":"InvalidInput"}}' },
    ]);
  });

  test('is asked in the time of a state alone, until late lines have come, and each line is told once', async () => {
    const known = [event(1, { message: 'started', version: 'v1' })];
    const { client, inputsOf } = logs({ verifyModel: known });
    const read = functionLogReader(client, definition, owner);

    expect(await read([state('VerifyModel', 0)], at(2))).toHaveLength(1);
    known.push(event(9, { message: 'finished', version: 'v1' }));
    expect(await read([state('VerifyModel', 0, 9)], at(12))).toMatchObject([{ at: iso(9) }]);
    expect(await read([state('VerifyModel', 0, 9)], at(30))).toEqual([]);
    const asked = inputsOf('FilterLogEvents').length;
    await read([state('VerifyModel', 0, 9)], at(32));

    const inputs = inputsOf('FilterLogEvents');
    expect(inputs).toHaveLength(asked);
    expect(inputs[0]).toEqual({
      logGroupName: '/aws/lambda/graft-dev-verifyModel',
      startTime: at(-1),
      filterPattern: '"v1"',
    });
    expect(inputs.at(-1)).toMatchObject({ startTime: at(2), endTime: at(19) });
  });

  test('waits where too much is asked, and says why where it may not be read', async () => {
    const { client, answer } = logs({ verifyModel: [event(1, { message: 'started', version: 'v1' })] });
    const states = [state('VerifyModel', 0, 2)];
    const read = functionLogReader(client, definition, owner);

    answer('FilterLogEvents', serviceError('ThrottlingException', 'Rate exceeded'));
    expect(await read(states, at(60))).toEqual([]);
    answer('FilterLogEvents', serviceError('AccessDeniedException', 'jane may not logs:FilterLogEvents'));
    expect(await read(states, at(60))).toMatchObject([{ text: expect.stringContaining('jane may not') }]);
    expect(await read(states, at(60))).toEqual([]);
  });

  test('is empty for a function that has never run', async () => {
    const { client, answer } = logs({});
    answer('FilterLogEvents', serviceError('ResourceNotFoundException', 'no such log group'));

    expect(await functionLogReader(client, definition, owner)([state('VerifyModel', 0, 2)], at(60))).toEqual(
      [],
    );
  });
});
