import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import { z } from 'zod';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { findJson, findObject, writeJson } from '#cloud/aws/objects.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { readThumbnails } from '#cloud/data/thumbnails.ts';
import { readChampionHistory } from '#cloud/records/champion-history.ts';
import { findTrainingBill } from '#cloud/training/training-bills.ts';
import { type Evaluation, evaluationSchema, type Mode } from '#core/contracts/evaluation.ts';
import { manifestSchema } from '#core/contracts/manifest.ts';
import { type Champion, outcomeSchema } from '#core/contracts/outcome.ts';
import { domainPromotionSchema } from '#core/contracts/promotion-state.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { sha256 } from '#core/digest.ts';
import { NotFoundError } from '#core/errors.ts';
import {
  domainSnapshotKey,
  evaluationKey,
  imagesPrefix,
  manifestKey,
  outcomeKey,
  reportKey,
} from '#core/keys.ts';
import { parse, parseJson } from '#core/parse.ts';
import { type PriceList, readPrices } from '#core/prices.ts';
import { type BilledJob, composeReport, type ReportSource, SHOWN_CHAMPIONS } from '#core/report/compose.ts';
import { renderReport } from '#core/report/page.ts';
import { lambda } from './middleware/lambda.ts';

const inputSchema = domainPromotionSchema.extend({
  startedAt: z.iso.datetime().optional(),
  executionArn: z.string().optional(),
  /** ARN, where RegisterModel has registered it. */
  modelPackage: z.string().optional(),
});
type Input = z.output<typeof inputSchema>;

