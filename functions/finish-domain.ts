import {
  cloudWatchClient,
  cloudWatchLogsClient,
  s3Client,
  sageMakerClient,
  snsClient,
} from '#cloud/aws/clients.ts';
import { log } from '#cloud/aws/log.ts';
import { readSettings } from '#cloud/aws/settings.ts';
import { cleanUpConfigurations } from '#cloud/clean-up/configurations.ts';
import { watchEndpoint } from '#cloud/endpoints/endpoint-watch.ts';
import { publishNotice } from '#cloud/notices/outcome-notice.ts';
import { promotionStore } from '#cloud/records/promotion-store.ts';
import { stopTrainingJob } from '#cloud/training/training-jobs.ts';
import { conclude } from '#core/conclusion.ts';
import type { Champion, Outcome } from '#core/contracts/outcome.ts';
import {
  type DomainOutcome,
  type DomainPromotion,
  domainPromotionSchema,
} from '#core/contracts/promotion-state.ts';
import { checkpointsPrefix } from '#core/keys.ts';
import { shorten } from '#core/shorten.ts';
import { isNewer } from '#core/versions.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/** Hundreds of domains share one state's 262,144 bytes; `outcome.json` has the whole reason. */
const REASON_IN_STATE = 160;

/**
 * Concludes one domain, whichever way it came here: champion, notice, outcome, in this order, so that `outcome.json` says that
 * the others are done and a retry repeats nothing that is.
 */
export function createFinishDomain(
  services: Services<
    'store' | 'sagemaker' | 'sns' | 'cloudwatch' | 'logs' | 'now',
    'topicArn' | 'logDays' | 'trainingLogDays' | 'keptConfigurations'
  >,
) {
  const { store, sagemaker, sns, now, settings } = services;

  return async function finishDomain(promotion: DomainPromotion): Promise<DomainOutcome> {
    const { execution, domain } = promotion;
    const done = await store.outcomes.find(promotion);
    const outcome = done ?? (await conclusionOf(promotion));
    if (done === undefined) {
      await publishNotice(sns, { topicArn: settings.topicArn, artifacts: store.bucket }, outcome);
      await store.outcomes.save(outcome);
    }
    if (promotion.prepared?.approval?.required) await store.approvals.remove(promotion);
    // While the lock is held, so that nobody begins to deploy what is being looked at.
    if (outcome.outcome === 'DEPLOYED') {
      await cleanUp(promotion, outcome);
      await watch(promotion.deployment!.endpoint);
    }
    await store.locks.release(domain, execution);
    await stopJobsNobodyWaitsFor(promotion);
    if (promotion.prepared?.resources.spot) {
      await store.bucket
        .deleteBelow(checkpointsPrefix(execution, domain))
        .catch((error: Error) => log.warn('could not remove the checkpoints', { error }));
    }
    return excerpt(outcome);
  };

  async function conclusionOf(promotion: DomainPromotion): Promise<Outcome> {
    const { execution, domain, model, version, prepared, gate, deployment, approval, manual } = promotion;
    const warnings = [...new Set([...(prepared?.warnings ?? []), ...(gate?.warnings ?? [])])];
    const finishedAt = new Date(now()).toISOString();
    let { outcome, reason } = conclude(promotion);
    if (outcome === 'DEPLOYED' && !(await crown(promotion, finishedAt))) {
      outcome = 'FAILED';
      reason = `champion.json of "${domain}" was changed by somebody else meanwhile. ${reason}`;
    }
    return {
      schemaVersion: 1,
      domain,
      model,
      version,
      execution,
      outcome,
      reason,
      ...(gate
        ? {
            baselineAccuracy: gate.baselineAccuracy,
            transferAccuracy: gate.transferAccuracy,
            gate: gate.rows,
            ...(gate.forced ? { forced: gate.forced } : {}),
          }
        : {}),
      ...(deployment ? { endpoint: deployment.endpoint, endpointConfig: deployment.endpointConfig } : {}),
      ...(warnings.length === 0 ? {} : { warnings }),
      ...(approval ? { approval } : {}),
      ...(manual?.rollback ? { rolledBackFrom: manual.rollback.from } : {}),
      ...(outcome === 'SUPERSEDED' ? await newerThan(promotion) : {}),
      finishedAt,
    };
  }

  /** What is live and dated later. A rollback is no older model, and nor is the very version that is live. */
  async function newerThan({
    domain,
    version,
    manual,
  }: DomainPromotion): Promise<Pick<Outcome, 'supersededBy'>> {
    const live = (await store.champions.find(domain))?.champion;
    if (live === undefined || manual?.rollback || !isNewer(live, version)) return {};
    return { supersededBy: live.version };
  }

  /** What is not cleaned up costs little and is found again next time: no reason to change an outcome. */
  async function cleanUp(
    { domain, execution, deployment, training, manual }: DomainPromotion,
    outcome: Outcome,
  ): Promise<void> {
    const { endpoint, endpointConfig, modelName } = deployment!;
    try {
      const promotedAt = outcome.finishedAt;
      const { modelKey } = manual?.rollback?.target ?? training!.transfer;
      const promoted = { endpointConfig, modelName, execution, modelKey, promotedAt };
      await store.configurations.markPromoted(domain, promoted);
      const target = { domain, endpoint, keep: settings.keptConfigurations };
      const removed = await cleanUpConfigurations(services, target);
      if (removed.length > 0) log.info('removed configurations that nothing refers to', { domain, removed });
    } catch (error) {
      log.warn('could not clean up', { domain, error: error as Error });
    }
  }

  /** An endpoint that nobody watches answers all the same: no reason to change an outcome. */
  async function watch(endpoint: string): Promise<void> {
    await watchEndpoint(services, endpoint, settings).catch((error: Error) =>
      log.warn('could not watch the endpoint', { endpoint, error }),
    );
  }

  async function crown(promotion: DomainPromotion, promotedAt: string): Promise<boolean> {
    const next = championOf(promotion, promotedAt);
    const etag = promotion.deployment!.previous?.etag ?? null;
    if (!(await store.champions.crown(next, etag))) return false;
    // As it stands there: a retry finds the one that the first attempt has crowned, with the time of that.
    const live = await store.champions.find(promotion.domain);
    await store.championHistory.add(live?.champion ?? next);
    return true;
  }

  /** When one of the two jobs fails, the state machine lets go of the other, which would run on and cost money. */
  async function stopJobsNobodyWaitsFor({ prepared, training }: DomainPromotion): Promise<void> {
    if (prepared === undefined || training !== undefined) return;
    for (const job of Object.values(prepared.jobs)) {
      await stopTrainingJob(sagemaker, job).catch((error: Error) =>
        log.warn('could not stop a training job that nobody waits for', { job, error }),
      );
    }
  }
}

