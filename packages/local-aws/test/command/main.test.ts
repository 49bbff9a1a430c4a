import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from './bundled-program.ts';

const template = {
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'a-bucket' } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Role: {
      Type: 'AWS::IAM::Role',
      Properties: {
        AssumeRolePolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' },
          ],
        },
      },
    },
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: 'greet',
        Code: { ZipFile: 'exports.handler = async () => "hello";' },
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
        Runtime: 'nodejs22.x',
      },
    },
  },
  Outputs: { Bucket: { Value: { Ref: 'Bucket' } } },
};

let folder: string;
let children: ChildProcess[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'local-aws-main-'));
  children = [];
  writeFileSync(join(folder, 'template.json'), JSON.stringify(template));
});
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'close');
    }
  }
  rmSync(folder, { recursive: true, force: true });
});

/** What a person starts. */
const command = fileURLToPath(new URL('../../bin/local-aws.mjs', import.meta.url));
let bundled: Awaited<ReturnType<typeof bundleProgram>>;
beforeAll(async () => {
  bundled = await bundleProgram();
});
afterAll(() => rmSync(bundled.folder, { recursive: true }));

const start = (...args: string[]) => startProgram(bundled.program, args);

/** A program with everything that it prints. */
function startProgram(program: string, args: string[]) {
  // Relative paths among the options begin in the folder.
  const child = fork(program, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  children.push(child);
  const printed = { stdout: '', stderr: '' };
  child.stderr!.on('data', (chunk) => (printed.stderr += chunk));
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => (printed.stdout += `${line}\n`));
  const closed = once(child, 'close').then(([code]) => code as number | null);
  return { child, printed, lines, closed };
}

const state = () => join(folder, 'state');
const options = () => ['--port', '0', '--state', state(), '--template', join(folder, 'template.json')];

const ready = (...args: string[]) => untilReady(start(...options(), '--json', ...args));

async function untilReady(program: ReturnType<typeof startProgram>) {
  const line = await Promise.race([
    once(program.lines, 'line').then(([text]) => text as string),
    program.closed.then(() => Promise.reject(new Error(program.printed.stderr))),
  ]);
  return { ...program, event: JSON.parse(line) };
}

async function stop(
  { child, closed }: Pick<ReturnType<typeof start>, 'child' | 'closed'>,
  signal: NodeJS.Signals,
) {
  child.kill(signal);
  return closed;
}

describe('the program local-aws', () => {
  it('says on one line when it is ready, keeps its state over a restart, and stops cleanly', async () => {
    const first = await untilReady(startProgram(command, [...options(), '--json']));
    expect(first.event).toEqual({
      event: 'ready',
      endpoint: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      outputs: { Bucket: 'a-bucket' },
      apiKey: '',
    });
    const s3 = new S3Client({
      endpoint: first.event.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    s3.destroy();
    expect(Buckets).toMatchObject([{ Name: 'a-bucket' }]);
    expect(await stop(first, 'SIGTERM')).toBe(0);
    expect(existsSync(join(state(), 'lock'))).toBe(false);

    const second = await ready();
    expect(second.event.outputs).toEqual({ Bucket: 'a-bucket' });
    expect(await stop(second, 'SIGINT')).toBe(0);
  });

  it('runs functions when its folders are given as relative paths, as they are by default', async () => {
    const program = await ready('--state', 'relative', '--template', 'template.json');
    const lambda = new LambdaClient({
      endpoint: program.event.endpoint,
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'greet' }));
    lambda.destroy();

    expect(Buffer.from(Payload!).toString()).toBe('"hello"');
    expect(existsSync(join(folder, 'relative', 'lambda'))).toBe(true);
  });

  it('ends when its terminal is closed', async () => {
    expect(await stop(await ready(), 'SIGHUP')).toBe(0);
    expect(existsSync(join(state(), 'lock'))).toBe(false);
  });

  it('ends with the program that started it', async () => {
    const { child } = await ready();
    const exit = once(child, 'exit');
    child.disconnect();
    expect(await exit).toEqual([0, null]);
    expect(existsSync(join(state(), 'lock'))).toBe(false);
  });

  it('prints the resources, the outputs and a command to try', async () => {
    const program = start(...options());
    while (!program.printed.stdout.includes('Ctrl-C')) await once(program.lines, 'line');

    expect(program.printed.stdout).toContain('1 × S3::Bucket\n');
    expect(program.printed.stdout).toContain('1 × SNS::Topic\n');
    expect(program.printed.stdout).toMatch(/Bucket +a-bucket\n/);
    expect(program.printed.stdout).toMatch(/AWS_ENDPOINT_URL=http:\S+ aws cloudformation describe-stacks/);
    expect(await stop(program, 'SIGTERM')).toBe(0);
  });

  it('refuses to share its state folder, but takes over one that a kill left locked', async () => {
    const first = await ready();
    const second = start(...options());
    expect(await second.closed).toBe(1);
    expect(second.printed.stderr).toMatch(/a local AWS \(process \d+\) already runs on .*--state/s);

    await stop(first, 'SIGKILL');
    expect(existsSync(join(state(), 'lock'))).toBe(true);
    const third = await ready();
    expect(third.event.event).toBe('ready');
  });

  it('names a port that is in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const program = start(...options(), '--port', String(port));
    const code = await program.closed;
    server.close();

    expect(code).toBe(1);
    expect(program.printed.stderr).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(program.printed.stderr).toContain(`--port ${port + 1}`);
    // Nothing buries the sentence.
    expect(program.printed.stderr).not.toMatch(/^ +at /m);
    expect(existsSync(join(state(), 'lock'))).toBe(false);
  });

  it('names a template that is missing', async () => {
    const program = start('--state', state(), '--template', join(folder, 'none.json'));

    expect(await program.closed).toBe(1);
    expect(program.printed.stderr).toMatch(/no template at .*none\.json/);
    expect(program.printed.stderr).not.toMatch(/^ +at /m);
  });

  it('names a wrong option', async () => {
    const program = start('--prot', '1');

    expect(await program.closed).toBe(1);
    expect(program.printed.stderr).toContain("'--prot'");
  });
});
