import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BUCKET,
  endpointIs,
  IMAGE,
  type Machine,
  ROLE,
  SOON,
  startMachine,
  tar,
} from '../../src/testing/sagemaker-machine.ts';

let state: string;
let machine: Machine;

beforeEach(async () => {
  state = mkdtempSync(join(tmpdir(), 'local-aws-serverless-'));
  machine = await startMachine({ state, warm: 1 });
});
afterEach(async () => {
  await machine.stop();
  rmSync(state, { recursive: true, force: true });
});

/** A serverless endpoint, in service. */
async function serverless(name: string) {
  const key = `models/${name}.tar.gz`;
  await machine.put(key, await tar({ 'behaviour.json': JSON.stringify({ name }) }));
  const container = { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/${key}` };
  await machine.sagemaker.send(
    new CreateModelCommand({ ModelName: name, ExecutionRoleArn: ROLE, PrimaryContainer: container }),
  );
  const variant = {
    VariantName: 'AllTraffic',
    ModelName: name,
    ServerlessConfig: { MemorySizeInMB: 1024, MaxConcurrency: 5 },
  };
  await machine.sagemaker.send(
    new CreateEndpointConfigCommand({ EndpointConfigName: name, ProductionVariants: [variant] }),
  );
  await machine.sagemaker.send(new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: name }));
  await machine.event(endpointIs(name, 'IN_SERVICE'));
}

/** The answer, and which process gave it: each has a port of its own. */
async function ask(EndpointName: string, Body = 'image') {
  const { Body: answer } = await machine.runtime.send(
    new InvokeEndpointCommand({ EndpointName, Body, ContentType: 'image/png' }),
  );
  const text = Buffer.from(answer).toString();
  if (!text.startsWith('{')) return { text };
  const { name, environment } = JSON.parse(text);
  return { name, process: environment.SAGEMAKER_BIND_TO_PORT as string };
}

describe('a serverless endpoint', () => {
  it('sleeps where others are asked, and answers from a new process when it is asked again', async () => {
    await serverless('one');
    const before = await ask('one');
    expect(await ask('one')).toEqual(before);

    await serverless('two');
    const other = await ask('two');
    const after = await ask('one');

    expect(after.name).toBe('one');
    expect(after.process).not.toBe(before.process);
    expect((await ask('two')).process).not.toBe(other.process);
    expect(await machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'one' }))).toMatchObject({
      EndpointStatus: 'InService',
    });
  });

  it('does not sleep while it owes an answer', async () => {
    await serverless('one');
    const before = await ask('one');
    const held = ask('one', 'hold');
    await serverless('two');
    await ask('two');

    await ask('one', 'release');

    expect(await held).toEqual({ text: 'released' });
    expect(await ask('one')).toEqual(before);
  });

  it('answers many who wake it at once', async () => {
    await serverless('one');
    await serverless('two');

    const answers = await Promise.all([1, 2, 3, 4].map(() => ask('one')));

    expect(new Set(answers.map((answer) => answer.process)).size).toBe(1);
  });

  it('starts after a restart with the first request, and can be deleted without one', async () => {
    await serverless('one');
    await serverless('two');
    await machine.stop();
    machine = await startMachine({ state, warm: 1 });
    await machine.event(endpointIs('one', 'IN_SERVICE'));
    await machine.event(endpointIs('two', 'IN_SERVICE'));

    expect((await ask('one')).name).toBe('one');
    await machine.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'two' }));

    await expect.poll(() => ask('two').catch((error: Error) => error.name), SOON).toBe('ValidationError');
    const describing = machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'one' }));
    expect((await describing).EndpointStatus).toBe('InService');
  });
});
