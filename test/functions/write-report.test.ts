import { GetObjectCommand } from '@aws-sdk/client-s3';
import { ResourceNotFound, type SageMakerClient } from '@aws-sdk/client-sagemaker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IMAGE_LIMIT, PAGE_LIMIT } from '#cloud/data/thumbnails.ts';
import type { Outcome } from '#core/contracts/outcome.ts';
import { type Report, reportSchema } from '#core/contracts/report.ts';
import { sha256 } from '#core/digest.ts';
import {
  championHistoryKey,
  evaluationKey,
  goldenAnswersKey,
  goldenImageKey,
  imagesPrefix,
  manifestKey,
  outcomeKey,
  reportKey,
} from '#core/keys.ts';
import { createWriteReport } from '../../functions/write-report.ts';
import { type RecordingClient, recordingClient, serviceError } from '../cloud/recording-client.ts';
import {
  confirmedPromotion,
  evaluation,
  gated,
  manifest,
  olderVersion,
  prepared,
  subject,
} from './samples.ts';
import { buckets, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await stage.put(buckets.models, manifestKey(subject.model, subject.version), manifest());
});
afterAll(() => stage.stop());

/** The beginning of a PNG is all that is looked at. */
const png = (size = 64) =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(size - 8)]);

let domain: string;
let count = 0;
let sagemaker: RecordingClient<SageMakerClient>;
beforeEach(async () => {
  domain = `produce-${++count}`;
  sagemaker = recordingClient<SageMakerClient>({
    DescribeTrainingJob: ({ TrainingJobName }: { TrainingJobName: string }) => ({
      TrainingJobName,
      TrainingJobArn: `arn:training-job/${TrainingJobName}`,
      TrainingJobStatus: 'Completed',
      ResourceConfig: { InstanceType: 'ml.c5.xlarge', InstanceCount: 1 },
      EnableManagedSpotTraining: true,
      CreationTime: new Date('2026-11-23T16:50:00Z'),
      TrainingStartTime: new Date('2026-11-23T16:51:00Z'),
      TrainingEndTime: new Date('2026-11-23T16:53:00Z'),
      TrainingTimeInSeconds: 120,
      BillableTimeInSeconds: 36,
    }),
  });
  const outcome: Outcome = {
    schemaVersion: 1,
    ...subject,
    domain,
    outcome: 'DEPLOYED',
    reason: 'it is good',
    gate: gated.rows,
    finishedAt: '2026-11-23T17:00:00.000Z',
  };
  await stage.put(buckets.artifacts, outcomeKey(subject.execution, domain), outcome);
});

const keys = () => ({
  transfer: evaluationKey(subject.execution, domain, 'transfer'),
  baseline: evaluationKey(subject.execution, domain, 'baseline'),
});
async function evaluated(right = 18) {
  await stage.put(buckets.artifacts, keys().transfer, evaluation('transfer', right, 20, { domain }));
  await stage.put(buckets.artifacts, keys().baseline, evaluation('baseline', 8, 20, { domain }));
}
const putImage = (id: string, bytes: Uint8Array | string) =>
  stage.put(buckets.data, `${imagesPrefix(domain, 'test')}${id}`, bytes);

const services = () =>
  stage.services({ sagemaker: sagemaker.client, now: () => Date.parse('2026-11-23T16:59:00Z') });
async function write(changes: Partial<Parameters<ReturnType<typeof createWriteReport>>[0]> = {}) {
  await createWriteReport(services())({
    ...confirmedPromotion,
    domain,
    gate: { ...gated, evaluationKeys: keys() },
    ...changes,
  });
  const json = await stage.json(buckets.artifacts, reportKey(subject.execution, domain, 'json'));
  const page = await stage.s3.send(
    new GetObjectCommand({
      Bucket: buckets.artifacts,
      Key: reportKey(subject.execution, domain, 'html'),
    }),
  );
  return {
    report: reportSchema.parse(json) as Report,
    page: await page.Body!.transformToString(),
    type: page.ContentType,
  };
}

