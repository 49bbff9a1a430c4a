import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  ListEndpointsCommand,
  ListTagsCommand,
  type ProductionVariant,
  UpdateEndpointCommand,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand } from '@aws-sdk/client-sagemaker-runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  await model('one', { name: 'one' });
  await model('two', { name: 'two' });
  await model('broken', { exit: 2 });
  await config('one', {});
  await config('two', {});
  await config('broken', {});
  await config('serverless', {
    ModelName: 'one',
    ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
  });
  await create('shared', 'one');
  await machine.event(endpointIs('shared', 'IN_SERVICE'));
});
afterAll(() => machine.stop());

async function model(name: string, behaviour: object, image = IMAGE) {
  const key = `models/${name}.tar.gz`;
  await machine.put(key, await tar({ 'behaviour.json': JSON.stringify(behaviour) }));
  await machine.sagemaker.send(
    new CreateModelCommand({
      ModelName: name,
      ExecutionRoleArn: ROLE,
      PrimaryContainer: {
        Image: image,
        ModelDataUrl: `s3://${BUCKET}/${key}`,
        Environment: { MODEL: name },
      },
    }),
  );
}

const config = (name: string, variant: Partial<ProductionVariant>) =>
  machine.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: name,
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: name,
          ...(variant.ServerlessConfig ? {} : { InstanceType: 'ml.m5.large', InitialInstanceCount: 2 }),
          ...variant,
        },
      ],
    }),
  );

const create = (EndpointName: string, EndpointConfigName: string, Tags = [{ Key: 'shop', Value: 'a' }]) =>
  machine.sagemaker.send(new CreateEndpointCommand({ EndpointName, EndpointConfigName, Tags }));

const describeEndpoint = (EndpointName: string) =>
  machine.sagemaker.send(new DescribeEndpointCommand({ EndpointName }));

async function ask(EndpointName: string, Body: string | Uint8Array = 'image', ContentType = 'image/png') {
  const answer = await machine.runtime.send(
    new InvokeEndpointCommand({ EndpointName, Body, ContentType, Accept: 'application/json' }),
  );
  return { ...answer, body: JSON.parse(Buffer.from(answer.Body).toString()) };
}

const statuses = (name: string) =>
  machine.events
    .filter((event) => event.detail.EndpointName === name)
    .map((event) => event.detail.EndpointStatus);

