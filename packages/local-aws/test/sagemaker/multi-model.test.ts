import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  BUCKET,
  endpointIs,
  IMAGE,
  type Machine,
  ROLE,
  startMachine,
  tar,
} from '../../src/testing/sagemaker-machine.ts';

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  for (const name of ['one', 'two', 'three']) await put(`shop/${name}.tar.gz`, { name });
  await put('shop/broken.tar.gz', { broken: true });
  await put('shop/deadly.tar.gz', { deadly: true });
  await machine.put('shared/shop/text.tar.gz', 'no archive');
  await machine.sagemaker.send(
    new CreateModelCommand({
      ModelName: 'many',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: IMAGE, Mode: 'MultiModel', ModelDataUrl: `s3://${BUCKET}/shared/` },
    }),
  );
  await machine.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: 'many',
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: 'many',
          InstanceType: 'ml.m5.large',
          InitialInstanceCount: 1,
        },
      ],
    }),
  );
  const names = { EndpointName: 'many', EndpointConfigName: 'many' };
  await machine.sagemaker.send(new CreateEndpointCommand(names));
  await machine.event(endpointIs('many', 'IN_SERVICE'));
});
afterAll(() => machine.stop());

const put = async (key: string, behaviour: object) =>
  machine.put(`shared/${key}`, await tar({ 'behaviour.json': JSON.stringify(behaviour) }));

async function ask(TargetModel: string | undefined, Body = 'image') {
  const command = new InvokeEndpointCommand({ EndpointName: 'many', TargetModel, Body });
  const { Body: answer } = await machine.runtime.send(command);
  return JSON.parse(Buffer.from(answer).toString());
}

describe('a multi-model endpoint', () => {
  it('loads a model of the prefix when it is asked, and unloads the one used least lately for lack of memory', async () => {
    const one = await ask('shop/one.tar.gz');
    await ask('shop/two.tar.gz');
    await ask('shop/one.tar.gz');
    const three = await ask('shop/three.tar.gz');

    expect(one).toEqual({ name: 'one', target: 'shop/one.tar.gz', loaded: ['one'] });
    expect(three).toEqual({ name: 'three', target: 'shop/three.tar.gz', loaded: ['one', 'three'] });
    expect(await ask('shop/two.tar.gz')).toMatchObject({ name: 'two', loaded: ['three', 'two'] });
  });

  it('leaves the others alone when one cannot be loaded, and refuses what is not there', async () => {
    await expect(ask('shop/broken.tar.gz')).rejects.toMatchObject({
      name: 'ModelError',
      OriginalStatusCode: 500,
      OriginalMessage: '{"detail":"broken"}',
    });
    await expect(ask('shop/text.tar.gz')).rejects.toMatchObject({ name: 'ModelError' });
    await expect(ask('shop/none.tar.gz')).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(/Failed to download model data\(bucket: .*key: shared\/shop\/none/),
    });
    await expect(ask(undefined)).rejects.toThrow(/TargetModel is required/);

    expect(await ask('shop/one.tar.gz')).toMatchObject({ name: 'one' });
  });

  it('loads again what a container had that ended', async () => {
    await ask('shop/one.tar.gz');
    await expect(ask('shop/one.tar.gz', 'die')).rejects.toMatchObject({ name: 'ModelError' });

    expect(await ask('shop/one.tar.gz')).toMatchObject({ name: 'one', loaded: ['one'] });
  });

  it('says that its container has ended, and not that the archive is at fault, where loading ended it', async () => {
    await expect(ask('shop/deadly.tar.gz')).rejects.toMatchObject({
      ...{ name: 'ModelError', OriginalStatusCode: 0 },
      OriginalMessage: expect.stringMatching(/^The container closed the connection/),
    });
    expect(await ask('shop/one.tar.gz')).toMatchObject({ name: 'one' });
  });

  it('is not serverless', async () => {
    const command = new CreateEndpointConfigCommand({
      EndpointConfigName: 'small',
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: 'many',
          ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
        },
      ],
    });

    await expect(machine.sagemaker.send(command)).rejects.toThrow(/MultiModel containers need instances/);
  });
});