export interface WriteReportDependencies {
  s3: S3Client;
  sagemaker: SageMakerClient;
  modelsBucket: string;
  dataBucket: string;
  artifactsBucket: string;
  prices: PriceList;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** The gate may have failed after it had written one of them. */
const keyOfEvaluation = ({ execution, domain, gate }: Input, mode: Mode) =>
  gate?.evaluationKeys[mode] ?? evaluationKey(execution, domain, mode);

const modes: readonly Mode[] = ['transfer', 'baseline'];

/**
 * Writes `report.html` and `report.json` from what the promotion left in S3: for the person who is asked for approval, and again after
 * FinishDomain. It reads the outcome from where that wrote it, so nothing here can change an outcome.
 */
export function createWriteReport(dependencies: WriteReportDependencies) {
  const { s3, sagemaker, modelsBucket, dataBucket, artifactsBucket, prices, now } = dependencies;

  return async function writeReport(input: Input): Promise<{ reportKey: string }> {
    const { execution, domain, deployment } = input;
    const outcome = await outcomeOf(input);
    const [transfer, baseline] = await Promise.all(modes.map((mode) => evaluationOf(input, mode)));
    const report = parse(
      reportSchema,
      composeReport({
        outcome,
        evaluations: { transfer, baseline },
        // Where the fine-tuning job has scored the champion on the same images.
        champion: transfer?.champion,
        history: await historyOf(domain),
        jobs: await jobsOf(input),
        prices,
        startedAt: input.startedAt,
        lineage: {
          ...(input.executionArn === undefined ? {} : { executionArn: input.executionArn }),
          ...(input.modelPackage === undefined ? {} : { modelPackage: input.modelPackage }),
          ...(await generalModelOf(input)),
          files: filesOf(input, [transfer, baseline]),
          ...(deployment
            ? {
                endpoint: deployment.endpoint,
                endpointConfig: deployment.endpointConfig,
                modelName: deployment.modelName,
                replaces: deployment.previous?.version ?? null,
              }
            : {}),
        },
      }),
      'report.json',
    );
    const thumbnails = await readThumbnails(
      s3,
      dataBucket,
      imagesPrefix(domain, 'test'),
      report.misclassified.shown.map((row) => row.id),
    );
    await s3.send(
      new PutObjectCommand({
        Bucket: artifactsBucket,
        Key: reportKey(execution, domain, 'html'),
        Body: renderReport(report, thumbnails),
        ContentType: 'text/html; charset=utf-8',
      }),
    );
    await writeJson(s3, artifactsBucket, reportKey(execution, domain, 'json'), report);
    return { reportKey: reportKey(execution, domain, 'html') };
  };

  /** How the promotion ended; before that, what a person is asked to decide. */
  async function outcomeOf(input: Input): Promise<ReportSource['outcome']> {
    const { execution, domain, model, version, prepared, gate } = input;
    const key = outcomeKey(execution, domain);
    const written = await findJson(s3, artifactsBucket, key, outcomeSchema);
    if (written !== undefined) return written.value;
    if (gate === undefined || !prepared?.approval?.required) {
      throw new NotFoundError(`There is no s3://${artifactsBucket}/${key}`);
    }
    return {
      schemaVersion: 1,
      ...{ domain, model, version, execution },
      outcome: 'AWAITING_APPROVAL',
      reason: `${gate.forced ? 'The gate says no' : 'The gate says yes'}, and a person decides: graft approve ${domain}, or graft reject ${domain}. What is live stays live until then`,
      baselineAccuracy: gate.baselineAccuracy,
      transferAccuracy: gate.transferAccuracy,
      gate: gate.rows,
      ...(gate.forced ? { forced: gate.forced } : {}),
      finishedAt: new Date(now()).toISOString(),
    };
  }

  async function historyOf(domain: string) {
    const champions = await readChampionHistory(s3, artifactsBucket, domain, SHOWN_CHAMPIONS);
    return champions.map(pastChampion);
  }

  async function evaluationOf(input: Input, mode: Mode): Promise<Evaluation | undefined> {
    return (await findJson(s3, artifactsBucket, keyOfEvaluation(input, mode), evaluationSchema))?.value;
  }

  async function jobsOf({ prepared, training, manual }: Input): Promise<BilledJob[]> {
    if (prepared === undefined) return [];
    const jobs = await Promise.all(
      modes.map((mode) => {
        const job = training?.[mode].job ?? prepared.jobs[mode];
        const reusedFrom = training?.[mode].reusedFrom ?? manual?.gateOnly?.trainingOf;
        return findTrainingBill(sagemaker, mode, job, reusedFrom);
      }),
    );
    return jobs.filter((job) => job !== undefined);
  }

  /** VerifyModel has checked it; here it is only asked what it says about itself. */
  async function generalModelOf({ model, version }: Input) {
    const key = manifestKey(model, version);
    const manifest = await findObject(s3, modelsBucket, key);
    return {
      manifest: `s3://${modelsBucket}/${key}`,
      ...(manifest
        ? {
            manifestSha256: sha256(manifest.bytes),
            generalModel: parseJson(manifestSchema, new TextDecoder().decode(manifest.bytes), key),
          }
        : {}),
    };
  }

  function filesOf(input: Input, evaluations: readonly (Evaluation | undefined)[]): string[] {
    const { execution, domain, prepared, training, gate } = input;
    const keys = [
      outcomeKey(execution, domain),
      ...(gate ? [gate.decisionKey] : []),
      ...evaluations.flatMap((evaluation) => (evaluation ? [keyOfEvaluation(input, evaluation.mode)] : [])),
      ...(prepared ? [domainSnapshotKey(execution, domain)] : []),
      ...modes.flatMap((mode) => (training ? [training[mode].modelKey] : [])),
    ];
    return keys.map((key) => `s3://${artifactsBucket}/${key}`);
  }
}

const pastChampion = ({ model, version, execution, accuracy, promotedAt, rolledBackFrom }: Champion) => ({
  ...{ model, version, execution, accuracy, promotedAt },
  rolledBack: rolledBackFrom !== undefined,
});

export const handler = lambda('WriteReport', inputSchema, () => {
  const settings = readSettings(
    'GRAFT_MODELS_BUCKET',
    'GRAFT_DATA_BUCKET',
    'GRAFT_ARTIFACTS_BUCKET',
    'GRAFT_INSTANCE_PRICES',
  );
  return createWriteReport({
    s3: s3Client(),
    sagemaker: sageMakerClient(),
    modelsBucket: settings.GRAFT_MODELS_BUCKET,
    dataBucket: settings.GRAFT_DATA_BUCKET,
    artifactsBucket: settings.GRAFT_ARTIFACTS_BUCKET,
    prices: readPrices(settings.GRAFT_INSTANCE_PRICES),
    now: Date.now,
  });
});