describe('an endpoint', () => {
  it('serves the unpacked model with its environment', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

    const answer = await ask('shared', bytes);

    expect(answer).toMatchObject({
      InvokedProductionVariant: 'AllTraffic',
      ContentType: 'application/json',
      CustomAttributes: 'seen',
      body: { name: 'one', type: 'image/png', accept: 'application/json' },
    });
    expect(answer.body.bytes).toBe(Buffer.from(bytes).toString('base64'));
    expect(answer.body.environment).toMatchObject({ MODEL: 'one' });
    expect(answer.body.environment).not.toHaveProperty('VITEST');
  });

  it('is described with its configuration, counts and tags', async () => {
    const endpoint = await describeEndpoint('shared');

    expect(endpoint).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'one',
      EndpointArn: 'arn:aws:sagemaker:eu-central-1:000000000000:endpoint/shared',
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          CurrentInstanceCount: 2,
          CurrentWeight: 1,
          DeployedImages: [{ SpecifiedImage: IMAGE }],
        },
      ],
    });
    const { Tags } = await machine.sagemaker.send(new ListTagsCommand({ ResourceArn: endpoint.EndpointArn }));
    expect(Tags).toEqual([{ Key: 'shop', Value: 'a' }]);
    expect(statuses('shared')).toEqual(['CREATING', 'IN_SERVICE']);
  });

  it('moves to a new configuration without an unanswered request', async () => {
    await create('moving', 'one');
    await machine.event(endpointIs('moving', 'IN_SERVICE'));
    const held = ask('moving', 'hold').catch((error: Error) => error);

    await machine.sagemaker.send(
      new UpdateEndpointCommand({ EndpointName: 'moving', EndpointConfigName: 'two' }),
    );
    const during = await describeEndpoint('moving');
    expect(during).toMatchObject({
      EndpointStatus: 'Updating',
      EndpointConfigName: 'one',
      PendingDeploymentSummary: { EndpointConfigName: 'two' },
    });
    expect((await ask('moving')).body.name).toBe('one');
    await ask('moving', 'release');
    await expect.poll(async () => (await describeEndpoint('moving')).EndpointStatus, SOON).toBe('InService');

    const after = await describeEndpoint('moving');
    expect(after.EndpointConfigName).toBe('two');
    expect(after.PendingDeploymentSummary).toBeUndefined();
    expect((await ask('moving')).body.name).toBe('two');
    expect(statuses('moving')).toEqual(['CREATING', 'IN_SERVICE', 'UPDATING', 'IN_SERVICE']);
    await held;
  });

  it('whose update fails stays in service on its old configuration, and says why', async () => {
    await create('careful', 'one');
    await machine.event(endpointIs('careful', 'IN_SERVICE'));

    await machine.sagemaker.send(
      new UpdateEndpointCommand({ EndpointName: 'careful', EndpointConfigName: 'broken' }),
    );
    await machine.event(endpointIs('careful', 'ROLLING_BACK'));
    await expect.poll(async () => (await describeEndpoint('careful')).EndpointStatus, SOON).toBe('InService');

    const endpoint = await describeEndpoint('careful');
    expect(endpoint.EndpointConfigName).toBe('one');
    expect(endpoint.FailureReason).toMatch(
      /production variant AllTraffic did not pass the ping health check.*exit code 2: no such layer/,
    );
    expect((await ask('careful')).body.name).toBe('one');
    expect(statuses('careful')).toEqual(['CREATING', 'IN_SERVICE', 'UPDATING', 'ROLLING_BACK', 'IN_SERVICE']);
  });

  it('that cannot start fails with its reason, allows no update, and can be deleted', async () => {
    await create('stillborn', 'broken');
    await machine.event(endpointIs('stillborn', 'FAILED'));

    expect((await describeEndpoint('stillborn')).FailureReason).toMatch(/did not pass the ping health check/);
    await expect(
      machine.sagemaker.send(
        new UpdateEndpointCommand({ EndpointName: 'stillborn', EndpointConfigName: 'one' }),
      ),
    ).rejects.toMatchObject({ name: 'ValidationException' });
    await expect(ask('stillborn')).rejects.toMatchObject({ name: 'ValidationError' });

    await machine.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'stillborn' }));
    await expect
      .poll(() => describeEndpoint('stillborn').catch((error: Error) => error.message), SOON)
      .toMatch(/^Could not find endpoint "arn:aws:sagemaker:.*endpoint\/stillborn"\.$/);
  });

  it('starts on another port when its own was taken meanwhile', async () => {
    await model('unlucky', { name: 'unlucky', portTaken: 'once' });
    await config('unlucky', { ModelName: 'unlucky' });

    await create('unlucky', 'unlucky');
    await machine.event(endpointIs('unlucky', 'IN_SERVICE'));

    expect((await ask('unlucky')).body.name).toBe('unlucky');
  });

  it('fails in the words of the error that ended its container', async () => {
    await model('cursed', { name: 'cursed', portTaken: 'always' });
    await config('cursed', { ModelName: 'cursed' });

    await create('cursed', 'cursed');
    await machine.event(endpointIs('cursed', 'FAILED'));

    expect((await describeEndpoint('cursed')).FailureReason).toMatch(/exit code 1: Error: listen EADDRINUSE/);
  });

  it('without its model data, or with a broken archive, fails by the URL', async () => {
    await model('gone', { name: 'gone' });
    await config('gone', {});
    await machine.put('models/gone.tar.gz', 'this is no archive');

    await create('archive', 'gone');
    await machine.event(endpointIs('archive', 'FAILED'));

    expect((await describeEndpoint('archive')).FailureReason).toMatch(
      /Failed to extract model data archive from URL "s3:\/\/shop-data\/models\/gone.tar.gz"/,
    );
  });

  it('with a foreign image fails by the image’s name', async () => {
    await model('foreign', {}, '763104351884.dkr.ecr.eu-central-1.amazonaws.com/pytorch:2');
    await config('foreign', {});

    await create('foreign', 'foreign');
    await machine.event(endpointIs('foreign', 'FAILED'));

    expect((await describeEndpoint('foreign')).FailureReason).toMatch(/cannot run the image 763104351884/);
  });

  it('passes the container’s own errors on as ModelError', async () => {
    await expect(ask('shared', 'x', 'text/wrong')).rejects.toMatchObject({
      name: 'ModelError',
      message: expect.stringMatching(/^Received client error \(415\) from primary with message/),
      OriginalStatusCode: 415,
      OriginalMessage: '{"detail":"no text"}',
      $metadata: { httpStatusCode: 424 },
    });
    await expect(ask('shared', 'x', 'text/broken')).rejects.toMatchObject({
      name: 'ModelError',
      message: expect.stringMatching(/^Received server error \(500\)/),
      OriginalStatusCode: 500,
    });
  });

  it('takes 6 MB and no byte more', async () => {
    expect((await ask('shared', new Uint8Array(6_291_456))).body.size).toBe(6_291_456);
    await expect(ask('shared', new Uint8Array(6_291_457))).rejects.toMatchObject({
      name: 'ValidationError',
      message: expect.stringMatching(/less than or equal to 6291456/),
    });
    await expect(ask('shared', 'x', 'text/large')).rejects.toMatchObject({
      name: 'ModelError',
      OriginalMessage: expect.stringMatching(/exceeds the limit of 6291456 bytes/),
    });
  });

  it('lets requests wait while a container that has ended is started again, also where that fails once', async () => {
    await model('mortal', { name: 'mortal', failingStart: 2 });
    await config('mortal', {});
    await create('mortal', 'mortal');
    await machine.event(endpointIs('mortal', 'IN_SERVICE'));

    await expect(ask('mortal', 'die')).rejects.toMatchObject({ name: 'ModelError', OriginalStatusCode: 0 });
    const answers = await Promise.all([ask('mortal'), ask('mortal')]);

    expect(answers.map(({ body }) => body.name)).toEqual(['mortal', 'mortal']);
  });

  it('sends nothing on a connection that the container may be closing', async () => {
    await model('curt', { name: 'curt', onePerConnection: true });
    await config('curt', {});
    await create('curt', 'curt');
    await machine.event(endpointIs('curt', 'IN_SERVICE'));

    for (const body of ['one', 'two', 'three']) {
      expect((await ask('curt', body)).body).toMatchObject({ name: 'curt', size: body.length });
    }
  });

  it('that never was is not found by the runtime', async () => {
    await expect(ask('nobody')).rejects.toMatchObject({
      name: 'ValidationError',
      message: 'Endpoint nobody of account 000000000000 not found.',
    });
  });

  it('has a name of its own, a configuration that exists, and may not be changed while it changes', async () => {
    await expect(create('shared', 'one')).rejects.toThrow(/^Cannot create already existing endpoint "arn:/);
    await expect(create('other', 'none')).rejects.toThrow(/^Could not find endpoint configuration "arn:/);
    await create('busy', 'one');
    await expect(
      machine.sagemaker.send(new UpdateEndpointCommand({ EndpointName: 'busy', EndpointConfigName: 'two' })),
    ).rejects.toThrow(/^Cannot update in-progress endpoint "arn:/);
    await expect(machine.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'busy' }))).rejects.toThrow(
      /^Cannot update in-progress endpoint "arn:/,
    );
    await machine.event(endpointIs('busy', 'IN_SERVICE'));
  });

  it('lives on when its model and configuration are deleted', async () => {
    await model('brief', { name: 'brief' });
    await config('brief', {});
    await create('survivor', 'brief');
    await machine.event(endpointIs('survivor', 'IN_SERVICE'));

    await machine.sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'brief' }));
    await machine.sagemaker.send(new DeleteModelCommand({ ModelName: 'brief' }));

    expect((await ask('survivor')).body.name).toBe('brief');
  });

  it('is listed by name', async () => {
    const { Endpoints } = await machine.sagemaker.send(
      new ListEndpointsCommand({ NameContains: 'share', StatusEquals: 'InService' }),
    );
    expect(Endpoints?.map((one) => one.EndpointName)).toEqual(['shared']);
  });
});

