import type { ModelApprovalStatus, SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DomainOutcome } from '#core/contracts/promotion-state.ts';
import {
  championKey,
  checkpointsPrefix,
  evaluationKey,
  generalModelPrefix,
  goldenImageKey,
  goldenRecordKey,
  outcomeKey,
  promotionRecordKey,
  reportKey,
  trainingOutputKeys,
} from '#core/keys.ts';
import { createFinishPromotion } from '../../../functions/finish-promotion.ts';
import { champion, subject } from '../../functions/samples.ts';
import { aSecondLater, buckets, type Stage, startStage } from '../../functions/stage.ts';
import { type RecordingClient, recordingClient, serviceError } from '../recording-client.ts';

const DAY = 24 * 3_600_000;
let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let domain: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
beforeEach(() => {
  domain = `produce-${++count}`;
  registry([]);
});

/**
 * Versions in the domain's model package group: their execution, status, and the reason that a person gave.
 */
function registry(versions: { of: string; status: ModelApprovalStatus; said?: string }[]) {
  sagemaker = recordingClient<SageMakerClient>({
    ListModelPackages: ({ ModelApprovalStatus }: { ModelApprovalStatus: string }) => ({
      ModelPackageSummaryList: versions
        .filter(({ status }) => status === ModelApprovalStatus)
        .map(({ of }) => ({ ModelPackageArn: of })),
    }),
    DescribeModelPackage: ({ ModelPackageName }: { ModelPackageName: string }) => {
      const { of, status, said } = versions.find((one) => one.of === ModelPackageName)!;
      return {
        ModelPackageArn: of,
        ModelPackageVersion: 1,
        CreationTime: new Date(0),
        ModelApprovalStatus: status,
        ApprovalDescription: said,
        InferenceSpecification: {
          Containers: [{ ModelDataUrl: `s3://${buckets.artifacts}/${archiveOf(of)}` }],
        },
        CustomerMetadataProperties: {
          ...{ domain, outcome: 'DEPLOYED', execution: of, trainingJob: `job-${of}`, accuracy: '1' },
          ...{ baselineAccuracy: '1', trainImages: '1', trainDigest: 'a', testImages: '1', testDigest: 'b' },
          ...{ generalModel: 'icons', generalVersion: subject.version },
        },
      };
    },
    UpdateModelPackage: {},
  });
}

const archiveOf = (execution: string) => trainingOutputKeys(execution, domain, `job-${execution}`).modelKey;
const outputOf = (execution: string) => trainingOutputKeys(execution, domain, `job-${execution}`).outputKey;
const goldenOf = (execution: string) => {
  const key = evaluationKey(execution, domain, 'transfer');
  return [goldenRecordKey(key), goldenImageKey(key, 'apple/1.png')];
};
const records = (execution: string) => [
  outcomeKey(execution, domain),
  evaluationKey(execution, domain, 'baseline'),
  reportKey(execution, domain, 'json'),
];
const exists = (key: string) => stage.artifacts.exists(key);
const left = async (executions: string[]) => {
  const whole: string[] = [];
  for (const execution of executions) if (await exists(archiveOf(execution))) whole.push(execution);
  return whole;
};

/** A promotion as it lies in S3, with its small records where it has ended. */
async function promoted(execution: string, ended = true) {
  await stage.store.promotions.add({ execution, domain });
  for (const key of [
    archiveOf(execution),
    outputOf(execution),
    `${checkpointsPrefix(execution, domain)}x`,
    ...goldenOf(execution),
  ]) {
    await stage.put(buckets.artifacts, key, 'large');
  }
  if (ended) for (const key of records(execution)) await stage.put(buckets.artifacts, key, {});
}
const configured = (execution: string, more = { modelKey: archiveOf(execution) as string | undefined }) =>
  stage.store.configurations.add(domain, {
    endpointConfig: `config-${execution}`,
    modelName: `model-${execution}`,
    execution,
    ...(more.modelKey === undefined ? {} : { modelKey: more.modelKey }),
  });

async function finish({ kept = 1, later = 0 } = {}) {
  const outcomes: DomainOutcome[] = [{ domain, outcome: 'REJECTED', reason: 'no' }];
  const services = stage.services({
    sagemaker: sagemaker.client,
    now: () => Date.now() + later,
    settings: { keptPromotions: kept },
  });
  return createFinishPromotion(services)({ model: subject.model, version: subject.version, outcomes });
}