function championOf(promotion: DomainPromotion, promotedAt: string): Champion {
  const { execution, domain, model, version, manual } = promotion;
  if (manual?.rollback) {
    const { target, from } = manual.rollback;
    return { ...target, execution, promotedAt, rolledBackFrom: from };
  }
  const { endpoint, endpointConfig, modelName } = promotion.deployment!;
  return {
    schemaVersion: 1,
    domain,
    model,
    version,
    execution,
    trainingJob: promotion.training!.transfer.job,
    modelKey: promotion.training!.transfer.modelKey,
    modelName,
    endpoint,
    endpointConfig,
    evaluationKey: promotion.gate!.evaluationKeys.transfer,
    accuracy: promotion.gate!.transferAccuracy,
    promotedAt,
  };
}

function excerpt(outcome: Outcome): DomainOutcome {
  const { domain, reason, baselineAccuracy, transferAccuracy, endpoint } = outcome;
  return {
    domain,
    outcome: outcome.outcome,
    reason: shorten(reason, REASON_IN_STATE),
    ...(baselineAccuracy === undefined ? {} : { baselineAccuracy }),
    ...(transferAccuracy === undefined ? {} : { transferAccuracy }),
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

export const handler = lambda('FinishDomain', domainPromotionSchema, () => {
  const settings = readSettings(
    'artifactsBucket',
    'topicArn',
    'keptConfigurations',
    'logDays',
    'trainingLogDays',
  );
  return createFinishDomain({
    store: promotionStore(s3Client(), settings.artifactsBucket),
    sagemaker: sageMakerClient(),
    sns: snsClient(),
    cloudwatch: cloudWatchClient(),
    logs: cloudWatchLogsClient(),
    now: Date.now,
    settings,
  });
});
