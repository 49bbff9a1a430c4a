import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HeadObjectCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';
import type { LocalAws } from 'local-aws';
import { createCloudFormation, createS3, createStepFunctions } from 'local-aws/services';
import { ANY_ROLE, startLocal } from 'local-aws/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { dataExecutionName, executionName } from '../../../core/names.ts';
import { writeNewKey } from '../../../onprem-agent/model-folder/signing-key.ts';
import { makeImageFolder } from '../../fixtures/images.ts';
import { graft } from '../cli.ts';
import { makeModelFolder } from '../model-fixture.ts';

/** Ends as `promote-model` does: a domain's name says what becomes of it. */
const definition = {
  QueryLanguage: 'JSONata',
  StartAt: 'FinishPromotion',
  States: {
    FinishPromotion: {
      Type: 'Pass',
      Output: `{% (
        $outcomes := [$map($states.input.domains, function($domain) { {
          'domain': $domain,
          'outcome': $domain in ['rejected', 'failed'] ? $uppercase($domain) : 'DEPLOYED',
          'reason': 'because it is ' & $domain
        } })];
        {
          'model': $states.input.model,
          'version': $states.input.version,
          'outcomes': $outcomes,
          'failed': [$outcomes[outcome = 'FAILED'].domain],
          'summary': 'summed up'
        }
      ) %}`,
      Next: 'AnyFailed',
    },
    AnyFailed: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $count($states.input.failed) > 0 %}', Next: 'PromotionFailed' }],
      Default: 'PromotionFinished',
    },
    PromotionFinished: { Type: 'Succeed' },
    PromotionFailed: { Type: 'Fail', Error: 'DomainFailed', Cause: '{% $states.input.summary %}' },
  },
};

let local: LocalAws;
let sfn: SFNClient;
let s3: S3Client;
let root: string;
let master: string;
let publicKey: string;

beforeAll(async () => {
  master = await mkdtemp(join(tmpdir(), 'graft-wait-master-'));
  publicKey = await writeNewKey(join(master, 'key.pem'));
  for (const part of ['train', 'test']) {
    await makeImageFolder(join(master, 'produce', part), {
      labels: ['apple', 'pear'],
      perLabel: 3,
      seed: part.length,
    });
  }
  const bucket = { Type: 'AWS::S3::Bucket', Properties: {} };
  local = await startLocal({
    services: [createS3, createCloudFormation, createStepFunctions],
    template: {
      Resources: {
        Models: bucket,
        Data: bucket,
        Machine: {
          Type: 'AWS::StepFunctions::StateMachine',
          Properties: {
            StateMachineName: 'promote-model',
            RoleArn: ANY_ROLE,
            Definition: definition,
          },
        },
      },
      Outputs: {
        ModelsBucket: { Value: { Ref: 'Models' } },
        DataBucket: { Value: { Ref: 'Data' } },
        StateMachineArn: { Value: { Ref: 'Machine' } },
        SigningPublicKeys: { Value: `Ed25519:${publicKey}` },
      },
    },
  });
  sfn = local.client(SFNClient);
  s3 = local.client(S3Client);
  for (const Bucket of [local.outputs.DataBucket, local.outputs.ModelsBucket]) {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration }));
  }
});
afterAll(async () => {
  await local.stop();
  await rm(master, { recursive: true, force: true });
});

let second = 0;
let version: string;
beforeEach(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('AWS_REGION', 'eu-central-1');
  vi.stubEnv('AWS_ENDPOINT_URL', local.endpoint);
  root = await mkdtemp(join(tmpdir(), 'graft-wait-'));
  await cp(master, root, { recursive: true });
  const createdAt = new Date(Date.UTC(2026, 10, 23, 15, 42, ++second));
  ({ version } = await makeModelFolder(join(root, 'model'), { createdAt }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true, force: true });
});

const push = (...more: string[]) =>
  graft([
    'push',
    join(root, 'model'),
    '--key',
    join(root, 'key.pem'),
    '--stack',
    'test',
    '--follow',
    ...more,
  ]);
const start = (name: string, domains: string[]) =>
  sfn.send(
    new StartExecutionCommand({
      stateMachineArn: local.outputs.StateMachineArn,
      name,
      input: JSON.stringify({ model: 'icons', version, domains }),
    }),
  );