describe('the files of older promotions’ training jobs', () => {
  test('are removed except the newest, and never the small records', async () => {
    for (const execution of ['one', 'two', 'three']) {
      await promoted(execution);
      await aSecondLater();
    }

    await finish({ kept: 2 });

    expect(await left(['one', 'two', 'three'])).toEqual(['two', 'three']);
    expect(await exists(outputOf('one'))).toBe(false);
    expect(await exists(`${checkpointsPrefix('one', domain)}x`)).toBe(false);
    for (const key of goldenOf('one')) expect(await exists(key), key).toBe(false);
    for (const key of goldenOf('two')) expect(await exists(key), key).toBe(true);
    for (const key of records('one')) expect(await exists(key), key).toBe(true);
    expect(await exists(promotionRecordKey(domain, 'one'))).toBe(false);
    expect(await exists(promotionRecordKey(domain, 'two'))).toBe(true);
  });

  describe('stay while', () => {
    beforeEach(async () => {
      await promoted('old');
      await aSecondLater();
      await promoted('new');
    });

    test('the champion is made of them', async () => {
      const live = champion(subject.version, { domain, modelKey: archiveOf('old') });
      await stage.put(buckets.artifacts, championKey(domain), live);
      await finish();
      expect(await left(['old'])).toEqual(['old']);
      for (const key of goldenOf('old')) expect(await exists(key), key).toBe(true);
      // No other record refers to its other files.
      expect(await exists(outputOf('old'))).toBe(false);
      expect(await exists(promotionRecordKey(domain, 'old'))).toBe(true);
    });

    test('a configuration that a rollback may use serves them', async () => {
      await configured('old');
      await finish();
      expect(await left(['old'])).toEqual(['old']);
    });

    test('a configuration does not say what it serves', async () => {
      await configured('other', { modelKey: undefined });
      await finish();
      expect(await left(['old'])).toEqual(['old']);
    });

    test.each<[string, { status: ModelApprovalStatus; said?: string }]>([
      [
        'a person has approved the model in the registry',
        { status: 'Approved', said: 'the one for the fair' },
      ],
      ['a person has asked for its approval', { status: 'PendingManualApproval' }],
    ])('%s', async (_what, version) => {
      registry([{ of: 'old', ...version }]);
      await finish();
      expect(await left(['old'])).toEqual(['old']);
      expect(sagemaker.inputsOf('UpdateModelPackage')).toEqual([]);
    });

    test('another promotion of the domain runs, which may use them', async () => {
      await promoted('running', false);
      await finish();
      expect(await left(['old'])).toEqual(['old']);
    });

    test('the registry does not answer, and the promotion ends nevertheless', async () => {
      sagemaker.answer('ListModelPackages', serviceError('ThrottlingException', 'slowly'));
      expect(await finish()).toMatchObject({ summary: '1 domain: 1 REJECTED' });
      expect(await left(['old'])).toEqual(['old']);
    });
  });

  test('are removed after the longest time that an execution can run', async () => {
    await promoted('aborted', false);
    await aSecondLater();
    await promoted('new');

    await finish({ later: 9 * DAY });

    expect(await left(['aborted', 'new'])).toEqual(['new']);
  });

  test('are removed only after the version that Graft had approved is retired', async () => {
    await promoted('old');
    await aSecondLater();
    await promoted('new');
    registry([
      { of: 'old', status: 'Approved' },
      { of: 'new', status: 'Approved' },
    ]);

    await finish();

    expect(sagemaker.inputsOf('UpdateModelPackage')).toMatchObject([
      { ModelPackageArn: 'old', ModelApprovalStatus: 'Rejected' },
    ]);
    expect(await left(['old', 'new'])).toEqual(['new']);
  });

  test('stay where the version cannot be retired', async () => {
    await promoted('old');
    await aSecondLater();
    await promoted('new');
    registry([{ of: 'old', status: 'Approved' }]);
    sagemaker.answer('UpdateModelPackage', serviceError('AccessDeniedException', 'no'));

    await finish();

    expect(await left(['old'])).toEqual(['old']);
  });
});

describe('older versions of a general model', () => {
  const version = (n: number) => `2026110${n}T000000Z-aaaaaa`;
  const names = ['model.onnx', 'manifest.sig', 'manifest.json'];
  const files = async (n: number) => {
    const prefix = generalModelPrefix('icons', version(n));
    const found: string[] = [];
    for await (const { key } of stage.models.list(prefix)) found.push(key.slice(prefix.length));
    return found.sort();
  };
  beforeEach(async () => {
    for (const n of [1, 2, 3]) {
      for (const name of names)
        await stage.put(buckets.models, `${generalModelPrefix('icons', version(n))}${name}`, 'x');
    }
  });

  test('lose their weights and keep their manifest and signature', async () => {
    await finish({ kept: 2, later: 9 * DAY });

    expect(await files(1)).toEqual(['manifest.json', 'manifest.sig']);
    expect(await files(2)).toEqual([...names].sort());
  });

  test('keep all files while an execution with them may run', async () => {
    await finish({ kept: 2, later: 7 * DAY });

    expect(await files(1)).toEqual([...names].sort());
  });

  test('keep all files while a champion comes from them', async () => {
    const live = champion(version(1), { domain: 'elsewhere' });
    await stage.put(buckets.artifacts, championKey('elsewhere'), live);

    await finish({ kept: 1, later: 9 * DAY });
    await stage.remove(buckets.artifacts, championKey('elsewhere'));

    expect(await files(1)).toEqual([...names].sort());
    expect(await files(2)).toEqual(['manifest.json', 'manifest.sig']);
  });
});
