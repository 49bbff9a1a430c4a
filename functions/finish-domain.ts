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
import { monitorEndpoint } from '#cloud/endpoints/endpoint-monitoring.ts';
import { deleteEndpoint } from '#cloud/endpoints/endpoints.ts';
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
import { endpointName } from '#core/names.ts';
import { shorten } from '#core/shorten.ts';
import { isNewer } from '#core/versions.ts';
import { lambda } from './middleware/lambda.ts';
import type { Services } from './middleware/services.ts';

/** Characters. Hundreds of domains share one state's 262,144 bytes; `outcome.json` has the whole reason. */
const REASON_IN_STATE = 160;

/**
 * Ends the promotion of one domain, however it went. It writes the champion, sends the notice and writes the
 * outcome, in this order: `outcome.json` then shows that the other two are done, and a retry does not repeat
 * them.
 */
export function createFinishDomain(
  services: Services<
    'store' | 'sagemaker' | 'sns' | 'cloudwatch' | 'logs' | 'now',
    'topicArn' | 'logDays' | 'trainingLogDays' | 'keptConfigurations' | 'endpointPrefix'
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
    // The lock is still held, so that no other promotion changes the endpoint meanwhile.
    if (outcome.outcome === 'DEPLOYED') {
      await cleanUp(promotion, outcome);
      await monitor(promotion.deployment!.endpoint);
    }
    await store.locks.release(domain, execution);
    await stopAbandonedJobs(promotion);
    if (promotion.prepared?.resources.spot) {
      await store.bucket
        .deleteBelow(checkpointsPrefix(execution, domain))
        .catch((error: Error) => log.warn('could not remove the checkpoints', { error }));
    }
    return shortOutcome(outcome);
  };

  async function conclusionOf(promotion: DomainPromotion): Promise<Outcome> {
    const { execution, domain, model, version, prepared, deployment, approval, manual } = promotion;
    const gateDecision = promotion.gate;
    const warnings = [...new Set([...(prepared?.warnings ?? []), ...(gateDecision?.warnings ?? [])])];
    const finishedAt = new Date(now()).toISOString();
    let { outcome, reason } = conclude(promotion);
    if (outcome === 'DEPLOYED' && !(await makeChampion(promotion, finishedAt))) {
      outcome = 'FAILED';
      reason = `champion.json of "${domain}" has been changed since the deployment began. ${reason}`;
    }
    return {
      schemaVersion: 1,
      domain,
      model,
      version,
      execution,
      outcome,
      reason,
      ...(gateDecision
        ? {
            baselineAccuracy: gateDecision.baselineAccuracy,
            transferAccuracy: gateDecision.transferAccuracy,
            gate: gateDecision.rows,
            ...(gateDecision.forced ? { forced: gateDecision.forced } : {}),
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

  /**
   * The live version, where its date is later. A rollback, or the live version itself, is not superseded by
   * its date.
   */
  async function newerThan({
    domain,
    version,
    manual,
  }: DomainPromotion): Promise<Pick<Outcome, 'supersededBy'>> {
    const live = (await store.champions.find(domain))?.champion;
    if (live === undefined || manual?.rollback || !isNewer(live, version)) return {};
    return { supersededBy: live.version };
  }

  /** A failure does not change the outcome: the next clean-up finds the same files. */
  async function cleanUp(
    { domain, execution, deployment, training: trained, manual }: DomainPromotion,
    outcome: Outcome,
  ): Promise<void> {
    const { endpoint, endpointConfig, modelName, targetModel } = deployment!;
    try {
      const promotedAt = outcome.finishedAt;
      const { modelKey } = manual?.rollback?.target ?? trained!.transfer;
      const promoted = {
        endpointConfig,
        modelName,
        execution,
        modelKey,
        ...(targetModel === undefined ? {} : { targetModel }),
        promotedAt,
      };
      // An endpoint of its own, which the domain may have had before, would go on costing money.
      if (targetModel !== undefined) {
        await deleteEndpoint(sagemaker, endpointName(settings.endpointPrefix, domain));
      }
      await store.configurations.markPromoted(domain, promoted);
      const target = { domain, endpoint, keep: settings.keptConfigurations };
      const removed = await cleanUpConfigurations(services, target);
      if (removed.length > 0) log.info('removed configurations without references', { domain, removed });
    } catch (error) {
      log.warn('could not clean up', { domain, error: error as Error });
    }
  }

  /** A failure does not change the outcome: the endpoint answers without an alarm too. */
  async function monitor(endpoint: string): Promise<void> {
    await monitorEndpoint(services, endpoint, settings).catch((error: Error) =>
      log.warn('could not set up the alarm and the log retention of the endpoint', { endpoint, error }),
    );
  }

  async function makeChampion(promotion: DomainPromotion, promotedAt: string): Promise<boolean> {
    const next = championOf(promotion, promotedAt);
    const etag = promotion.deployment!.previous?.etag ?? null;
    if (!(await store.champions.writeIfUnchanged(next, etag))) return false;
    // Read again: after a retry it has the time of the first attempt.
    const live = await store.champions.find(promotion.domain);
    await store.championHistory.add(live?.champion ?? next);
    return true;
  }

  /**
   * When one of the two training jobs fails, the state machine abandons the other, which would run on and
   * cost money.
   */
  async function stopAbandonedJobs({ prepared, training: trained }: DomainPromotion): Promise<void> {
    if (prepared === undefined || trained !== undefined) return;
    for (const job of Object.values(prepared.jobs)) {
      await stopTrainingJob(sagemaker, job).catch((error: Error) =>
        log.warn('could not stop an abandoned training job', { job, error }),
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
  const { endpoint, endpointConfig, modelName, targetModel } = promotion.deployment!;
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
    ...(targetModel === undefined ? {} : { targetModel }),
    evaluationKey: promotion.gate!.evaluationKeys.transfer,
    accuracy: promotion.gate!.transferAccuracy,
    promotedAt,
  };
}

function shortOutcome(outcome: Outcome): DomainOutcome {
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
    'endpointPrefix',
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