describe('write-report', () => {
  test('writes the report, for people and for programs', async () => {
    await evaluated();

    const { report, page, type } = await write({ executionArn: 'arn:execution' });

    expect(type).toBe('text/html; charset=utf-8');
    expect(page).toContain('it is good');
    expect(report).toMatchObject({
      domain,
      outcome: 'DEPLOYED',
      scores: { transfer: { accuracy: 0.9 }, baseline: { accuracy: 0.4 } },
      misclassified: { total: 4 },
      lineage: {
        executionArn: 'arn:execution',
        manifestSha256: sha256(JSON.stringify(manifest())),
        generalDataSet: { name: 'icons', digest: sha256('icons') },
        data: { trainDigest: sha256('train') },
        endpoint: 'graft-dev-produce',
        replaces: null,
      },
    });
  });

  test('counts the billed seconds, not the time that a job ran', async () => {
    await evaluated();

    const { report } = await write();

    expect(report.cost.jobs.map((job) => [job.mode, job.seconds, job.billableSeconds, job.spot])).toEqual([
      ['transfer', 120, 36, true],
      ['baseline', 120, 36, true],
    ]);
    expect(report.cost.total).toBeCloseTo(2 * 0.204 * 0.01, 12);
  });

  test('names the promotion that trained a reused baseline', async () => {
    await evaluated();
    const trained = {
      ...confirmedPromotion.training!,
      baseline: {
        ...confirmedPromotion.training!.baseline,
        job: 'produce-baseline-before',
        reusedFrom: 'promote-before',
      },
    };

    const { report, page } = await write({ training: trained });

    expect(report.cost.jobs[0]).not.toHaveProperty('reusedFrom');
    expect(report.cost.jobs[1]).toMatchObject({
      name: 'produce-baseline-before',
      reusedFrom: 'promote-before',
      cost: 0,
    });
    expect(page).toContain('reused from promote-before');
  });

  test('embeds misclassified images, and says why it leaves one out', async () => {
    await evaluated(18);
    await putImage('apple/18.png', png());
    await putImage('apple/19.png', '<svg onload="alert(1)"/>');
    await putImage('banana/18.png', png(IMAGE_LIMIT + 1));

    const { page } = await write();

    expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(1);
    expect(page).toContain('no PNG, JPEG, WebP, GIF or AVIF');
    expect(page).toContain('too large to show (512 KB)');
    expect(page).toContain('no longer there');
  });

  test('shows the golden images as they were kept, with what the endpoint said', async () => {
    await evaluated(20);
    const row = { id: 'apple/00.png', truth: 'apple', prediction: 'apple', confidence: 0.9 };
    await stage.put(buckets.artifacts, goldenImageKey(keys().transfer, row.id), png());
    await stage.put(buckets.artifacts, goldenAnswersKey(subject.execution, domain), {
      ...{ schemaVersion: 1, endpoint: 'graft-dev-produce', evaluationKey: keys().transfer, images: 1 },
      answers: [{ row, answer: { label: 'apple', probability: 0.91 } }],
    });

    const { report, page } = await write();

    expect(report.golden).toMatchObject({ images: 1, answers: [{ row }] });
    expect(page).toMatch(
      /<img src="data:image\/png;base64,[^"]+" alt="apple\/00.png">.*live: [^,]*apple, 0.91/,
    );
  });

  test('limits the page’s size, however large the images are', async () => {
    await evaluated(0);
    for (const label of ['apple', 'banana'])
      for (let n = 0; n < 20; n++)
        await putImage(`${label}/${String(n).padStart(2, '0')}.png`, png(IMAGE_LIMIT));

    const { page } = await write();

    expect(page.match(/<img src="data:/g)).toHaveLength(PAGE_LIMIT / IMAGE_LIMIT);
    expect(page.match(/too large to show/g)).toHaveLength(24 - PAGE_LIMIT / IMAGE_LIMIT);
    expect(page.length).toBeLessThan(1.4 * PAGE_LIMIT);
  });

  test('is written for the person who is asked for approval, before there is an outcome', async () => {
    domain = `${domain}-asking`;
    await evaluated();
    const approval = { required: true, timeoutSeconds: 600 };
    const { deployment, confirmed, ...asked } = confirmedPromotion;
    const before = {
      ...asked,
      domain,
      prepared: { ...prepared, approval },
      gate: { ...gated, evaluationKeys: keys() },
    };
    const { report, page } = await write({ ...before, deployment: undefined, confirmed: undefined });

    expect(report).toMatchObject({
      outcome: 'AWAITING_APPROVAL',
      reason: expect.stringContaining(`graft approve ${domain}`),
      scores: { transfer: { accuracy: 0.9 } },
      gate: gated.rows,
    });
    expect(page).toContain('AWAITING_APPROVAL');
  });

  test('shows every model that has been live in the domain', async () => {
    await evaluated();
    const champion = {
      ...{ schemaVersion: 1, domain, model: 'icons', version: subject.version, execution: 'before' },
      ...{ trainingJob: 'job', modelKey: 'key', modelName: 'name', endpoint: 'e', endpointConfig: 'c' },
      ...{ evaluationKey: 'key', accuracy: 0.7, promotedAt: '2026-11-20T10:00:00.000Z' },
    };
    await stage.put(
      buckets.artifacts,
      championHistoryKey(domain, champion.promotedAt, champion.version),
      champion,
    );

    expect((await write()).report.history).toEqual([
      {
        ...{ model: 'icons', version: subject.version, execution: 'before', accuracy: 0.7 },
        ...{ promotedAt: champion.promotedAt, rolledBack: false },
      },
    ]);
  });

  test.each([
    ['ValidationException', serviceError('ValidationException', 'Requested resource not found.')],
    ['ResourceNotFound', new ResourceNotFound({ message: 'no', $metadata: {} })],
  ])('reports a promotion that ended before its jobs began (%s)', async (_name, error) => {
    sagemaker.answer('DescribeTrainingJob', error);
    const { training: _training, gate: _gate, deployment, confirmed, ...early } = confirmedPromotion;

    await createWriteReport(services())({ ...early, domain, prepared, error: { Error: 'States.Timeout' } });

    const json = await stage.json(buckets.artifacts, reportKey(subject.execution, domain, 'json'));
    expect(reportSchema.parse(json)).toMatchObject({ scores: {}, cost: { jobs: [], total: 0 } });
  });

  test('passes on a temporary error, so that the state is retried', async () => {
    sagemaker.answer('DescribeTrainingJob', serviceError('ThrottlingException', 'Rate exceeded'));
    await evaluated();

    await expect(write()).rejects.toThrow('Rate exceeded');
  });

  test('writes the same report on a retry', async () => {
    await evaluated();

    expect(await write()).toEqual(await write());
  });

  test('says what it can of a general model from an earlier version of Graft, to which a rollback leads', async () => {
    await evaluated();
    const earlier = JSON.stringify({ schemaVersion: 1, cutLayer: 'features' });
    await stage.put(buckets.models, manifestKey(subject.model, olderVersion), earlier);

    const { report } = await write({ version: olderVersion });

    expect(report.lineage).toMatchObject({ manifestSha256: sha256(earlier) });
    expect(report.lineage).not.toHaveProperty('agentVersion');
  });

  test('never reports a promotion without an outcome', async () => {
    await stage.remove(buckets.artifacts, outcomeKey(subject.execution, domain));

    await expect(write()).rejects.toMatchObject({
      name: 'NotFound',
      message: expect.stringContaining('outcome.json'),
    });
  });
});
