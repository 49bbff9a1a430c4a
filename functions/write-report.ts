import * as z from 'zod';
import { Bucket } from '#cloud/aws/bucket.ts';
import { s3Client, sageMakerClient } from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { readReportThumbnails } from '#cloud/data/report-thumbnails.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { findTrainingBill } from '#cloud/training/training-bills.ts';
import type { Evaluation, Mode } from '#core/contracts/evaluation.ts';
import { type Manifest, manifestSchema } from '#core/contracts/manifest.ts';
import type { Champion } from '#core/contracts/outcome.ts';
import { domainPromotionSchema } from '#core/contracts/promotion-state.ts';
import { reportSchema } from '#core/contracts/report.ts';
import { sha256 } from '#core/digest.ts';
import { NotFoundError } from '#core/errors.ts';
import { domainSnapshotKey, evaluationKey, manifestKey, outcomeKey, reportKey } from '#core/keys.ts';
import { parse, parseJson } from '#core/parse.ts';
import { readPrices } from '#core/prices.ts';
import { type BilledJob, composeReport, type ReportSource, SHOWN_CHAMPIONS } from '#core/report/compose.ts';
import { renderReport } from '#core/report/page.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

const inputSchema = domainPromotionSchema.extend({
  startedAt: z.iso.datetime().optional(),
  executionArn: z.string().optional(),
  /** ARN, where RegisterModel has registered it. */
  modelPackage: z.string().optional(),
});
type Input = z.output<typeof inputSchema>;

/**
 * EvaluateGate may have failed after it had written one of them, so the key does not come from the gate
 * decision alone.
 */
const keyOfEvaluation = ({ execution, domain, gate: gateDecision }: Input, mode: Mode) =>
  gateDecision?.evaluationKeys[mode] ?? evaluationKey(execution, domain, mode);

const modes: readonly Mode[] = ['transfer', 'baseline'];

/**
 * Writes `report.html` and `report.json` from the promotion's records in S3: once for the person who is asked
 * for approval, and again after FinishDomain. It only reads the outcome that FinishDomain wrote, so it cannot
 * change it.
 */
export function createWriteReport(
  services: Services<'store' | 'models' | 'data' | 'sagemaker' | 'now', 'instancePrices'>,
) {
  const { store, models, data, sagemaker, now } = services;
  const prices = readPrices(services.settings.instancePrices);

  return async function writeReport(input: Input): Promise<{ reportKey: string }> {
    const { execution, domain, deployment } = input;
    const outcome = await outcomeOf(input);
    const [transfer, baseline] = await Promise.all(
      modes.map((mode) => store.evaluations.find(keyOfEvaluation(input, mode))),
    );
    const report = parse(
      reportSchema,
      composeReport({
        outcome,
        evaluations: { transfer, baseline },
        // Where the transfer job has scored the champion on the same images.
        champion: transfer?.champion,
        history: await historyOf(domain),
        golden: await store.goldenAnswers.find(input),
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
    const thumbnails = await readReportThumbnails(data, store.bucket, report);
    const page = reportKey(execution, domain, 'html');
    await store.bucket.write(page, renderReport(report, thumbnails), 'text/html; charset=utf-8');
    await store.bucket.writeJson(reportKey(execution, domain, 'json'), report);
    return { reportKey: page };
  };

  /** How the promotion ended, or that it waits for approval. */
  async function outcomeOf(input: Input): Promise<ReportSource['outcome']> {
    const { execution, domain, model, version, prepared, gate: gateDecision } = input;
    const written = await store.outcomes.find(input);
    if (written !== undefined) return written;
    if (gateDecision === undefined || !prepared?.approval?.required) {
      throw new NotFoundError(`There is no ${store.bucket.uri(outcomeKey(execution, domain))}`);
    }
    return {
      schemaVersion: 1,
      ...{ domain, model, version, execution },
      outcome: 'AWAITING_APPROVAL',
      reason: `${gateDecision.forced ? 'The gate says no' : 'The gate says yes'}, and a person decides: graft approve ${domain}, or graft reject ${domain}. The live model stays live until then`,
      baselineAccuracy: gateDecision.baselineAccuracy,
      transferAccuracy: gateDecision.transferAccuracy,
      gate: gateDecision.rows,
      ...(gateDecision.forced ? { forced: gateDecision.forced } : {}),
      finishedAt: new Date(now()).toISOString(),
    };
  }

  async function historyOf(domain: string) {
    const champions = await store.championHistory.list(domain, SHOWN_CHAMPIONS);
    return champions.map(pastChampion);
  }

  async function jobsOf({ prepared, training: trained, manual }: Input): Promise<BilledJob[]> {
    if (prepared === undefined) return [];
    const jobs = await Promise.all(
      modes.map((mode) => {
        const job = trained?.[mode].job ?? prepared.jobs[mode];
        const reusedFrom = trained?.[mode].reusedFrom ?? manual?.gateOnly?.trainingOf;
        return findTrainingBill(sagemaker, mode, job, reusedFrom);
      }),
    );
    return jobs.filter((job) => job !== undefined);
  }

  /**
   * VerifyModel has already verified the manifest, except for a rollback, whose target may be from an earlier
   * version of Graft: of such a manifest the report shows the digest only.
   */
  async function generalModelOf({ model, version }: Input) {
    const key = manifestKey(model, version);
    const manifest = await models.find(key);
    return {
      manifest: models.uri(key),
      ...(manifest
        ? {
            manifestSha256: sha256(manifest.bytes),
            generalModel: readableManifest(manifest.bytes, key),
          }
        : {}),
    };
  }

  function filesOf(input: Input, evaluations: readonly (Evaluation | undefined)[]): string[] {
    const { execution, domain, prepared, training: trained, gate: gateDecision } = input;
    const keys = [
      outcomeKey(execution, domain),
      ...(gateDecision ? [gateDecision.decisionKey] : []),
      ...evaluations.flatMap((evaluation) => (evaluation ? [keyOfEvaluation(input, evaluation.mode)] : [])),
      ...(prepared ? [domainSnapshotKey(execution, domain)] : []),
      ...modes.flatMap((mode) => (trained ? [trained[mode].modelKey] : [])),
    ];
    return keys.map((key) => store.bucket.uri(key));
  }
}

function readableManifest(bytes: Uint8Array, key: string): Manifest | undefined {
  try {
    return parseJson(manifestSchema, new TextDecoder().decode(bytes), key);
  } catch (error) {
    log.warn('the report says nothing about the general model', { error });
    return undefined;
  }
}

const pastChampion = ({ model, version, execution, accuracy, promotedAt, rolledBackFrom }: Champion) => ({
  ...{ model, version, execution, accuracy, promotedAt },
  rolledBack: rolledBackFrom !== undefined,
});

export const handler = lambda('WriteReport', inputSchema, () => {
  const settings = readSettings('modelsBucket', 'dataBucket', 'artifactsBucket', 'instancePrices');
  const s3 = s3Client();
  return createWriteReport({
    store: promotionStore(s3, settings.artifactsBucket),
    models: new Bucket(s3, settings.modelsBucket),
    data: new Bucket(s3, settings.dataBucket),
    sagemaker: sageMakerClient(),
    now: Date.now,
    settings,
  });
});
