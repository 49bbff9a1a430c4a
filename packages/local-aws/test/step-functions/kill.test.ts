import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, expect, it } from 'vitest';
import type { LocalAws } from '../../src/testing/harness.ts';
import { callsFile, startKillable } from './killable.ts';

const state = mkdtempSync(join(tmpdir(), 'local-aws-killed-'));
let child: ChildProcess | undefined;
let local: LocalAws | undefined;

afterEach(async () => {
  child?.kill('SIGKILL');
  await local?.stop();
  rmSync(state, { recursive: true, force: true });
});

/** A local AWS in a process of its own; resolves with its endpoint. */
async function startChild(): Promise<string> {
  const module = new URL('./killable.ts', import.meta.url).href;
  const script = `const { startKillable } = await import(${JSON.stringify(module)});
    const local = await startKillable(${JSON.stringify(state)});
    console.log(local.endpoint);`;
  child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve) => child?.stdout?.once('data', (line) => resolve(String(line).trim())));
}

async function kill(): Promise<void> {
  const gone = new Promise((resolve) => child?.once('exit', resolve));
  child?.kill('SIGKILL');
  await gone;
}

it('an execution that waits for a task token is finished by the process after the one that was killed', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const before = new SFNClient({
    endpoint: await startChild(),
    region: 'eu-central-1',
    credentials,
    maxAttempts: 1,
  });
  const { executionArn } = await before.send(
    new StartExecutionCommand({
      stateMachineArn: 'arn:aws:states:eu-central-1:000000000000:stateMachine:killed',
    }),
  );
  const history = async (client: SFNClient) =>
    (await client.send(new GetExecutionHistoryCommand({ executionArn }))).events ?? [];
  await expect.poll(async () => (await history(before)).at(-1)?.type, { interval: 10 }).toBe('TaskSubmitted');
  const seen = await history(before);
  const scheduled = seen.findLast(({ type }) => type === 'TaskScheduled')?.taskScheduledEventDetails;
  const { Payload } = JSON.parse(scheduled?.parameters as string) as { Payload: { Task: { Token: string } } };

  await kill();
  before.destroy();
  local = await startKillable(state);
  const after = local.client(SFNClient);
  await after.send(new SendTaskSuccessCommand({ taskToken: Payload.Task.Token, output: '42' }));

  await expect
    .poll(() => after.send(new DescribeExecutionCommand({ executionArn })), { interval: 10 })
    .toMatchObject({ status: 'SUCCEEDED', output: '{"first":"first","answer":42,"last":"last"}' });
  expect((await history(after)).slice(0, seen.length)).toEqual(seen);
  expect(readFileSync(callsFile(state), 'utf8').trim().split('\n')).toEqual(['first', 'ask', 'last']);
}, 30_000);