/** What S3 calls the manifest that is there now. */
async function arrivalOf(): Promise<string> {
  const Key = `general/icons/${version}/manifest.json`;
  const head = await s3.send(new HeadObjectCommand({ Bucket: local.outputs.ModelsBucket, Key }));
  return head.VersionId!;
}

describe('graft push --follow', () => {
  it.each([
    ['0 where every domain is DEPLOYED', ['produce', 'tools'], 0, 'SUCCEEDED'],
    ['3 where one is not', ['produce', 'rejected'], 3, 'SUCCEEDED'],
    ['1 where one failed', ['produce', 'failed', 'rejected'], 1, 'FAILED'],
  ])('says what came of it, and ends with %s', async (_what, domains, code, status) => {
    await start(executionName('icons', version), domains);

    const run = await push('--json');

    expect(run.code).toBe(code);
    expect(run.last).toMatchObject({
      event: 'result',
      ok: code === 0,
      version,
      status,
      execution: executionName('icons', version),
      outcomes: domains.map((domain) => ({ domain, reason: `because it is ${domain}` })),
    });
  });

  it('prints a line for each domain', async () => {
    await start(executionName('icons', version), ['produce', 'rejected']);

    const run = await push();

    const [uri, ...lines] = run.stdout.trim().split('\n');
    expect(uri).toContain(version);
    expect(lines).toEqual([
      'produce   DEPLOYED     because it is produce',
      'rejected  REJECTED     because it is rejected',
    ]);
  });

  it('follows what has been pushed before, too', async () => {
    await start(executionName('icons', version), ['produce']);
    await push();

    expect(await push('--json')).toMatchObject({ code: 0, last: { committed: false, status: 'SUCCEEDED' } });
  });

  it('waits for the execution of the new arrival where only the signature was replaced', async () => {
    await writeNewKey(join(root, 'other.pem'));
    const other = await graft([
      ...['push', join(root, 'model'), '--key', join(root, 'other.pem')],
      ...['--bucket', local.outputs.ModelsBucket!],
    ]);
    expect(other.code).toBe(0);
    await start(executionName('icons', version), ['failed']);
    const before = await arrivalOf();

    const running = push('--json');
    const arrival = await vi.waitFor(async () => {
      const now = await arrivalOf();
      expect(now).not.toBe(before);
      return now;
    }, 20_000);
    await start(executionName('icons', version, arrival), ['produce']);

    expect(await running).toMatchObject({
      code: 0,
      last: { signedAgain: true, committed: true, outcomes: [{ domain: 'produce', outcome: 'DEPLOYED' }] },
    });
  });

  it('gives up where no promotion begins, saying where to look', async () => {
    let now = 0;
    const words = [
      'push',
      join(root, 'model'),
      '--key',
      join(root, 'key.pem'),
      '--stack',
      'test',
      '--follow',
    ];

    const run = await graft([...words, '--json'], { now: () => (now += 60_000) });

    expect(run).toMatchObject({ code: 1, last: { name: 'NoPromotion' } });
    expect(run.last.hint).toMatch(/startPromotion/);
  });

  it('needs the stack', async () => {
    const run = await graft([
      ...['push', join(root, 'model'), '--key', join(root, 'key.pem')],
      ...['--bucket', local.outputs.ModelsBucket!, '--follow'],
    ]);

    expect(run).toMatchObject({ code: 2, stderr: expect.stringMatching(/--follow needs the stack/) });
  });
});

describe('graft data push --follow', () => {
  const gateOptions = [
    ...['--minimum-accuracy', '0.5', '--minimum-uplift', '0.1'],
    ...['--minimum-recall', '0.2', '--minimum-test-images', '4'],
  ];

  it('finds the execution that its own domain.json has started', async () => {
    const running = graft([
      ...[
        'data',
        'push',
        join(root, 'produce'),
        '--domain',
        'produce',
        '--stack',
        'test',
        '--follow',
        '--json',
      ],
      ...gateOptions,
    ]);
    const VersionId = await vi.waitFor(async () => {
      const where = { Bucket: local.outputs.DataBucket, Key: 'domains/produce/domain.json' };
      return (await s3.send(new HeadObjectCommand(where))).VersionId!;
    }, 30_000);
    await start(dataExecutionName('icons', version, 'produce', 'an earlier arrival'), ['failed']);
    const name = dataExecutionName('icons', version, 'produce', VersionId);
    await start(name, ['produce']);

    expect(await running).toMatchObject({
      code: 0,
      last: { execution: name, outcomes: [{ outcome: 'DEPLOYED' }] },
    });
  });
});