describe('a serverless endpoint', () => {
  it('takes 4 MB and its number of concurrent requests', async () => {
    await create('small', 'serverless');
    await machine.event(endpointIs('small', 'IN_SERVICE'));

    await expect(ask('small', new Uint8Array(4 * 1024 * 1024 + 1))).rejects.toMatchObject({
      name: 'ValidationError',
    });
    // Of three at once, the two that are held fill it.
    const held = [1, 2].map(() => ask('small', 'hold').catch((error: Error) => error));
    await expect
      .poll(() => ask('small').catch((error: Error) => error.name), SOON)
      .toBe('ThrottlingException');

    expect((await describeEndpoint('small')).ProductionVariants?.[0]).toMatchObject({
      CurrentInstanceCount: 0,
      CurrentServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
    });
    await machine.sagemaker.send(new DeleteEndpointCommand({ EndpointName: 'small' }));
    await Promise.all(held);
  });

  it('cannot replace a real-time one', async () => {
    await expect(
      machine.sagemaker.send(
        new UpdateEndpointCommand({ EndpointName: 'shared', EndpointConfigName: 'serverless' }),
      ),
    ).rejects.toThrow(/real-time endpoint .* to a serverless configuration/);
  });
});

describe('models and configurations', () => {
  it('are described as they were made', async () => {
    const found = await machine.sagemaker.send(new DescribeModelCommand({ ModelName: 'one' }));
    expect(found).toMatchObject({
      ModelName: 'one',
      PrimaryContainer: {
        Image: IMAGE,
        Mode: 'SingleModel',
        ModelDataUrl: `s3://${BUCKET}/models/one.tar.gz`,
      },
    });
    const described = await machine.sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: 'one' }),
    );
    expect(described.ProductionVariants).toMatchObject([
      { VariantName: 'AllTraffic', ModelName: 'one', InitialInstanceCount: 2, InitialVariantWeight: 1 },
    ]);
  });

  it('of a used name, or over what is not there, are refused', async () => {
    await expect(model('one', {})).rejects.toThrow(/^Cannot create already existing model "arn:/);
    await expect(config('one', {})).rejects.toThrow(
      /^Cannot create already existing endpoint configuration "arn:/,
    );
    await expect(config('nothing', {})).rejects.toThrow(/^Could not find model "arn:/);
    const create = new CreateModelCommand({
      ModelName: 'no-data',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/nothing.tar.gz` },
    });
    await expect(machine.sagemaker.send(create)).rejects.toThrow(
      'Could not find model data at s3://shop-data/nothing.tar.gz.',
    );
    await expect(
      config('odd', { ModelName: 'one', ServerlessConfig: { MemorySizeInMB: 1500, MaxConcurrency: 1 } }),
    ).rejects.toThrow(/MemorySizeInMB/);
  });
});
