import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  CreateModelCommand,
  CreateModelPackageCommand,
} from '@aws-sdk/client-sagemaker';
import { BUCKET, endpointIs, IMAGE, type Machine, ROLE, startMachine, tar } from 'local-aws/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type ModelPackageRequest, registerModelPackage } from '#cloud/registry/model-packages.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { sha256 } from '#core/digest.ts';
import { championKey } from '#core/keys.ts';
import { graft } from '../../cli.ts';

let machine: Machine;
beforeAll(async () => {
  machine = await startMachine();
  await machine.put('model.tar.gz', await tar({ 'behaviour.json': '{}' }));
  await machine.sagemaker.send(
    new CreateModelCommand({
      ModelName: 'live',
      ExecutionRoleArn: ROLE,
      PrimaryContainer: { Image: IMAGE, ModelDataUrl: `s3://${BUCKET}/model.tar.gz` },
    }),
  );
  await machine.sagemaker.send(
    new CreateEndpointConfigCommand({
      EndpointConfigName: 'config-live',
      ProductionVariants: [
        {
          VariantName: 'AllTraffic',
          ModelName: 'live',
          ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 2 },
        },
      ],
    }),
  );
  for (const domain of ['produce', 'tools']) {
    const name = `graft-dev-${domain}`;
    await machine.sagemaker.send(
      new CreateEndpointCommand({ EndpointName: name, EndpointConfigName: 'config-live' }),
    );
    await machine.event(endpointIs(name, 'IN_SERVICE'));
  }
  // Oldest first; the one that is live, others around it, and one that somebody else put there.
  await register('first', { endpointConfig: 'config-before' });
  await register('second', { endpointConfig: 'config-live' });
  await register('third', { endpointConfig: 'config-live' }, 'Rejected');
  await register('fourth', {}, 'Rejected');
  await machine.sagemaker.send(new CreateModelPackageCommand({ ModelPackageGroupName: 'graft-dev-produce' }));
});
afterAll(() => machine.stop());

const register = (
  execution: string,
  metadata: Partial<ModelPackageRequest['metadata']>,
  approval: ModelPackageRequest['approval'] = 'Approved',
) =>
  registerModelPackage(machine.sagemaker, {
    group: `graft-dev-${metadata.domain ?? 'produce'}`,
    approval,
    description: 'it is good',
    image: IMAGE,
    modelData: `s3://${BUCKET}/model.tar.gz`,
    evaluation: `s3://${BUCKET}/evaluation.json`,
    metadata: {
      domain: 'produce',
      outcome: 'DEPLOYED',
      execution,
      trainingJob: `job-of-${execution}`,
      accuracy: '0.694000',
      baselineAccuracy: '0.380000',
      trainImages: '60',
      trainDigest: sha256('train'),
      testImages: '360',
      testDigest: sha256('test'),
      generalModel: 'icons',
      generalVersion: '20261123T154200Z-3f2a9c',
      manifestSha256: sha256('manifest'),
      generalDataSet: 'general',
      generalDataSetDigest: sha256('general'),
      generalDataSetImages: '14400',
      ...metadata,
    },
  });

/** Of a domain that lives on the endpoint of `tools`. */
const smallChampion: Champion = {
  ...{ schemaVersion: 1, domain: 'small', model: 'icons', version: '20261123T154200Z-3f2a9c' },
  ...{ execution: 'fifth', trainingJob: 'job-of-fifth', modelKey: 'model.tar.gz', modelName: 'live' },
  ...{ endpoint: 'graft-dev-tools', endpointConfig: 'small-a1', targetModel: 'small/a1.tar.gz' },
  ...{ evaluationKey: 'evaluation.json', accuracy: 0.694, promotedAt: '2026-11-23T18:00:00.000Z' },
};

beforeEach(() => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', machine.endpoint);
});
afterEach(() => vi.unstubAllEnvs());

describe('graft lineage', () => {
  it('prints the chain from the endpoint to the data sets', async () => {
    const { code, stdout } = await graft(['lineage', 'produce']);

    expect(code).toBe(0);
    const parts = [
      ...['graft-dev-produce   InService', 'config-live', 'graft-dev-produce version 2   Approved'],
      ...['accuracy 0.694, 0.380 without', 'second   training job job-of-second'],
      ...[`60 images, digest ${sha256('train')}`, `360 images, digest ${sha256('test')}`],
      `icons/20261123T154200Z-3f2a9c   manifest ${sha256('manifest')}`,
      `general   14400 images, digest ${sha256('general')}`,
    ];
    let at = 0;
    for (const part of parts) {
      expect(stdout.slice(at), part).toContain(part);
      at = stdout.indexOf(part, at);
    }
  });

  it('says the same as JSON', async () => {
    const { last } = await graft(['lineage', 'produce', '--json']);

    expect(last).toMatchObject({
      command: 'lineage',
      endpoint: { name: 'graft-dev-produce', status: 'InService', config: 'config-live' },
      modelPackage: { version: 2, approval: 'Approved' },
      execution: 'second',
      generalVersion: '20261123T154200Z-3f2a9c',
      generalDataSetDigest: sha256('general'),
    });
  });

  it('finds a domain on the shared endpoint by its champion’s record', async () => {
    await machine.put(championKey('small'), JSON.stringify(smallChampion));
    await register('fifth', { domain: 'small', endpointConfig: smallChampion.endpointConfig });

    const { code, stdout } = await graft(['lineage', 'small', '--bucket', BUCKET]);

    expect(code).toBe(0);
    expect(stdout).toMatch(/^endpoint +graft-dev-tools {3}InService\n└ model on it +small-a1\n/);
    expect(stdout).toContain('graft-dev-small version 1   Approved');
  });

  it.each([
    [
      'a domain without an endpoint',
      ['nobody', '--bucket', BUCKET],
      1,
      /"nobody" has no endpoint in graft-dev/,
    ],
    [
      'another deployment',
      ['produce', '--stack', 'graft-prod', '--bucket', BUCKET],
      1,
      /"produce" has no endpoint in graft-prod/,
    ],
    [
      'an endpoint that nothing registered',
      ['tools'],
      1,
      /No model package of graft-dev-tools[\s\S]*registerModel/,
    ],
    ['what is no name', ['No_Domain'], 2, /"No_Domain" is no name of a domain/],
    ['nothing', [], 2, /needs <domain>/],
  ])('says what is missing for %s', async (_what, words, code, message) => {
    const run = await graft(['lineage', ...words]);

    expect(run.code).toBe(code);
    expect(run.stderr).toMatch(message);
  });
});
